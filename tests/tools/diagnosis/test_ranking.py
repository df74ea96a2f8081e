"""Possible causes in order: what upstream explains is none, and every symptom has one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from twinwright_tools.diagnosis.features import FEATURES, asked_of, features_of, folds, measure_twins
from twinwright_tools.diagnosis.ranking import rank
from twinwright_tools.diagnosis.relations import relations_of
from twinwright_tools.diagnosis.result import Symptom
from twinwright_tools.diagnosis.suspicion import Suspicion
from twinwright_tools.diagnosis.weights import load_weights
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

FLOWS = Flows({"feeds": Flow("forward"), "influences": Flow("forward", "from", "to")})


def graph_of(*edges: tuple[str, str, str, str]) -> TwinGraph:
    """Twins with signal-to-signal relationships: (twin, signal, twin, signal); without signals, plain ones."""
    relationships = tuple(
        Relationship(f"r{i}", "influences" if source else "feeds", begin, end, {"from": source, "to": target})
        for i, (begin, source, end, target) in enumerate(edges)
    )
    twins = dict.fromkeys(twin for begin, _, end, _ in edges for twin in (begin, end))
    return TwinGraph({twin: Twin(twin, "dtmi:test:Unit;1") for twin in twins}, relationships, FLOWS)


def suspicion(twin: str, signal: str, excess: float) -> Suspicion:
    broken = {"own": excess, "fresh": excess, "upstream": excess, "fresh_upstream": excess}
    return Suspicion(SignalKey(twin, signal), excess=excess, level=excess, **broken)


def order(graph: TwinGraph, found: list[Suspicion], symptoms: list[Symptom]) -> list[tuple[str, str | None]]:
    suspicions = {one.key: one for one in found}
    relations = relations_of(graph)
    asked = asked_of(symptoms, graph, suspicions, ())
    ranked = rank(suspicions, graph, relations, asked, (), load_weights(), 60.0)
    return [(one.twin, one.signal.signal if one.signal else None) for one in ranked]


def rows_of(graph: TwinGraph, found: Iterable[Suspicion]) -> dict[str, dict[str, float]]:
    suspicions = {one.key: one for one in found}
    asked = asked_of([], graph, suspicions, ())
    return features_of(measure_twins(suspicions, graph.twins, (), asked), relations_of(graph), asked, 60.0)


def test_of_two_that_deviate_alike_the_one_upstream_is_the_cause() -> None:
    graph = graph_of(("feed", "", "reactor", ""), ("reactor", "", "separator", ""))
    found = [suspicion(twin, "flow", 6.0) for twin in ("separator", "reactor", "feed")]
    assert order(graph, found, [])[0] == ("feed", "flow")


def test_of_two_that_deviate_alike_the_one_with_fewer_signals_is_the_likelier_cause() -> None:
    found = [suspicion("mixer", "flow", 5.0), *(suspicion("pump", f"s{number}", 5.0) for number in range(9))]
    graph = graph_of(("mixer", "", "tank", ""), ("pump", "", "tank", ""))
    assert order(graph, found, [])[0] == ("mixer", "flow")


def test_a_reading_that_rests_while_all_around_it_moves_is_the_cause_of_what_went_wrong_there() -> None:
    graph = graph_of(("cooler", "", "thermometer", ""), ("thermometer", "", "filler", ""), ("cooler", "", "filler", ""))
    frozen = replace(suspicion("thermometer", "temperature", 1.0), silence=150.0, held=150.0)
    found = [suspicion("filler", "rejectRate", 30.0), frozen]
    assert order(graph, found, [])[0] == ("thermometer", "temperature")


def test_where_all_of_a_line_rests_it_stands_and_no_reading_is_blamed_for_that() -> None:
    edges = (("infeed", "", "filler", ""), ("filler", "", "outfeed", ""))
    rests = {"silence": 150.0, "held": 150.0}
    infeed, filler = (replace(suspicion(twin, "speed", 1.0), **rests) for twin in ("infeed", "filler"))
    assert rows_of(graph_of(*edges), [infeed, filler])["filler"]["held_alone"] == 0.0
    assert rows_of(graph_of(*edges), [filler])["filler"]["held_alone"] > 2.0


def test_every_symptom_whose_causes_are_named_gets_one() -> None:
    graph = graph_of(
        ("tank", "level_ok", "tank", "level_alarm"),
        ("oil", "temperature_ok", "oil", "temperature_alarm"),
        ("press", "force", "press", "force_alarm"),
    )
    found = [suspicion(twin, f"{twin}_state", 3.0) for twin in ("tank", "oil", "press")]
    found += [suspicion("tank", "level_ok", 30.0), suspicion("oil", "temperature_ok", 2.0)]
    found += [suspicion("press", "force", 1.0), suspicion("tank", "level_alarm", 9.0)]
    symptoms = [Symptom("tank", "level_alarm"), Symptom("press", "force_alarm"), Symptom("oil", "temperature_alarm")]
    first = order(graph, found, symptoms)[:3]
    assert set(first) == {("tank", "level_ok"), ("oil", "temperature_ok"), ("press", "force")}
    assert first[0] == ("tank", "level_ok")


def test_features_are_of_order_one_and_know_no_names() -> None:
    graph = graph_of(("a", "", "b", ""), ("b", "", "c", ""), ("c", "", "b", ""))
    rows = rows_of(graph, [suspicion("a", "x", 1e9), suspicion("b", "y", 4.0), suspicion("c", "z", 0.1)])
    for row in rows.values():
        assert set(row) <= set(FEATURES)
        assert all(abs(value) <= 12.0 for value in row.values())
    assert rows["b"]["upstream_broken"] > rows["a"]["upstream_broken"] == 0.0


def test_folds_level_off() -> None:
    assert folds(0.5) == folds(1.0) == 0.0
    assert 0.0 < folds(2.0) < folds(20.0) < folds(1e12) <= 3.0
