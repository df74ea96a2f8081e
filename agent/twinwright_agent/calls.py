"""Making the calls of one turn: reads at the same time, drafts and proposals after them and in order.

Nothing runs twice: a call whose outcome is stored (a resumed run) gets it back, and one that the run has made before
with the same arguments is answered with where its result stands.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from twinwright_tools.errors import ToolError, TwinwrightError
from twinwright_tools.evidence import Evidence, Finding, rounded
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Effect, Registry, ToolContext
from twinwright_tools.taint import taint_of

from .chosen import asked_for, said_in
from .circles import made, repeated, signature
from .conclude import CONCLUDE, why_not
from .kept import READ_RESULT, read_on
from .ledger import KEEP_HYPOTHESES, Kept, keep
from .models.base import Progress, ToolCall, ToolResult, Transcript
from .store import RunStore
from .tracing import NO_TRACES, Traces

# Arguments of drafts and proposals that say what is worked on, or what is set to what.
_CHOSEN = ("asset", "twin", "value")
_TWICE = {"kind": "repeat", "evidence": None, "said": "the same call stands in this turn before; see its result"}
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Runs calls for one run, each of them once."""

    plant: Plant
    registry: Registry
    store: RunStore
    run: str
    threads: int
    progress: Progress
    traces: Traces = field(default=NO_TRACES)

    def make(
        self,
        turn: int,
        calls: Sequence[ToolCall],
        transcript: Transcript,
        *,
        most: int | None = None,
        tell: bool = True,
    ) -> list[ToolResult]:
        """The results of a turn's calls in their order; evidence is numbered on from the transcript's.

        Args:
            transcript: all so far, the turn with these calls last.
            most: how many calls the budget has left; those beyond aren't made.
            tell: whether a repeated call is told as one (to a language model); if not, it gets its evidence again.
        """
        keys = [f"T{turn}.{index}" for index in range(1, len(calls) + 1)]
        before = transcript.evidence
        outcomes = self._answered(calls, transcript, most, tell)
        waiting = [index for index, outcome in enumerate(outcomes) if outcome is None]
        reads = [index for index in waiting if self._effect(calls[index].name) is Effect.READ]
        pool = ThreadPoolExecutor(max_workers=max(1, min(self.threads, len(calls))))
        try:
            futures = {
                index: pool.submit(self._outcome, keys[index], calls[index], before, transcript) for index in reads
            }
            for index, future in futures.items():
                outcomes[index] = future.result()
        finally:
            # After Ctrl-C too, calls that are running come to their end: what they found is kept, and the plant isn't
            # closed under them. Those that haven't begun are dropped.
            pool.shutdown(wait=True, cancel_futures=True)
        return self._numbered(keys, calls, outcomes, transcript)

    def _answered(
        self, calls: Sequence[ToolCall], transcript: Transcript, most: int | None, tell: bool
    ) -> list[Outcome | None]:
        """What needs no running: calls that were made before, twice in one turn, or beyond the budget."""
        known = made(transcript.entries)
        seen: dict[str, int] = {}
        outcomes: list[Outcome | None] = []
        for index, call in enumerate(calls):
            same, outcome = signature(call), None
            if most is not None and index >= most:
                outcome = {"error": _beyond_budget()}
            elif call.name in {CONCLUDE, READ_RESULT}:
                pass
            elif same in known:
                first = known[same]
                again = {"evidence": first.evidence.model_dump(mode="json")} if first.evidence and not tell else None
                outcome = again or {"note": repeated(call, first, transcript.entries)}
            elif same in seen:
                outcome = {"note": _TWICE}
            seen.setdefault(same, index)
            outcomes.append(outcome)
        return outcomes

    def _numbered(
        self, keys: Sequence[str], calls: Sequence[ToolCall], outcomes: Sequence[Outcome | None], transcript: Transcript
    ) -> list[ToolResult]:
        known, ledger = list(transcript.evidence), transcript.ledger
        count = len(known)
        results: list[ToolResult] = []
        for key, call, outcome in zip(keys, calls, outcomes, strict=True):
            got = outcome or self._outcome(key, call, known, transcript, ledger)
            result = self._result(call, got, len(known) + 1)
            if result.evidence is not None and result.evidence.id not in {one.id for one in known}:
                known.append(result.evidence)
            if result.note and result.note["kind"] == "ledger":
                ledger = [Kept.model_validate(one) for one in result.note["hypotheses"]]
            results.append(result)
        self.store.keep_evidence(self.run, known[count:])
        return results

    def _effect(self, name: str) -> Effect:
        if name == KEEP_HYPOTHESES:
            return Effect.DRAFT  # it may cite what the same turn finds: after the reads, and in order
        tool = self.registry.tools.get(name)
        return tool.effect if tool is not None else Effect.READ

    def _outcome(
        self,
        key: str,
        call: ToolCall,
        before: Sequence[Evidence],
        transcript: Transcript,
        ledger: Sequence[Kept] = (),
    ) -> Outcome:
        stored = self.store.outcome(self.run, key)
        if stored is not None:
            return stored
        self.progress(f"{call.name} {_short(call.arguments)}")
        with self.traces.tool(call.name, call.id, call.arguments) as span:
            outcome = self._run(key, call, before, transcript, ledger)
            span.came_to(outcome)
        self.store.keep_outcome(self.run, key, call.name, call.arguments, outcome)
        return outcome

    def _run(
        self, key: str, call: ToolCall, before: Sequence[Evidence], transcript: Transcript, ledger: Sequence[Kept]
    ) -> Outcome:
        if call.name == CONCLUDE:
            return {"error": why_not(call.arguments)}
        try:
            if call.name == KEEP_HYPOTHESES:
                kept = keep(call.arguments, ledger, before, self.plant)
                return {"note": {"kind": "ledger", "hypotheses": [one.model_dump(mode="json") for one in kept]}}
            if call.name == READ_RESULT:
                return {"note": read_on(call.arguments, before)}
            tool = self.registry.get(call.name)
            # What a person asked counts as said by a person; that a twin is in the hierarchy doesn't choose it.
            acts = tool.effect is not Effect.READ
            asked = asked_for(transcript.entries, self.plant, transcript.plant, self.registry) if acts else ""
            finding = tool.call(call.arguments, ToolContext(self.plant, self.run, key, list(before), asked))
        except ToolError as error:
            return {"error": error.as_dict() | {"mendable": error.mendable}}
        except TwinwrightError as error:
            # What a tool can't do for a reason of its own (the safety layer is down): no arguments would help.
            return {"error": error.as_dict() | {"mendable": False}}
        if acts:
            taint = _taint(call.arguments, before, asked, said_in(transcript.entries))
            finding = finding.model_copy(update={"taint": list(dict.fromkeys([*finding.taint, *taint]))})
        return {"finding": rounded(finding.model_dump(mode="json"))}

    def _result(self, call: ToolCall, outcome: Outcome, number: int) -> ToolResult:
        if "error" in outcome:
            self.progress(f"  {call.name}: {outcome['error']['message']}")
            return ToolResult(call_id=call.id, error=outcome["error"])
        if "note" in outcome:
            self.progress(f"  {call.name}: {_of_note(outcome['note'])}")
            return ToolResult(call_id=call.id, note=outcome["note"])
        if "evidence" in outcome:
            return ToolResult(call_id=call.id, evidence=Evidence.model_validate(outcome["evidence"]))
        finding = Finding.model_validate(outcome["finding"])
        evidence = Evidence.of(number, call.name, rounded(call.arguments), finding)
        self.progress(f"  {evidence.id} {evidence.summary}")
        return ToolResult(call_id=call.id, evidence=evidence)


def _taint(arguments: dict[str, Any], evidence: Sequence[Evidence], asked: str, said: str) -> list[str]:
    """Why targets and values are tainted: a target may be any that was asked for, a value only one that was said."""
    chosen = [(name, value) for name in _CHOSEN if isinstance(value := arguments.get(name), str | int | float)]
    return [
        reason for name, value in chosen for reason in taint_of(value, evidence, said if name == "value" else asked)
    ]


def _beyond_budget() -> dict[str, Any]:
    message = "this call wasn't made: the budget of tool calls is spent"
    return {"code": "budget.tool_calls", "message": message, "suggestions": [], "position": None, "mendable": False}


def _of_note(note: dict[str, Any]) -> str:
    if note["kind"] == "ledger":
        states = [one["state"] for one in note["hypotheses"]]
        return ", ".join(f"{states.count(state)} {state}" for state in ("open", "supported", "refuted"))
    return str(note.get("said") or f"{note['id']} {note['member']} from {note['start']} of {note['of']}")


def _short(arguments: dict[str, Any], most: int = 100) -> str:
    text = json.dumps({name: value for name, value in arguments.items() if value is not None}, ensure_ascii=False)
    return text if len(text) <= most else text[: most - 1] + "…"
