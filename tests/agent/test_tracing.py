"""Spans of a run, by the conventions for generative AI, and what never stands on them unless it is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twinwright_agent.loop import investigate
from twinwright_agent.tracing import NO_TRACES, OpenTelemetry, open_traces
from twinwright_tools.errors import ModelCallError, UsageError
from twinwright_tools.plant import Plant

pytest.importorskip("opentelemetry.sdk")


class Recorded:
    """Traces into a list."""

    def __init__(self, content: bool = False) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.traces = OpenTelemetry(provider, content)

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())


def run(plant: Plant, bench: Any, script: Any, traces: Any, *turns: Any) -> None:
    model = script.Model(list(turns))
    model.name = "claude-test"
    investigate(plant, "why is line 3 slow?", model=model, registry=bench.registry(), run="r1", traces=traces)


def test_spans_of_a_run(small_plant: Plant, bench: Any, script: Any) -> None:
    recorded = Recorded()
    turns = (script.calls("look", "look pump-2"), script.calls("look nothing"), script.concludes())
    run(small_plant, bench, script, recorded.traces, *turns)
    names = sorted(span.name for span in recorded.spans)
    assert names == ["chat claude-test"] * 3 + ["execute_tool look"] * 3 + ["invoke_agent twinwright"]
    (agent,) = [span for span in recorded.spans if span.name.startswith("invoke_agent")]
    assert agent.attributes["gen_ai.conversation.id"] == "r1"
    assert all(span.parent.span_id == agent.context.span_id for span in recorded.spans if span is not agent)
    chat = next(span for span in recorded.spans if span.name.startswith("chat"))
    assert dict(chat.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-test",
        "gen_ai.request.stream": True,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.response.finish_reasons": ("tool_call",),
    }
    failed = [span for span in recorded.spans if span.attributes.get("error.type")]
    assert [(span.name, span.attributes["error.type"]) for span in failed] == [("execute_tool look", "no_data")]
    assert failed[0].status.is_ok is False


def test_content_stands_on_them_only_where_it_is_asked_for(small_plant: Plant, bench: Any, script: Any) -> None:
    for content in (False, True):
        recorded = Recorded(content)
        investigate(
            small_plant, "why is line 3 slow?", model=script.Model([script.calls("look"), script.concludes()]),
            registry=bench.registry(), traces=recorded.traces,
        )  # fmt: skip
        told = json.dumps([dict(span.attributes) for span in recorded.spans], default=str)
        for word in ("line 3", "pump-", "2.5 bar"):
            assert (word in told) is content, word


def test_a_failed_turn_says_why(small_plant: Plant, bench: Any, script: Any) -> None:
    recorded = Recorded()
    run(small_plant, bench, script, recorded.traces, ModelCallError("the key of Miller", code="model.key"))
    (chat,) = [span for span in recorded.spans if span.name.startswith("chat")]
    assert chat.attributes["error.type"] == "model.key"
    assert chat.events == ()
    assert chat.status.description is None


def test_they_are_off_by_default_and_say_what_they_can_be() -> None:
    assert open_traces("off") is NO_TRACES
    with pytest.raises(UsageError, match="content"):
        open_traces("yes")
