"""Making the calls of one turn: reads at the same time, drafts and proposals after them and in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from twinwright_tools.errors import ToolError, TwinwrightError
from twinwright_tools.evidence import Evidence, Finding, rounded
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Effect, Registry, ToolContext

from .conclude import CONCLUDE, why_not
from .models.base import Progress, ToolCall, ToolResult
from .store import RunStore


@dataclass(frozen=True)
class Caller:
    """Runs calls for one run, each of them once."""

    plant: Plant
    registry: Registry
    store: RunStore
    run: str
    threads: int
    progress: Progress

    def make(self, turn: int, calls: Sequence[ToolCall], before: Sequence[Evidence]) -> list[ToolResult]:
        """The results of a turn's calls in their order; evidence is numbered on from `before`."""
        keys = [f"T{turn}.{index}" for index in range(1, len(calls) + 1)]
        outcomes: list[dict[str, Any] | None] = [None] * len(calls)
        reads = [index for index, call in enumerate(calls) if self._effect(call.name) is Effect.READ]
        pool = ThreadPoolExecutor(max_workers=max(1, min(self.threads, len(calls))))
        try:
            waiting = {index: pool.submit(self._outcome, keys[index], calls[index], before) for index in reads}
            for index, future in waiting.items():
                outcomes[index] = future.result()
        finally:
            # After Ctrl-C too, calls that are running come to their end: what they found is kept, and the plant isn't
            # closed under them. Those that haven't begun are dropped.
            pool.shutdown(wait=True, cancel_futures=True)
        known = list(before)
        results: list[ToolResult] = []
        for key, call, outcome in zip(keys, calls, outcomes, strict=True):
            result = self._result(call, outcome or self._outcome(key, call, known), len(known) + 1)
            if result.evidence is not None:
                known.append(result.evidence)
            results.append(result)
        self.store.keep_evidence(self.run, known[len(before) :])
        return results

    def _effect(self, name: str) -> Effect:
        tool = self.registry.tools.get(name)
        return tool.effect if tool is not None else Effect.READ

    def _outcome(self, key: str, call: ToolCall, before: Sequence[Evidence]) -> dict[str, Any]:
        stored = self.store.outcome(self.run, key)
        if stored is not None:
            return stored
        self.progress(f"{call.name} {_short(call.arguments)}")
        outcome = self._run(key, call, before)
        self.store.keep_outcome(self.run, key, call.name, call.arguments, outcome)
        return outcome

    def _run(self, key: str, call: ToolCall, before: Sequence[Evidence]) -> dict[str, Any]:
        if call.name == CONCLUDE:
            return {"error": why_not(call.arguments)}
        try:
            tool = self.registry.get(call.name)
            finding = tool.call(call.arguments, ToolContext(self.plant, self.run, key, list(before)))
        except ToolError as error:
            return {"error": error.as_dict() | {"mendable": error.mendable}}
        except TwinwrightError as error:
            # What a tool can't do for a reason of its own (the safety layer is down): no arguments would help.
            return {"error": error.as_dict() | {"mendable": False}}
        return {"finding": rounded(finding.model_dump(mode="json"))}

    def _result(self, call: ToolCall, outcome: dict[str, Any], number: int) -> ToolResult:
        if "error" in outcome:
            self.progress(f"  {call.name}: {outcome['error']['message']}")
            return ToolResult(call_id=call.id, error=outcome["error"])
        finding = Finding.model_validate(outcome["finding"])
        evidence = Evidence.of(number, call.name, rounded(call.arguments), finding)
        self.progress(f"  {evidence.id} {evidence.summary}")
        return ToolResult(call_id=call.id, evidence=evidence)


def _short(arguments: dict[str, Any], most: int = 100) -> str:
    text = json.dumps({name: value for name, value in arguments.items() if value is not None}, ensure_ascii=False)
    return text if len(text) <= most else text[: most - 1] + "…"
