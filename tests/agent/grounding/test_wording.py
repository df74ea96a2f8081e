"""What a sentence says beside its figures."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from twinwright_agent.grounding.comparing import Carried
from twinwright_agent.grounding.figures import figures
from twinwright_agent.grounding.wording import (
    aggregate_reasons,
    direction_reasons,
    order_reasons,
    sureness_reasons,
    way_reasons,
)
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

ZONE = ZoneInfo("Europe/Berlin")
CARRIED = [Carried(5.0, None, None, "p.flow", "mean"), Carried(9.0, None, None, "p.flow", "max")]


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("The mean of p.flow was 5", False),
        ("The highest value of p.flow was 9", False),
        ("The average of p.flow was 9", True),
        ("The maximum of p.flow was 5", True),
        ("p.flow was 9", False),
        ("The mean of p.flow was 7", False),
    ],
)
def test_an_aggregate_is_the_one_that_is_said(sentence: str, wrong: bool) -> None:
    assert bool(list(aggregate_reasons(sentence, figures(sentence, ZONE), CARRIED))) is wrong


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("p.flow fell from 9 bar to 5 bar", False),
        ("p.flow fell from 5 bar to 9 bar", True),
        ("p.flow rose from a median of 9 to 5", True),
        ("p.flow has not risen from 9 to 5", False),
        ("p.flow dropped from -1 bar to -2 bar", False),
        ("p.flow rose, and p.level went from 9 m to 5 m", False),
        ("The pressure drop rose from 0.3 bar to 0.5 bar", False),
        ("The pressure drop went from 0.3 bar to 0.5 bar", False),
        ("Pressure drops rose from 0.3 bar to 0.5 bar", False),
        ("The temperature rise fell from 5 K to 3 K", False),
        ("The rise time went from 5 s to 3 s", False),
        ("Drop-outs went from 3 /h to 9 /h", False),
        ("The falling share of drop-out time rose from 3 % to 9 %", False),
        ("The pressure drop fell from 0.3 bar to 0.5 bar", True),
        ("The rise time rose slowly from 5 s to 3 s", True),
    ],
)
def test_a_verb_goes_the_way_of_its_figures(sentence: str, wrong: bool) -> None:
    assert bool(list(direction_reasons(sentence, figures(sentence, ZONE)))) is wrong


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("It began at 2026-03-12T08:00+01:00, before the alarm of 2026-03-12T09:00+01:00", False),
        ("It began at 2026-03-12T10:00+01:00, before the alarm of 2026-03-12T09:00+01:00", True),
        ("It began at 2026-03-12T10:00+01:00, after the alarm of 2026-03-12T09:00+01:00", False),
        ("It began at 2026-03-12T08:00+01:00, after the alarm of 2026-03-12T07:30Z", True),
        ("It rested from 2026-03-12T10:00Z while it was driven, after 2026-03-12T11:40Z it fell", False),
        ("It stood until 2026-03-12T11:40Z and fell after the valve had moved at 2026-03-12T11:41Z", False),
    ],
)
def test_before_and_after(sentence: str, wrong: bool) -> None:
    assert bool(list(order_reasons(sentence, figures(sentence, ZONE)))) is wrong


def test_a_way_follows_the_relationships() -> None:
    twins = {name: Twin(name, "dtmi:t:T;1") for name in ("pump-1", "valve", "line-3")}
    graph = TwinGraph(twins, [Relationship("r", "feeds", "pump-1", "valve")], Flows())
    assert list(way_reasons("it came by pump-1 → valve", graph)) == []
    (why,) = way_reasons("it came by valve → pump-1", graph)
    assert why == "no upset travels valve → pump-1 in the twin graph"
    assert list(way_reasons("from 3 → 4 of them", graph)) == []


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("pump-1 is almost certainly the cause", True),
        ("pump-1 is the likely cause", False),
        ("pump-1 is not certainly the cause", False),
        ("pump-1 is an unlikely cause", True),
        ("fan-1 is definitely the cause", False),
    ],
)
def test_words_of_certainty_mean_a_number(sentence: str, wrong: bool) -> None:
    assert bool(list(sureness_reasons(sentence, {"pump-1": 0.7}, {"pump-1": 0.62}))) is wrong


@pytest.mark.parametrize(
    ("stated", "engine", "wrong"),
    [(0.9, 0.6, False), (0.6, 0.9, False), (0.6, 0.7, True), (0.9, None, False)],
)
def test_words_go_with_the_engines_number_or_with_the_one_that_stood(
    stated: float, engine: float | None, wrong: bool
) -> None:
    known = {} if engine is None else {"pump-1": engine}
    assert bool(list(sureness_reasons("pump-1 is very likely the cause", {"pump-1": stated}, known))) is wrong
