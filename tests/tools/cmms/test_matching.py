"""Twins and CMMS assets: by id, by rule, by a person; never by a guess."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.cmms.matching import Matching, match_assets
from twinwright_tools.cmms.memory import CmmsMemory
from twinwright_tools.cmms.protocol import CmmsAsset
from twinwright_tools.errors import UsageError
from twinwright_tools.plant.config import MatchRule
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def graph(*twins: str, parents: dict[str, str] | None = None, **tags: str) -> TwinGraph:
    made = {
        name: Twin(
            name, "dtmi:test:T;1", {"tag": tags[name.replace("-", "_")]} if name.replace("-", "_") in tags else {}
        )
        for name in twins
    }
    contains = [Relationship(f"r{child}", "contains", parent, child) for child, parent in (parents or {}).items()]
    return TwinGraph(made, contains, Flows())


def asset(name: str, title: str = "", **rest: object) -> CmmsAsset:
    return CmmsAsset.model_validate({"id": name, "name": title or name, **rest})


def pairs(found: Matching) -> set[tuple[str, str, str]]:
    return {(one.twin, one.asset, one.how) for one in found.matches}


def test_equal_ids_and_tags_match_whatever_their_case() -> None:
    found = match_assets(graph("pump-1", "fan-1"), [asset("PUMP-1"), asset("77", tags=("fan-1",))])
    assert pairs(found) == {("pump-1", "PUMP-1", "id"), ("fan-1", "77", "id")}
    assert found.asset_of == {"pump-1": "PUMP-1", "fan-1": "77"}
    assert found.twin_of == {"PUMP-1": "pump-1", "77": "fan-1"}


def test_two_assets_of_one_id_are_told_and_not_guessed() -> None:
    found = match_assets(graph("pump-1"), [asset("1", tags=("pump-1",)), asset("2", tags=("pump-1",))])
    assert found.matches == ()
    assert found.ambiguous == {"pump-1": ("1", "2")}
    assert found.assets_left == ("1", "2")


def test_two_twins_of_one_asset_are_told_and_not_guessed() -> None:
    found = match_assets(graph("pump-1", "pump-2"), [asset("1", tags=("pump-1", "pump-2"))])
    assert found.matches == ()
    assert set(found.ambiguous) == {"pump-1", "pump-2"}


def test_rules_rewrite_a_field() -> None:
    rules = [
        MatchRule(asset="name", pattern=r"GLY P(\d+)", replace=r"glycol-pump-\1"),
        MatchRule(twin="tag", asset="serial"),
    ]
    assets = [asset("1", "GLY P2"), asset("2", "other", attributes={"serial": "SN9"})]
    found = match_assets(graph("glycol-pump-2", "fan-1", fan_1="sn9"), assets, rules=rules)
    assert pairs(found) == {("glycol-pump-2", "1", "rule"), ("fan-1", "2", "rule")}


def test_alike_names_are_proposed_and_count_for_nothing() -> None:
    found = match_assets(
        graph("glycol-pump-1", "glycol-pump-2"), [asset("E1", "Glycol Pump 01"), asset("E3", "Boiler")]
    )
    assert found.matches == ()
    assert [(one.twin, one.asset) for one in found.proposals] == [("glycol-pump-1", "E1")]
    assert found.twins_left == ("glycol-pump-1", "glycol-pump-2")


def test_names_that_differ_in_a_number_are_not_alike() -> None:
    assert match_assets(graph("pump-1"), [asset("E2", "Pump 2")]).proposals == ()


def test_a_toss_up_is_not_proposed() -> None:
    found = match_assets(graph("feed-pump"), [asset("E1", "Pump feed"), asset("E2", "Feed pump")])
    assert found.proposals == ()


def test_the_same_parent_speaks_for_a_proposal() -> None:
    twins = graph("line-1", "line-2", "filler-a", "filler-b", parents={"filler-a": "line-1", "filler-b": "line-2"})
    assets = [
        asset("line-1"),
        asset("line-2"),
        asset("X", "Filler", parent="line-1"),
        asset("Y", "Filler", parent="line-2"),
    ]
    found = match_assets(twins, assets)
    assert {(one.twin, one.asset, one.why) for one in found.proposals} == {
        ("filler-a", "X", "alike names under the same parent"),
        ("filler-b", "Y", "alike names under the same parent"),
    }


def test_people_decide() -> None:
    twins, assets = graph("pump-1", "pump-2"), [asset("E1", "Pump 1"), asset("pump-2")]
    found = match_assets(twins, assets, accepted={"pump-1": "E1", "gone": "E9"}, rejected=[("pump-2", "pump-2")])
    assert pairs(found) == {("pump-1", "E1", "person")}
    assert found.proposals == ()


names = st.text("ab1-", min_size=1, max_size=4)


@given(st.sets(names, max_size=6), st.lists(st.tuples(names, st.lists(names, max_size=2)), max_size=6))
def test_it_is_one_to_one_and_loses_nothing(twins: set[str], drawn: list[tuple[str, list[str]]]) -> None:
    assets = {name: asset(name, tags=tuple(tags)) for name, tags in drawn}
    found = match_assets(graph(*twins), list(assets.values()))
    assert len(found.asset_of) == len(found.twin_of) == len(found.matches)
    assert set(found.asset_of) | set(found.twins_left) == twins
    assert set(found.twin_of) | set(found.assets_left) == set(assets)


def test_decisions_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    memory = CmmsMemory(tmp_path, "rt")
    memory.decide("pump-1", "E1", True, "ann", NOW)
    memory.decide("pump-1", "E2", True, "ann", NOW)
    memory.decide("pump-1", "E3", False, "bob", NOW)
    assert [(one.asset, one.accepted, one.by) for one in CmmsMemory(tmp_path, "rt").decisions()] == [
        ("E2", True, "ann"),
        ("E3", False, "bob"),
    ]
    assert CmmsMemory(tmp_path, "sap").decisions() == []
    with pytest.raises(UsageError, match="say who"):
        memory.decide("pump-1", "E1", True, " ", NOW)


def test_assets_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    memory = CmmsMemory(tmp_path, "rt")
    assert memory.assets() == ([], None)
    memory.keep_assets([asset("E1", tags=("t",))], NOW)
    assert memory.assets() == ([asset("E1", tags=("t",))], NOW)


def test_a_broken_memory_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "cmms-memory.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(UsageError, match=r"cmms-memory\.db can't be used"):
        CmmsMemory(tmp_path, "rt")
