"""OpenTelemetry spans of a run, after the semantic conventions for generative AI; off unless they are asked for.

::

    invoke_agent twinwright            gen_ai.conversation.id is the run
    ├── chat MODEL                     tokens, finish reason, error.type
    └── execute_tool NAME              gen_ai.tool.call.id, error.type

Names, tokens and times alone are traced; questions, arguments and results only where content is asked for too. The
spans go where the standard OTEL_EXPORTER_OTLP_* variables say. Needs the extra `tracing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from twinwright_tools.errors import TwinwrightError, UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

    from .models.base import Transcript, Turn

AGENT = "twinwright"


class Marks(Protocol):
    """What is noted on a span."""

    def came_to(self, outcome: dict[str, Any]) -> None:
        """What a tool call came to."""

    def answered(self, turn: Turn) -> None:
        """What a model answered."""


class Traces(Protocol):
    """Where spans go."""

    def agent(self, run: str, model: str, question: str) -> Any:
        """A context manager around a whole investigation."""

    def chat(self, model: str, transcript: Transcript) -> Any:
        """A context manager around one model turn, which gives its `Marks`."""

    def tool(self, name: str, call: str, arguments: dict[str, Any]) -> Any:
        """A context manager around one tool call, which gives its `Marks`."""

    def close(self) -> None:
        """Sends what is left."""


class _Nothing:
    """No span at all."""

    def came_to(self, outcome: dict[str, Any]) -> None:
        """Notes nothing."""

    def answered(self, turn: Turn) -> None:
        """Notes nothing."""


class NoTraces:
    """Traces that go nowhere: the default."""

    @contextmanager
    def agent(self, run: str, model: str, question: str) -> Iterator[None]:
        """No span."""
        yield

    @contextmanager
    def chat(self, model: str, transcript: Transcript) -> Iterator[Marks]:
        """No span."""
        yield _Nothing()

    @contextmanager
    def tool(self, name: str, call: str, arguments: dict[str, Any]) -> Iterator[Marks]:
        """No span."""
        yield _Nothing()

    def close(self) -> None:
        """Nothing is left."""


NO_TRACES = NoTraces()


@dataclass
class _Marked:
    """A span, and whether content may stand on it."""

    span: Span
    content: bool

    def came_to(self, outcome: dict[str, Any]) -> None:
        """The error's code, or the result where content is asked for."""
        from opentelemetry.trace import StatusCode

        if "error" in outcome:
            self.span.set_attribute("error.type", str(outcome["error"]["code"]))
            self.span.set_status(StatusCode.ERROR)
        if self.content:
            self.span.set_attribute("gen_ai.tool.call.result", _json(outcome))

    def answered(self, turn: Turn) -> None:
        """Tokens in and out, and why the model stopped."""
        usage = turn.usage
        cached = usage.cache_read_tokens + usage.cache_write_tokens
        # By the conventions the input counts what came from the cache as well.
        self.span.set_attribute("gen_ai.usage.input_tokens", usage.input_tokens + cached)
        self.span.set_attribute("gen_ai.usage.output_tokens", usage.output_tokens)
        self.span.set_attribute("gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens)
        self.span.set_attribute("gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens)
        self.span.set_attribute("gen_ai.response.finish_reasons", ["tool_call" if turn.calls else "stop"])
        if self.content:
            parts: list[dict[str, Any]] = [{"type": "text", "content": turn.text}] if turn.text else []
            parts += [
                {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
                for call in turn.calls
            ]
            if turn.conclusion is not None:
                parts.append({"type": "text", "content": turn.conclusion.model_dump_json()})
            self.span.set_attribute("gen_ai.output.messages", _json([{"role": "assistant", "parts": parts}]))


class OpenTelemetry:
    """Traces into an OpenTelemetry tracer provider."""

    def __init__(self, provider: TracerProvider, content: bool = False) -> None:
        self.provider = provider
        self.content = content
        self._tracer: Tracer = provider.get_tracer("twinwright")
        # Calls run in threads: the parent is handed on by hand.
        self._parent: Any = None

    @contextmanager
    def agent(self, run: str, model: str, question: str) -> Iterator[None]:
        """The span `invoke_agent`."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        told = _common("invoke_agent", model) | {"gen_ai.agent.name": AGENT, "gen_ai.conversation.id": run}
        with self._span(f"invoke_agent {AGENT}", SpanKind.INTERNAL, told) as span:
            if self.content:
                asked = [{"role": "user", "parts": [{"type": "text", "content": question}]}]
                span.set_attribute("gen_ai.input.messages", _json(asked))
            self._parent = set_span_in_context(span)
            try:
                yield
            finally:
                self._parent = None

    @contextmanager
    def chat(self, model: str, transcript: Transcript) -> Iterator[Marks]:
        """The span `chat`."""
        from opentelemetry.trace import SpanKind

        told = _common("chat", model) | {"gen_ai.request.stream": True}
        with self._span(f"chat {model}", SpanKind.CLIENT, told) as span:
            yield _Marked(span, self.content)

    @contextmanager
    def tool(self, name: str, call: str, arguments: dict[str, Any]) -> Iterator[Marks]:
        """The span `execute_tool`."""
        from opentelemetry.trace import SpanKind

        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call,
        }
        with self._span(f"execute_tool {name}", SpanKind.INTERNAL, told) as span:
            if self.content:
                span.set_attribute("gen_ai.tool.call.arguments", _json(arguments))
            yield _Marked(span, self.content)

    def close(self) -> None:
        """Sends what is left, and ends the exporter's thread."""
        self.provider.shutdown()

    @contextmanager
    def _span(self, name: str, kind: Any, attributes: dict[str, Any]) -> Iterator[Span]:
        from opentelemetry.trace import StatusCode

        with self._tracer.start_as_current_span(
            name,
            context=self._parent,
            kind=kind,
            attributes=attributes,
            record_exception=self.content,
            set_status_on_exception=False,  # the status would quote the message
        ) as span:
            try:
                yield span
            except TwinwrightError as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", error.code)
                raise


def _common(operation: str, model: str) -> dict[str, Any]:
    provider = "anthropic" if model.startswith("claude") else "twinwright"
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def open_traces(wanted: str) -> Traces:
    """The traces that TWINWRIGHT_TRACES asks for: empty or `off`, `on`, or `content` (with questions and results).

    Raises:
        UsageError: it says something else, or the extra isn't installed.
    """
    if wanted in {"", "off"}:
        return NO_TRACES
    if wanted not in {"on", "content"}:
        raise UsageError(
            f"TWINWRIGHT_TRACES is {wanted!r}; it can be off, on, or content", suggestions=["off", "on", "content"]
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise UsageError(
            "traces need the extra `tracing`: install twinwright[tracing]", code="tracing.missing"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": AGENT}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetry(provider, content=wanted == "content")
