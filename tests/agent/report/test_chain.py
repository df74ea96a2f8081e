"""The chain's picture: every twin in order, what carries the upset, and nothing on top of anything else."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.report.chain import BOX_HEIGHT, Box, draw_chain, in_words, link_between
from twinwright_agent.report.focus import Focus, find_focus
from twinwright_agent.report.mentions import best_of, mentions, stated_symptoms
from twinwright_agent.result import Investigation
from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import Plant
from twinwright_tools.telemetry.series import SignalKey

TWINS = ("pump", "cooler", "filler", "line", "valve")


@pytest.fixture(scope="module")
def focus(investigation: Investigation, plant: Plant) -> Focus:
    return find_focus(investigation, plant)


def test_boxes_follow_the_chain_and_name_both_ends(focus: Focus, plant: Plant) -> None:
    picture = draw_chain(focus, plant)
    assert picture is not None
    main = [box for box in picture.boxes if not box.muted]
    assert [box.twin for box in main] == ["pump", "cooler", "filler", "line"]
    assert [box.badge for box in main] == ["cause", "", "", "symptom"]
    assert main[0].since == "since 2026-01-05 06:00"
    assert [line.label for line in picture.lines if not line.muted] == ["feeds", "cools", "is part of"]
    assert [box.twin for box in picture.boxes if box.muted] == ["valve"]


@given(st.lists(st.sampled_from(TWINS), min_size=1, max_size=14, unique=False), st.booleans())
def test_no_box_covers_another_or_leaves_the_picture(
    focus: Focus, plant: Plant, chain: list[str], upright: bool
) -> None:
    picture = draw_chain(replace(focus, chain=chain), plant, upright=upright)
    assert picture is not None
    for one, other in combinations(picture.boxes, 2):
        assert not _overlap(one, other)
    for box in picture.boxes:
        assert 0 <= box.x <= box.x + box.width <= picture.width
        assert 0 <= box.y <= box.y + box.height <= picture.height


def _overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def test_long_chains_are_shortened_in_the_picture_and_whole_in_words(focus: Focus, plant: Plant) -> None:
    chain = ["pump", "cooler", "filler", "valve", "pump", "cooler", "filler", "line"]
    picture = draw_chain(replace(focus, chain=chain), plant)
    assert picture is not None
    main = [box for box in picture.boxes if box.height == BOX_HEIGHT]
    assert [box.name for box in main][4] == "3 more between"
    assert main[-1].badge == "symptom"
    assert in_words(chain, plant).count("→") == 7


def test_links_that_no_relationship_carries_say_so(plant: Plant) -> None:
    assert link_between(plant.graph, "filler", "line").label == "is part of"
    assert link_between(plant.graph, "line", "filler").label == "contains"
    assert link_between(plant.graph, "filler", "pump").label == "no path known"


def test_symptom_is_what_was_complained_of(focus: Focus) -> None:
    assert focus.cause == SignalKey("pump", "pressure")
    assert focus.symptom == SignalKey("filler", "rate")
    assert focus.uncertainty_s == 300.0


def test_mentions_are_found_by_the_shape_of_the_data() -> None:
    evidence = Evidence(
        id="E1",
        tool="any",
        arguments={"signals": ["pump.pressure"], "symptoms": ["filler"]},
        summary="",
        data={"deep": [{"signal": "pump.pressure", "score_sigma": -9.0, "onset": "2026-01-05T05:00:00+00:00"}]}
        | {"rows": [{"twin": "cooler", "signal": "temperature", "signals": ["filler.rate", "no-such.thing"]}]},
        reproduce="",
        provenance="engine",
    )
    found = mentions([evidence], TWINS)
    assert {str(one.key) for one in found} == {"pump.pressure", "cooler.temperature", "filler.rate"}
    best = best_of(found, {"pump"})
    assert best is not None
    assert best.score == 9.0
    assert best.onset is not None
    assert stated_symptoms([evidence]) == ["filler"]
