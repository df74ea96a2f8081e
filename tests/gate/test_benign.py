"""Sensible proposals get through: at most 2 in 100 of a set that was not made by the rules are denied."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from twinwright_gate.context import PastWrite, Phase, Stamp
from twinwright_gate.evaluate import Evaluation
from twinwright_gate.notation import utc_ms
from twinwright_gate.numbers import to_micro
from twinwright_gate.schema import Proposal

from . import benign
from .plantsite import BINDINGS, BOOT, Scene, context, plan_for, policy, signed, snapshot_document

MOST_DENIED = 0.02


def evaluated(row: dict[str, Any]) -> Evaluation:
    now = utc_ms(row["now_utc"])
    binding = BINDINGS.get(row["proposal"]["target"]["twin_id"], "pump-1-speed")
    readings = {name.replace("-", "_"): to_micro(text) for name, text in row["readings"].items()}
    snapshot = signed(snapshot_document(binding, now, **readings))
    Proposal.model_validate(row["proposal"])
    plan = plan_for(row["proposal"], snapshot)
    about = replace(context(Phase.EVALUATE, plan, policy(), ()), now=Stamp(now, 90_000_000, BOOT))
    if last := row["last_write"]:
        at = Stamp(utc_ms(last["utc"]), 90_000_000 - (now - utc_ms(last["utc"])), BOOT)
        moved = last["moved_pct"] * (1_000_000 if binding.startswith("pump") else 200_000_000)
        about = replace(about, history=(PastWrite(binding, at, 0, moved),))
    return Scene(policy(), snapshot, plan, about).judge()


def test_the_file_is_what_the_recipe_makes() -> None:
    assert benign.FILE.read_text() == benign.text()


def test_benign_proposals_are_hardly_ever_denied() -> None:
    rows = [json.loads(line) for line in benign.FILE.read_text().splitlines()]
    assert len(rows) >= 200
    denied = [(row["id"], found.sentence) for row in rows if not (found := evaluated(row)).allowed]
    assert len(denied) <= MOST_DENIED * len(rows), denied
