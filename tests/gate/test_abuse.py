"""The acting part of the abuse corpus, on the real gate, executor and store over a recording fake."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.auditor.replay import replay

from .abuse import ACTING, ELSEWHERE
from .world import World

SHARED = Path(os.environ.get("TWINWRIGHT_SHARED", Path(__file__).resolve().parents[3] / "shared"))


@pytest.mark.parametrize("name", ACTING)
def test_case(world: World, name: str) -> None:
    expected = ACTING[name]
    reasons = expected.run(world)
    assert world.writes == expected.writes
    if expected.reason:
        assert reasons and (reasons[0] == expected.reason or reasons[0].startswith(expected.reason + ".")), reasons
    else:
        assert reasons == []
    if expected.state is not None:
        assert world.core.store.permits([expected.state]), world.desk.counts()


@pytest.mark.parametrize("name", ["C071", "C083", "C084", "C104"])
def test_every_decision_of_a_case_replays(folder: Path, name: str) -> None:
    world = World(folder)
    ACTING[name].run(world)
    world.close()
    assert replay(chain.records(folder / "audit.jsonl"), lambda: 0).decisions > 0


@pytest.mark.shared
def test_the_acting_groups_of_the_corpus_are_covered() -> None:
    path = SHARED / "gate" / "cases.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    cases = [json.loads(line) for line in path.read_text().splitlines()]
    acting = {one["id"] for one in cases if one["group"][0] in "DE"} - {"C066"}
    covered = {name.split()[0] for name in ACTING} | set(ELSEWHERE)
    assert acting <= covered, acting - covered
