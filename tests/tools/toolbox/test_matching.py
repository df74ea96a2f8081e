"""Words to twins, models and signals, on the demo plant's own names and on a small graph with odd ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinwright_tools.plant.config import read_config
from twinwright_tools.toolbox.matching import Names
from twinwright_tools.toolbox.words import pieces
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.graph import Twin, TwinGraph
from twinwright_tools.twins.load import load_twins


@pytest.fixture(scope="module")
def names(demo_plant: Path) -> Names:
    config = read_config(demo_plant)
    loaded = load_twins(demo_plant, config.flows)
    return Names(loaded.graph, loaded.models, config.vocabulary)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("line-3-filler", ["line", "3", "filler"]),
        ("suctionPressure", ["suction", "pressure"]),
        ("Hyd_A_700203", ["hyd", "a", "700203"]),
        ("P-007 pumps", ["p", "7", "pump"]),
        ("XMEASFlow2", ["xmea", "flow", "2"]),
    ],
)
def test_names_are_cut_into_words(text: str, words: list[str]) -> None:
    assert pieces(text) == words


@pytest.mark.parametrize(
    ("text", "twin"),
    [
        ("why is line 3 throughput dropping?", "line-3"),
        ("what is the speed of line-2-filler", "line-2-filler"),
        ("the filler of line 3", "line-3-filler"),
        ("why does the labeler of line 3 jam", "line-3-labeller"),
        ("vibration of glycol pump 2", "glycol-pump-2"),
        ("is compressor 2 ok", "air-compressor-2"),
    ],
)
def test_the_likeliest_twin_comes_first(names: Names, text: str, twin: str) -> None:
    assert names.twins(text)[0].twin == twin


def test_a_kind_without_a_number_means_all_of_them(names: Names) -> None:
    first = names.twins("how often did the labeller fail")[:3]
    assert {match.twin for match in first} == {"line-1-labeller", "line-2-labeller", "line-3-labeller"}
    assert all(match.noun for match in first)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("depalletizing", "depalletizer"),
        ("depalletising robot", "depalletizer"),
        ("packing machine", "packer"),
        ("why does the labelling machine jam", "labeller"),
        ("labeling", "labeller"),
        ("capping head", "capper"),
        ("conveying", "conveyor-1"),
        ("compressing air", "air-compressor"),
    ],
)
def test_other_forms_of_a_word_name_the_same_twins(names: Names, text: str, kind: str) -> None:
    best = names.twins(text)[0]
    assert kind in best.twin and best.noun


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("why is the product of line 1 cooling down", "cooler"),
        ("what happened while packing on line 2", "packer"),
        ("why is line 3 dropping", "drop"),
    ],
)
def test_what_something_is_doing_names_no_twin(names: Names, text: str, gone: str) -> None:
    assert gone not in names.read(text)[0]


@pytest.mark.parametrize("text", ["why is the palletizing robot of line 2 slow?", "palletising robot line 2"])
def test_a_part_of_a_word_is_offered_and_not_taken(names: Names, text: str) -> None:
    assert not any("depalletizer" in match.words for match in names.twins(text))
    (offered,) = names.unknown(text)
    assert offered.words.startswith("palleti") and offered.nearest[0] == "line-2-depalletizer"


def test_a_comparative_is_no_name() -> None:
    twins = {"low-pressure-pump": Twin("low-pressure-pump", "dtmi:a:P;1"), "fan": Twin("fan", "dtmi:a:F;1")}
    names = Names(TwinGraph(twins, (), Flows()), ModelSet({}), {})
    assert names.read("why is the fan lower")[1] == {}
    assert names.read("the pumping station")[1] == {"pumping": "pump"}


@pytest.mark.parametrize(
    ("text", "words", "near"),
    [
        ("why is line 9 slow", "line 9", "line-3"),
        ("speed of line-2-fillr", "line-2-fillr", "line-2-filler"),
        ("pump 17 pressure", "pump 17", "glycol-pump-1"),
    ],
)
def test_a_name_that_nothing_has_gets_the_nearest(names: Names, text: str, words: str, near: str) -> None:
    found = names.unknown(text)
    assert [one.words for one in found] == [words]
    assert near in found[0].nearest


@pytest.mark.parametrize("text", ["what is the capital of France", "tell me a joke", ""])
def test_words_of_elsewhere_match_nothing(names: Names, text: str) -> None:
    assert names.twins(text) == []
    assert names.unknown(text) == []


def test_words_of_the_site_are_names_too() -> None:
    graph = TwinGraph({"P-101": Twin("P-101", "dtmi:a:Pump;1"), "P-102": Twin("P-102", "dtmi:a:Pump;1")}, (), Flows())
    names = Names(graph, ModelSet({}), {"old lady": ["P-102"]})
    assert names.twins("why is the old lady so loud")[0].twin == "P-102"
    assert names.twins("why is P-101 so loud")[0].twin == "P-101"
