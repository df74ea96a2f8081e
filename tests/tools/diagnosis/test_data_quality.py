"""Statements on the data: none of clean data, few of much trouble, and the same whatever comes later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.diagnosis import Symptom
from twinwright_tools.diagnosis.data_quality import Statements, data_statements
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

START = 1_772_323_200_000_000
STEP = 60_000_000
COUNT = 200
AT = START + STEP * (COUNT - 1)
TIMES = START + STEP * np.arange(COUNT, dtype=np.int64)
MANY = [f"p{number:02}" for number in range(20)]


def graph_of(twins: Sequence[str], edges: Sequence[tuple[str, str]] | None = None) -> TwinGraph:
    joined = list(pairwise(twins)) if edges is None else edges
    relationships = tuple(Relationship(f"r{n}", "feeds", *ends) for n, ends in enumerate(joined))
    return TwinGraph(
        {twin: Twin(twin, "dtmi:test:Pump;1") for twin in twins}, relationships, Flows({"feeds": Flow("forward")})
    )


def series_of(twin: str, times: np.ndarray = TIMES) -> Series:
    return Series(SignalKey(twin, "flow"), times, np.random.default_rng(len(times)).normal(5.0, 1.0, len(times)))


def told(
    found: Sequence[Series], graph: TwinGraph | None = None, symptoms: Sequence[Symptom] = (), at: int = AT
) -> Statements:
    infos = [
        SignalInfo(one.key, "numeric", "sampled", len(one), from_micros(START), from_micros(AT), 60.0, None, True)
        for one in found
    ]
    twins = sorted({one.key.twin for one in found})
    return data_statements({one.key: one for one in found}, infos, graph or graph_of(twins), at, symptoms)


def test_clean_data_is_not_complained_of() -> None:
    assert told([series_of(twin) for twin in MANY]) == Statements()


def test_many_of_a_kind_share_a_sentence() -> None:
    silent = [series_of(twin, TIMES[:100]) for twin in MANY[:5]]
    (sentence,) = told([*silent, *(series_of(twin) for twin in MANY[5:])]).missing
    assert sentence.startswith("5 of 20 signals have no sample since 2026-03-01T01:39:00+00:00")
    assert sentence.endswith(": p00.flow, p01.flow, p02.flow …")


def test_gaps_of_their_own_are_told_by_the_longest() -> None:
    gaps = [np.delete(TIMES, slice(120, 140 + number)) for number in range(4)]
    others = [series_of(twin) for twin in MANY[4:]]
    (sentence,) = told([*(series_of(twin, gap) for twin, gap in zip(MANY, gaps, strict=False)), *others]).missing
    assert "from 2026-03-01T01:59:00+00:00 to 2026-03-01T02:23:00+00:00 (24 min)" in sentence
    assert re.match(r"4 of 20 signals have gaps", sentence)


def test_a_gap_long_before_is_no_trouble() -> None:
    assert told([series_of("a", np.delete(TIMES, slice(20, 60))), series_of("b")]) == Statements()


def test_a_complaint_that_leads_nowhere() -> None:
    found, graph = [series_of("a"), series_of("b")], graph_of(("a", "b", "c", "d"), [("a", "b"), ("b", "c")])
    (sentence,) = told(found, graph, [Symptom("d")]).missing[:1]
    assert sentence.startswith("d has no telemetry and no relationship that leads there")
    assert told(found, graph, [Symptom("c")]).missing == (
        "c has no telemetry, so an upset there shows only in others.",
    )


def test_silent_twins_of_a_large_plant_count_beside_a_symptom() -> None:
    twins = [f"t{number:03}" for number in range(200)]
    found = [series_of(twin) for twin in twins[::2]]
    assert told(found, graph_of(twins)).missing == ()
    assert told(found, graph_of(twins), [Symptom("t100")]).missing == (
        "t099 has no telemetry, so an upset there shows only in others.",
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["none", "nan", "few", "stopped", "gap", "still", "stray", "text"]), max_size=20))
def test_however_much_is_wrong_it_is_told_in_eight_sentences_from_what_is_known(kinds: list[str]) -> None:
    found = [spoilt(twin, kind) for twin, kind in zip(MANY, kinds, strict=False)]
    later = [
        Series(
            one.key,
            np.append(one.times, AT + STEP * np.arange(1, 50)),
            np.append(one.values, np.full(49, np.inf)),
            None if one.texts is None else np.append(one.texts, np.full(49, "off", dtype=np.object_)),
        )
        for one in found
    ]
    graph = graph_of(MANY[5:], [])
    answer = told(found, graph, [Symptom("p19")])
    assert told(later, graph, [Symptom("p19")]) == answer
    sentences = [*answer.missing, *answer.assumed]
    assert len(sentences) <= 8 and len(set(sentences)) == len(sentences)
    assert all(re.fullmatch(r"[^{}]+(\.|…)", one) for one in sentences)


def spoilt(twin: str, kind: str) -> Series:
    one = series_of(twin)
    texts = np.array([None, "off"] * (COUNT // 2), dtype=np.object_)
    return {
        "none": Series(one.key, TIMES[:0], one.values[:0]),
        "nan": Series(one.key, TIMES, np.full(COUNT, np.nan)),
        "few": Series(one.key, TIMES[-3:], one.values[-3:]),
        "stopped": Series(one.key, TIMES[:50], one.values[:50]),
        "gap": series_of(twin, np.delete(TIMES, slice(120, 150))),
        "still": Series(one.key, TIMES, np.ones(COUNT)),
        "stray": Series(one.key, np.append(0, TIMES[1:]), one.values),
        "text": Series(one.key, TIMES, np.where(texts == np.array(None), one.values, np.nan), texts),
    }[kind]
