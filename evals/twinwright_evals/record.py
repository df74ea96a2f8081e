"""``python -m twinwright_evals.record CASE…``: records whole investigations with Claude.

The key comes from ANTHROPIC_API_KEY. ANTHROPIC_BASE_URL may point at another endpoint that speaks the Messages API,
such as a desk where replies are written by hand; the recording says which of the two it was.
Needs the development dependencies (vcrpy).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from twinwright_agent.budget import Budget
from twinwright_agent.loop import investigate
from twinwright_agent.models.claude import DEFAULT_MODEL, Claude
from twinwright_agent.result import Investigation
from twinwright_plant import make_plant
from twinwright_prompts import VERSION
from twinwright_tools.errors import TwinwrightError, UsageError
from twinwright_tools.plant import open_plant
from twinwright_tools.toolbox import standard_registry

from .recordings import RECORDINGS, RecordedCase, case_of, vcr_config

# Whoever writes replies by hand takes minutes for each.
PATIENT = Budget(seconds=4 * 3600)


def main(arguments: Sequence[str]) -> int:
    """Records the cases that are named; 2 for bad input."""
    try:
        if not arguments:
            raise UsageError("name the cases to record; they stand in evals/recordings/cases.jsonl")
        model = _model()
        for name in arguments:
            found = record(case_of(name), model)
            print(f"{name}: {found.status}, {found.usage.turns} turns")
    except TwinwrightError as error:
        print(error.message, file=sys.stderr)
        return 2
    return 0


def record(case: RecordedCase, model: Claude, folder: Path = RECORDINGS) -> Investigation:
    """Makes the case's plant in a folder of its own, investigates, and keeps what was said."""
    import vcr  # type: ignore[import-untyped]  # it ships no types

    cassette = folder / f"{case.id}.yaml"
    with tempfile.TemporaryDirectory(prefix="twinwright-record-") as place:
        aside = Path(place) / cassette.name
        make_plant(Path(place) / "plant", case.fault, case.seed)
        with open_plant(Path(place) / "plant") as plant:
            recorder = vcr.VCR(record_mode="all", **vcr_config())
            with recorder.use_cassette(str(aside)):
                found = investigate(
                    plant,
                    case.question,
                    model=model,
                    registry=standard_registry(),
                    run=case.id,
                    budget=PATIENT,
                    progress=_say,
                )
        if found.status == "failed":
            raise UsageError(f"{case.id}: {found.reason}; nothing was kept")
        cassette.write_text(aside.read_text(encoding="utf-8"), encoding="utf-8")
    about = _about(found, cassette)
    cassette.with_suffix(".json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def _about(found: Investigation, cassette: Path) -> dict[str, Any]:
    """What stands beside a cassette: who answered, and what it came to. Nothing in it changes from run to run."""
    return {
        "model": "answer-desk" if '\\"model\\": \\"answer-desk\\"' in cassette.read_text() else found.model,
        "prompt": VERSION,
        "question": found.question,
        "at": found.at,
        "status": found.status,
        "verdict": found.verdict,
        "answer": found.answer,
        "hypotheses": [
            {"twin": one.twin, "signal": one.signal, "mode": one.mode, "confidence": one.confidence, "onset": one.onset}
            for one in found.hypotheses
        ],
        "struck": [item.model_dump() for item in found.struck],
        "work_orders": [order.title for order in found.work_orders],
        "turns": found.usage.turns,
        "tool_calls": found.usage.tool_calls,
    }


def _model() -> Claude:
    key = os.environ.get("ANTHROPIC_API_KEY")
    if not key:
        raise UsageError("set ANTHROPIC_API_KEY (any word will do where replies are written by hand)")
    return Claude(api_key=SecretStr(key), model=DEFAULT_MODEL, base_url=os.environ.get("ANTHROPIC_BASE_URL"))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
