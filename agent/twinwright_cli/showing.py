"""A past run as text: what was asked, and then every step as it was taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from .hints import command_line
from .investigating import print_investigation, print_ledger
from .output import in_zone

if TYPE_CHECKING:
    from twinwright_agent.models.base import Entry, ToolResult, Turn
    from twinwright_agent.replay import PastRun
    from twinwright_tools.settings import Settings

Say = Callable[..., None]
_MOST_CHARACTERS = 400


def print_run(console: Console, run: PastRun, zone: ZoneInfo, settings: Settings) -> None:
    """The question, every step, and how it ended."""

    def say(text: str, style: str | None = None, whole: bool = False) -> None:
        console.print(Text(in_zone(text, zone)), style=style, soft_wrap=whole)

    say(f"run {run.run}, asked {run.started} about {run.at}, model {run.model}", "dim")
    if not run.steps:
        say("its steps weren't kept: it was made by an older version", "dim")
    number = 0
    for step in run.steps:
        number += step.turn is not None
        _say_step(say, number, step)
    if run.ledger:
        print_ledger(say, run.ledger)
    if run.result is None:
        say("interrupted before it came to an end", "bold")
    else:
        say("")
        print_investigation(console, run.result, zone, settings)
    if run.resumable:
        say(f"go on with: {command_line(settings, 'ask', '--resume', run.run)}", "dim", whole=True)


def _say_step(say: Say, number: int, step: Entry) -> None:
    if step.kind == "question":
        say(f"? {step.text}", "bold")
    if step.turn is not None:
        _say_turn(say, number, step.turn)
    for result in step.results:
        say(f"   ← {_result(result)}")
    if step.kind != "question" and step.text:
        say(f"   told: {_short(step.text)}", "dim")


def _say_turn(say: Say, number: int, turn: Turn) -> None:
    usage = turn.usage
    money = "" if not usage.usd else f", ${usage.usd:.4f}"
    tokens = f" ({usage.tokens - usage.output_tokens:,} tokens in, {usage.output_tokens:,} out{money})"
    say(f"turn {number}{tokens if usage.tokens else ''}", "bold")
    for block in turn.raw:
        if block.get("type") == "thinking" and block.get("thinking"):
            say(f"   · {_short(block['thinking'])}", "dim")
    if turn.text.strip():
        say(f"   {turn.text.strip()}")
    for call in turn.calls:
        say(f"   → {call.name} {_json(call.arguments)}")
    if turn.conclusion is not None:
        say(f"   → conclude: {turn.conclusion.verdict}")
        for claim in turn.conclusion.answer:
            say(f"     {claim.text} [{', '.join(claim.evidence)}]")


def _result(result: ToolResult) -> str:
    if result.evidence is not None:
        return f"{result.evidence.id} {result.evidence.summary} [{result.evidence.provenance}]"
    if result.error is not None:
        return f"failed: {result.error['message']}"
    note = result.note or {}
    if note.get("kind") == "ledger":
        return "; ".join(f"{one['id']} {one['twin']} {one['state']}" for one in note["hypotheses"])
    return str(note.get("said") or f"{note.get('id')} {note.get('member')} read on from {note.get('start')}")


def _json(value: Any) -> str:
    return _short(json.dumps(value, ensure_ascii=False, default=str))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]}… (--json has it whole)"
