"""The topology: what carries an upset where, and what lies inside what."""

from __future__ import annotations

import pytest

from twinwright_tools.errors import UnknownNameError
from twinwright_tools.twins import LoadedTwins, Relationship, Twin, TwinGraph
from twinwright_tools.twins.flow import Flow, Flows


def graph(*edges: tuple[str, str, str], flows: Flows | None = None, **properties: str) -> TwinGraph:
    ids = dict.fromkeys(end for source, _, target in edges for end in (source, target))
    relationships = tuple(
        Relationship(str(index), name, source, target, dict(properties))
        for index, (source, name, target) in enumerate(edges)
    )
    return TwinGraph({each: Twin(each, "dtmi:test:M;1") for each in ids}, relationships, flows or Flows())


@pytest.mark.parametrize(
    ("name", "direction"),
    [("feeds", "forward"), ("contains", "structure"), ("isPartOf", "structure"), ("hasPart", "structure")],
)
def test_what_is_not_stated_is_assumed_by_name(name: str, direction: str) -> None:
    assert Flows().of(name).direction == direction
    assert not Flows().is_stated(name)


def test_an_upset_travels_as_stated() -> None:
    flows = Flows({"calls": Flow("backward"), "feeds": Flow("forward"), "holds": Flow("structure")})
    found = graph(("a", "calls", "b"), ("b", "feeds", "c"), ("c", "holds", "d"), flows=flows).influence
    assert set(found.edges()) == {("b", "a"), ("b", "c")}


def test_signals_are_named_in_the_direction_of_travel() -> None:
    for direction, ends in (("forward", ("x", "y")), ("backward", ("y", "x"))):
        flow = Flow(direction, "from", "to")  # type: ignore[arg-type]  # a loop over two literals
        edges = graph(("a", "acts", "b"), flows=Flows({"acts": flow}), **{"from": "x", "to": "y"}).influence.edges
        data = next(iter(edges(data=True)))[2]
        assert (data["source_signal"], data["target_signal"]) == ends


def test_paths_end_at_the_symptom_or_inside_of_it() -> None:
    places = [("site", "contains", "line"), ("line", "contains", "filler")]
    plant = graph(*places, ("pump", "feeds", "cooler"), ("cooler", "feeds", "filler"))
    assert plant.path("pump", "filler") == ["pump", "cooler", "filler"]
    assert plant.path("pump", "line") == ["pump", "cooler", "filler", "line"]
    assert plant.path("filler", "line") == ["filler", "line"]
    assert plant.path("filler", "filler") == ["filler"]
    assert plant.path("filler", "pump") == []
    assert plant.location("filler") == ["site", "line", "filler"]
    assert plant.within("site") == ["site", "line", "filler"]


def test_a_hierarchy_that_bites_its_tail_ends() -> None:
    plant = graph(("a", "contains", "b"), ("b", "contains", "a"))
    assert plant.location("a") == ["b", "a"]
    assert plant.within("a") == ["a", "b"]


def test_an_unknown_twin_gets_the_nearest_names(small_plant: LoadedTwins) -> None:
    with pytest.raises(UnknownNameError) as caught:
        small_plant.graph.twin("pumpe1")
    assert caught.value.suggestions[0] == "pump1"
    assert small_plant.graph.twin("pump1").name == "Glycol pump"
