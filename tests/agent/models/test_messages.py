"""A plot reaches the model as an image, and its absence as words."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from twinwright_agent.models.base import Entry, ToolCall, ToolResult, Transcript, Turn
from twinwright_agent.models.messages import messages_of
from twinwright_tools.evidence import Evidence, Finding, Image


def shown(image: Image | None) -> Any:
    finding = Finding(summary="It fell.", reproduce="twinwright analyse", provenance="telemetry", image=image)
    result = ToolResult(call_id="c1", evidence=Evidence.of(1, "analyse", {}, finding))
    call = ToolCall(id="c1", name="analyse", arguments={})
    entries = [
        Entry(kind="question", text="Why?"),
        Entry(kind="turn", turn=Turn(calls=[call])),
        Entry(kind="results", results=[result]),
    ]
    messages = messages_of(Transcript(plant="A plant.", at="2026-01-05T08:00:00+00:00", entries=entries))
    return messages[-1]["content"][0]["content"]


def test_a_plot_is_an_image_block(tmp_path: Path) -> None:
    path = tmp_path / "plot.png"
    path.write_bytes(b"\x89PNG picture")
    text, image = shown(Image(path=str(path), alt="flow over time"))
    assert text["type"] == "text" and 'plot: "flow over time"' in text["text"] and str(tmp_path) not in text["text"]
    assert image["source"]["media_type"] == "image/png"
    assert base64.b64decode(image["source"]["data"]) == b"\x89PNG picture"


def test_a_plot_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    text, gone = shown(Image(path=str(tmp_path / "gone.png"), alt="flow over time"))
    assert gone["text"] == "(the plot is no longer there: flow over time)" and text["type"] == "text"


def test_without_a_plot_a_result_is_text() -> None:
    assert isinstance(shown(None), str)
