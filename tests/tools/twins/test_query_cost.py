"""What queries are expected to cost, over the small plant."""

from __future__ import annotations

import pytest

from twinwright_tools.twins import LoadedTwins
from twinwright_tools.twins.query.check import check_query
from twinwright_tools.twins.query.cost import Estimate, GraphStatistics, estimate
from twinwright_tools.twins.query.parse import parse_query

PUMP, TANK, PLACE = "dtmi:test:Pump;1", "dtmi:test:Tank;1", "dtmi:test:Place;1"


def cost(plant: LoadedTwins, text: str) -> Estimate:
    statistics = plant.graph.statistics
    return estimate(check_query(parse_query(text), plant.models, statistics, dialect="embedded"), statistics)


def test_statistics_of_a_graph(small_plant: LoadedTwins) -> None:
    found = small_plant.graph.statistics
    assert found.twins == {
        PLACE: 2,
        "dtmi:test:CentrifugalPump;1": 1,
        PUMP: 2,
        TANK: 1,
        "dtmi:test:Asset;1": 1,
    }
    assert found.links[PUMP, "feeds", TANK] == 1
    assert sum(found.links.values()) == len(small_plant.graph.relationships)
    assert found.most_out == {"contains": 3, "feeds": 1}
    assert found.most_in == {"contains": 1, "feeds": 2}
    assert found.properties[PLACE] == {"name", "tags"}
    assert found.edge_properties[PUMP, "feeds"] == {"diameter"}


def test_of_nothing_nothing_is_expected(small_plant: LoadedTwins) -> None:
    query = check_query(
        parse_query("SELECT b FROM DIGITALTWINS MATCH (a)-[*..3]-(b) WHERE a.$dtId = 'x'"),
        small_plant.models,
        GraphStatistics(),
    )
    assert estimate(query, GraphStatistics()) == Estimate(0, 0, 0, "a")


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("SELECT * FROM DIGITALTWINS", 7),
        ("SELECT TOP(3) FROM DIGITALTWINS", 3),
        ("SELECT COUNT() FROM DIGITALTWINS", 1),
        ("SELECT * FROM RELATIONSHIPS", 7),
        (f"SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '{PUMP}')", 3),
        ("SELECT * FROM DIGITALTWINS T WHERE T.$dtId = 'pump1'", 1),
        ("SELECT * FROM DIGITALTWINS T WHERE T.$dtId IN ['pump1', 'pump2', 'pump1']", 2),
        ("SELECT * FROM DIGITALTWINS T WHERE T.$dtId = 'pump1' OR T.$dtId = 'pump2'", 2),
        ("SELECT * FROM DIGITALTWINS T WHERE T.$dtId = 'pump1' OR T.power > 5", 7),
        ("SELECT C FROM DIGITALTWINS T JOIN C RELATED T.contains WHERE T.$dtId = 'site'", 3),
        ("SELECT T FROM DIGITALTWINS T JOIN C RELATED T.contains WHERE C.$dtId = 'pump1'", 1),
        ("SELECT b FROM DIGITALTWINS MATCH (a)-[:feeds]-(b) WHERE a.$dtId = 'tank1'", 3),
        ("SELECT b FROM DIGITALTWINS MATCH (a)-[*..5]->(b) WHERE a.$dtId = 'site'", 7),
        (f"SELECT b FROM DIGITALTWINS MATCH (a)-[*..5]->(b) WHERE a.$dtId = 'site' AND IS_OF_MODEL(b, '{TANK}')", 1),
    ],
)
def test_no_more_rows_than(small_plant: LoadedTwins, query: str, bound: int) -> None:
    assert cost(small_plant, query).bound == bound


def test_it_is_cheapest_to_begin_where_a_twin_is_named(small_plant: LoadedTwins) -> None:
    pattern = "SELECT b FROM DIGITALTWINS MATCH (a)-[:contains]->(b) WHERE {}.$dtId = 'line1'"
    assert cost(small_plant, pattern.format("b")).start == "b"
    assert cost(small_plant, pattern.format("a")).start == "a"


def test_a_filter_makes_fewer_rows(small_plant: LoadedTwins) -> None:
    every = cost(small_plant, "SELECT * FROM DIGITALTWINS T")
    some = cost(small_plant, "SELECT * FROM DIGITALTWINS T WHERE T.power > 5")
    few = cost(small_plant, "SELECT * FROM DIGITALTWINS T WHERE T.power > 5 AND T.state = 'running'")
    assert every.rows == 7
    assert every.rows > some.rows > few.rows > 0
    assert every.lines() == ["about 7 row(s), 7 at most", "about 7 reads from T"]
