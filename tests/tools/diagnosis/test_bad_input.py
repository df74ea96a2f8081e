"""Bad data and odd questions: always an answer that keeps its contract, says what is wrong with the data, and doesn't
depend on what it shouldn't (order, names, units, the future)."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinwright_cli.main import main
from twinwright_tools.diagnosis import Diagnosis, Symptom, diagnose_signals
from twinwright_tools.errors import UnknownNameError
from twinwright_tools.telemetry.infer import infer_kind, infer_sampling
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, iso, to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = 60_000_000
STEPS = 300
ONSET = 240
AT = START + timedelta(minutes=STEPS - 1)
CHAIN = ("alpha", "bravo", "carol", "delta", "ember")
SIGNALS = ("flow", "pressure")
FAULTS = ("step", "ramp", "spread", "none")
MODEL = "dtmi:test:Pump;1"
TIMES = to_micros(START) + STEP * np.arange(STEPS, dtype=np.int64)

# Without shrinking: a failing example of these is told apart soon enough, and shrinking one takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
few = settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
many = settings(few, max_examples=60)


@dataclass
class Case:
    """What the engine is asked: samples by signal, the graph's twins and edges, symptoms and the moment."""

    series: dict[SignalKey, Series]
    edges: tuple[tuple[str, str], ...] = tuple(pairwise(CHAIN))
    twins: tuple[str, ...] = CHAIN
    symptoms: tuple[Symptom, ...] = ()
    at: datetime = AT
    infos: list[SignalInfo] = field(default_factory=list)

    def ask(self) -> Diagnosis:
        edges = tuple(Relationship(f"r{n}", "feeds", *ends) for n, ends in enumerate(self.edges))
        graph = TwinGraph({twin: Twin(twin, MODEL) for twin in self.twins}, edges, Flows({"feeds": Flow("forward")}))
        infos = self.infos or infos_of(self.series, self.at)
        with np.errstate(all="ignore"):
            return diagnose_signals(self.series, infos, graph, ModelSet({}), self.at, self.symptoms)


def infos_of(series: Mapping[SignalKey, Series], at: datetime) -> list[SignalInfo]:
    """What the telemetry store says of signals up to `at`; those without a row up to then aren't listed."""
    return [told for one in series.values() if (told := info_of(one, at)) is not None]


def info_of(one: Series, at: datetime) -> SignalInfo | None:
    upto = one.times <= to_micros(at)
    times, values = one.times[upto], one.values[upto]
    if not len(times):
        return None
    numbers = values[~np.isnan(values)]
    texts = [] if one.texts is None else one.texts[upto].tolist()
    bits = bool(np.all((numbers == 0) | (numbers == 1)))
    kind = infer_kind(None, len(numbers), sum(text is not None for text in texts), bits)
    words: Any = np.array([str(text) for text in texts])
    codes = np.unique(words, return_inverse=True)[1].astype(float) if kind == "text" else values
    interval = float(np.median(np.diff(times))) / 1e6 if len(times) > 1 else None
    sampling = infer_sampling(np.sort(times), codes, kind)
    ends = from_micros(int(times.min())), from_micros(int(times.max()))
    return SignalInfo(one.key, kind, sampling, len(times), *ends, interval, None, True)


def values_of(seed: int, fault: str = "step", at_twin: int = 1, size: float = 3.0) -> dict[SignalKey, np.ndarray]:
    """Autocorrelated signals of every twin; the fault travels down the chain, a minute and a quarter weaker a step."""
    generator = np.random.default_rng(seed)
    found = {}
    for place, twin in enumerate(CHAIN):
        for signal in SIGNALS:
            noise = generator.normal(0.0, 0.1, STEPS + 20)
            course = 10.0 + np.convolve(noise, 0.6 ** np.arange(12), mode="same")[:STEPS]
            begin = ONSET + place - at_twin
            if place >= at_twin and fault != "none":
                weight = size * 0.75 ** (place - at_twin)
                since = np.arange(STEPS - begin)
                shapes = {
                    "step": weight * np.ones(len(since)),
                    "ramp": weight * since / 30.0,
                    "spread": weight * generator.normal(0.0, 0.5, len(since)),
                }
                course[begin:] += shapes[fault]
            found[SignalKey(twin, signal)] = course
    return found


def series_of(key: SignalKey, values: np.ndarray, times: np.ndarray = TIMES) -> Series:
    return Series(key, times.astype(np.int64), values.astype(np.float64))


def case_of(values: Mapping[SignalKey, np.ndarray], **more: Any) -> Case:
    return Case({key: series_of(key, course) for key, course in values.items()}, **more)


def keeps_contract(answer: Mapping[str, Any], at: datetime = AT) -> None:
    """What holds for the JSON of every diagnosis, whatever was asked of whatever data."""
    json.dumps(answer, allow_nan=False)
    listed = answer["hypotheses"]
    shown = [one["confidence"] for one in listed]
    assert answer["verdict"] in ("cause", "cannot_tell", "nothing_wrong")
    assert all(0.0 <= one <= 1.0 for one in shown) and shown == sorted(shown, reverse=True)
    assert (answer["verdict"] == "cause") == (max(shown, default=0.0) >= 0.5)
    assert [one["rank"] for one in listed] == list(range(1, len(listed) + 1))
    assert len({(one["twin"], one["signal"]) for one in listed}) == len(listed)
    assert all(one["onset"] is None or datetime.fromisoformat(one["onset"]) <= at for one in listed)
    assert {cited for one in listed for cited in one["evidence"]} <= {row["id"] for row in answer["evidence"]}
    texts = [*answer["missing"], *answer["assumptions"], *(row["text"] for row in answer["evidence"])]
    assert all(text and not re.search(r"\b(nan|inf)\b", text) for text in texts)


def said(answer: Mapping[str, Any]) -> str:
    return " ".join([*answer["missing"], *answer["assumptions"]])


def essence(answer: Diagnosis, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What may not depend on names, order or units: verdict, and each hypothesis by its own twin and signal."""
    told = names or {}
    ranked = {
        (told.get(one.twin, one.twin), one.signal): (round(one.confidence, 6), one.onset) for one in answer.hypotheses
    }
    return {"verdict": answer.verdict, "hypotheses": ranked, "missing": len(answer.missing)}


# --- What is wrong with the data, and what the answer has to say of it -------------------------------------------


def with_one(change: Callable[[np.ndarray], np.ndarray], **more: Any) -> Case:
    """A plant with a clear fault in bravo, and one signal elsewhere (ember.pressure) changed."""
    values = values_of(4)
    key = SignalKey("ember", "pressure")
    return case_of(values | {key: change(values[key].copy())}, **more)


def put(place: Any, value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values[place] = value
        return values

    return change


def with_times(key: SignalKey, times: np.ndarray) -> Case:
    case = case_of(values_of(4))
    return Case(case.series | {key: Series(key, times, case.series[key].values)})


def jumped(minutes: int) -> np.ndarray:
    times = TIMES.copy()
    times[STEPS // 2 :] += minutes * STEP
    return times


def mixed_types() -> Case:
    case = case_of(values_of(4))
    key = SignalKey("ember", "pressure")
    texts = np.array([None, "bad"] * (STEPS // 2), dtype=object)
    values = np.where([text is None for text in texts], case.series[key].values, np.nan)
    return Case(case.series | {key: Series(key, TIMES, values, texts)})


def empty_signals() -> Case:
    nothing = np.empty(0, dtype=np.int64), np.empty(0)
    keys = [SignalKey(CHAIN[n % 5], f"empty{n}") for n in range(10_000)]
    infos = [SignalInfo(key, "empty", "events", 0, START, START, None, None, False) for key in keys]
    case = case_of(values_of(4))
    return Case(case.series | {key: Series(key, *nothing) for key in keys}, infos=infos_of(case.series, AT) + infos)


def gap_across_onset() -> Case:
    case = case_of(values_of(4))
    keep = np.r_[0 : ONSET - 40, ONSET + 20 : STEPS]
    for signal in SIGNALS:
        key = SignalKey("bravo", signal)
        case.series[key] = Series(key, TIMES[keep], case.series[key].values[keep])
    return case


def one_sample_each() -> Case:
    return Case({key: Series(key, TIMES[-1:], np.array([1.0])) for key in values_of(4)})


def long_ago_and_far_ahead() -> Case:
    case = case_of(values_of(4))
    key = SignalKey("ember", "pressure")
    late = to_micros(datetime(9999, 12, 31, tzinfo=UTC))
    times = np.concatenate([[0], TIMES[1:-1], [late]])
    return Case(case.series | {key: Series(key, times, case.series[key].values)})


def of_unknown_twins() -> Case:
    values = values_of(4)
    return case_of(values | {SignalKey(f"ghost{n}", "flow"): values_of(n, "none")[("ember", "flow")] for n in range(3)})


@dataclass(frozen=True)
class Trouble:
    """Bad data, the words in which an answer has to say so, and who is plainly at fault all the same."""

    make: Callable[[], Case]
    says: str = ""
    culprit: str | None = "bravo"


def spoilt(place: Any, value: float) -> Callable[[], Case]:
    return lambda: with_one(put(place, value))


def timed(times: np.ndarray) -> Callable[[], Case]:
    return lambda: with_times(SignalKey("ember", "pressure"), times)


def untroubled(**more: Any) -> Callable[[], Case]:
    return lambda: case_of(values_of(4), **more)


TROUBLE = {
    "no number at all": Trouble(spoilt(slice(None), math.nan), r"ember\.pressure.*\bno (number|value|sample)"),
    "every third not a number": Trouble(spoilt(slice(0, 300, 3), math.nan)),
    "now and then infinite": Trouble(spoilt([5, 250, 299], math.inf)),
    "infinite to the end": Trouble(spoilt(slice(200, None), -math.inf), r"ember\.pressure.*(since|after|gap|missing)"),
    "a billion-fold outlier in the past": Trouble(spoilt(100, 1e10)),
    "a billion-fold outlier since": Trouble(spoilt(280, 1e10)),
    "the largest numbers": Trouble(spoilt([100, 280], 1.7e308)),
    "the smallest numbers": Trouble(spoilt(slice(None), 5e-324)),
    "doubled times": Trouble(timed(np.repeat(TIMES[::2], 2))),
    "unordered times": Trouble(timed(np.random.default_rng(1).permutation(TIMES))),
    "clock jumped forward": Trouble(timed(jumped(60)), r"ember\.pressure.*(after|gap|no sample)"),
    "clock jumped back": Trouble(timed(jumped(-60))),
    "1970 and 9999": Trouble(long_ago_and_far_ahead, r"ember\.pressure.*(1970|gap|no sample)"),
    "one sample each": Trouble(one_sample_each, r"10 (of \d+ )?signals.*(fewer|few|one|1) sample", None),
    "all constant": Trouble(
        lambda: case_of(dict.fromkeys(values_of(4), np.full(STEPS, 3.0))), r"10 (of \d+ )?signals never change", None
    ),
    "a constant among others": Trouble(spoilt(slice(None), 3.0)),
    "gap across the onset": Trouble(gap_across_onset, r"bravo\..*(gap|no sample)"),
    "numbers and text in one": Trouble(mixed_types, r"ember\.pressure.*text"),
    "10,000 empty signals": Trouble(empty_signals, r"10,?000 (of [\d,]+ )?signals have no sample"),
    "cycles and self loops": Trouble(untroubled(edges=(*pairwise(CHAIN), ("ember", "alpha"), ("bravo", "bravo")))),
    "nothing but a self loop": Trouble(untroubled(edges=(("bravo", "bravo"),)), r"no relationship"),
    "no relationships": Trouble(untroubled(edges=()), r"no relationship", None),
    "telemetry of unknown twins": Trouble(of_unknown_twins, r"ghost0.*(graph|unknown)"),
    "no twins at all": Trouble(untroubled(edges=(), twins=()), r"(no twin|n't in the)", None),
    "all after the moment": Trouble(untroubled(at=START - timedelta(days=1)), r"no telemetry up to 2026-02-28", None),
    "before everything": Trouble(untroubled(at=datetime(1, 1, 1, tzinfo=UTC)), r"no telemetry up to 0001-01-01", None),
    "the end of time": Trouble(
        untroubled(at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)), r"(newest|last|since|old|no sample)", None
    ),
    "nothing new for a day": Trouble(untroubled(at=AT + timedelta(days=1)), r"(newest|last|since|old|no sample)", None),
    "no telemetry at all": Trouble(lambda: Case({}), r"no telemetry", None),
    "an orphan is complained of": Trouble(
        untroubled(twins=(*CHAIN, "orphan"), symptoms=(Symptom("orphan"),)), r"orphan", None
    ),
    "half the twins are silent": Trouble(
        lambda: case_of({key: values for key, values in values_of(4).items() if key.twin in CHAIN[2:]}),
        r"(2 twins have no telemetry|alpha)",
        None,
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_an_answer_keeps_its_contract(name: str) -> None:
    case = TROUBLE[name].make()
    keeps_contract(case.ask().as_dict(), case.at)


@pytest.mark.parametrize("name", [name for name, one in TROUBLE.items() if one.says])
def test_an_answer_says_what_is_wrong_with_the_data(name: str) -> None:
    assert re.search(TROUBLE[name].says, said(TROUBLE[name].make().ask().as_dict()))


def test_an_onset_in_a_gap_lies_somewhere_within_it() -> None:
    found = gap_across_onset().ask()
    told = [one for one in found.deviations if one.key.twin == "bravo" and one.kind in ("level", "slope")]
    assert told
    for one in told:
        assert abs((one.onset - from_micros(int(TIMES[ONSET]))).total_seconds()) <= one.onset_uncertainty_s
        assert 1800.0 <= one.onset_uncertainty_s <= 3600.0
    assert found.hypotheses[0].onset is not None
    assert from_micros(int(TIMES[ONSET - 41])) < found.hypotheses[0].onset <= from_micros(int(TIMES[ONSET + 20]))


@pytest.mark.parametrize("name", [name for name, one in TROUBLE.items() if one.culprit])
def test_bad_data_of_one_twin_does_not_hide_the_fault_of_another(name: str) -> None:
    assert TROUBLE[name].make().ask().hypotheses[0].twin == TROUBLE[name].culprit


def test_data_without_trouble_is_not_complained_of() -> None:
    answer = case_of(values_of(4)).ask()
    assert (answer.verdict, answer.hypotheses[0].twin) == ("cause", "bravo")
    assert said(answer.as_dict()) == ""


# --- No data is no healthy plant -------------------------------------------------------------------------------------

DAY = 86_400_000_000


def healthy(count: int, every: int = STEP, **more: Any) -> Case:
    """A plant without a fault, with so many samples of each signal at this distance, asked at the last of them."""
    times = to_micros(START) + every * np.arange(count, dtype=np.int64)
    series = {key: series_of(key, course[:count], times) for key, course in values_of(4, "none").items()}
    return Case(series, **({"at": from_micros(int(times[-1]))} | more))


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Case({}), "There is no telemetry up to"),
        (healthy(STEPS, at=datetime(2020, 1, 1, tzinfo=UTC)), "There is no telemetry up to 2020-01-01"),
        (healthy(STEPS, at=datetime(2036, 1, 1, tzinfo=UTC)), "The newest sample is of 2026-03-01T04:59:00"),
        (healthy(STEPS, at=AT + timedelta(hours=6)), "The newest sample is of 2026-03-01T04:59:00"),
        (healthy(6), "There are at most 6 samples of a signal, over 5 min: too little past"),
        (healthy(40, STEP // 6), "There are at most 40 samples of a signal, over 6.5 min: too little past"),
        (healthy(1), "There is at most 1 sample of a signal"),
    ],
)
def test_no_data_is_no_healthy_plant(case: Case, why: str) -> None:
    for symptoms in ((), (Symptom("ember"),)):
        answer = dataclasses.replace(case, symptoms=symptoms).ask()
        assert answer.verdict == "cannot_tell"
        assert answer.missing[0].startswith(why)
        assert sum(one.startswith(why) for one in answer.missing) == 1
        assert all(one.confidence <= 0.05 for one in answer.hypotheses)


@pytest.mark.parametrize(
    "case",
    [
        healthy(STEPS),
        healthy(STEPS, at=AT + timedelta(minutes=5)),
        healthy(200, DAY),
        healthy(40, DAY),
        healthy(40, DAY, at=START + timedelta(days=41)),
    ],
)
def test_a_healthy_plant_with_current_data_is_healthy_however_seldom_it_is_read(case: Case) -> None:
    assert case.ask().verdict == "nothing_wrong"


def test_a_log_with_events_enough_is_a_past_of_its_own() -> None:
    times = to_micros(START) + STEP * np.arange(30, dtype=np.int64) ** 2
    log = Series(SignalKey("bravo", "state"), times, np.arange(30) % 2.0)
    info = SignalInfo(log.key, "boolean", "events", 30, START, from_micros(int(times[-1])), None, None, True)
    answer = Case({log.key: log}, infos=[info], at=from_micros(int(times[-1]))).ask()
    assert answer.verdict == "nothing_wrong"


@pytest.mark.parametrize(
    "symptom", [Symptom("brav"), Symptom("bravo", "flwo"), Symptom("", ""), Symptom("ghost", "flow")]
)
def test_an_unknown_symptom_is_refused(symptom: Symptom) -> None:
    with pytest.raises(UnknownNameError):
        case_of(values_of(4), symptoms=(symptom,)).ask()


# --- Anything at all ----------------------------------------------------------------------------------------------

ANYTHING = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, -1.0, 1e300, -1e300, math.nan, math.inf, -math.inf]))
MOMENTS = st.integers(to_micros(datetime(1970, 1, 1, tzinfo=UTC)), to_micros(datetime(9999, 12, 31, tzinfo=UTC)))


@st.composite
def wild_series(draw: st.DrawFn, key: SignalKey) -> Series:
    """Samples at any times, in order or not, twice or not, with any numbers and some texts."""
    count = draw(st.integers(0, 40))
    near = st.integers(to_micros(START) - 90 * STEP, to_micros(START) + 90 * STEP)
    times = draw(st.lists(st.one_of(near, near, MOMENTS), min_size=count, max_size=count))
    if draw(st.booleans()):
        times.sort()
    values = draw(st.lists(ANYTHING, min_size=count, max_size=count))
    words = st.lists(st.sampled_from([None, "auto", "hand", ""]), min_size=count, max_size=count)
    texts = np.array(draw(words), dtype=object) if draw(st.booleans()) else None
    return Series(key, np.array(times, dtype=np.int64), np.array(values, dtype=np.float64), texts)


@st.composite
def wild_cases(draw: st.DrawFn) -> Case:
    """Any few signals over any graph of the known twins, complained of or not."""
    names = st.sampled_from([*CHAIN, "ghost"])
    keys = draw(st.lists(st.tuples(names, st.sampled_from([*SIGNALS, "alarm_high", "ünï.t"])), max_size=6, unique=True))
    series = {SignalKey(*key): draw(wild_series(SignalKey(*key))) for key in keys}
    edges = draw(st.lists(st.tuples(st.sampled_from(CHAIN), st.sampled_from(CHAIN)), max_size=8))
    symptoms = tuple(Symptom(twin) for twin in draw(st.lists(st.sampled_from(CHAIN), max_size=2)))
    at = draw(st.one_of(st.just(START), st.just(AT), MOMENTS.map(from_micros)))
    return Case(series, tuple(edges), CHAIN, symptoms, at)


@many
@given(wild_cases())
def test_anything_gets_an_answer_that_keeps_its_contract(case: Case) -> None:
    keeps_contract(case.ask().as_dict(), case.at)


@few
@given(arrays(np.float64, (STEPS, 2), elements=ANYTHING), st.integers(0, 9))
def test_any_numbers_on_a_steady_clock_keep_the_contract(values: np.ndarray, seed: int) -> None:
    keys = list(values_of(0))[:2]
    wild = {key: values[:, column] for column, key in enumerate(keys)}
    keeps_contract(case_of(values_of(seed) | wild).ask().as_dict())


# --- What the answer may not depend on ----------------------------------------------------------------------------

SHUFFLES = st.integers(0, 1_000_000)
PLANTS = st.tuples(st.integers(0, 10_000), st.sampled_from(FAULTS), st.integers(0, 4))


@few
@given(PLANTS, SHUFFLES)
def test_the_order_of_signals_twins_and_relationships_does_not_matter(
    plant: tuple[int, str, int], shuffle: int
) -> None:
    case, chance = case_of(values_of(*plant)), random.Random(shuffle)
    series, edges, twins = list(case.series.items()), list(case.edges), list(case.twins)
    for one in (series, edges, twins):
        chance.shuffle(one)
    assert essence(Case(dict(series), tuple(edges), tuple(twins)).ask()) == essence(case.ask())


@few
@given(PLANTS, st.permutations(["zulu", "yankee", "a.b", "Ä 1", "0"]))
def test_other_names_for_the_twins_permute_the_answer(plant: tuple[int, str, int], names: list[str]) -> None:
    case = case_of(values_of(*plant), symptoms=(Symptom("ember", "flow"),))
    told = dict(zip(CHAIN, names, strict=True))
    renamed = {key._replace(twin=told[key.twin]): one for key, one in case.series.items()}
    other = Case(
        {key: Series(key, one.times, one.values) for key, one in renamed.items()},
        tuple((told[begin], told[end]) for begin, end in case.edges),
        tuple(names),
        (Symptom(told["ember"], "flow"),),
    )
    assert essence(other.ask()) == essence(case.ask(), told)


def in_units(plant: tuple[int, str, int], signals: Sequence[SignalKey], scale: float, shift: float) -> Case:
    values = values_of(*plant)
    return case_of(values | {key: scale * values[key] + shift for key in signals})


UNITS = st.sampled_from([1000.0, 0.001, 1e-6, 1.8, 1e-15, 1e15])


@few
@example((4822, "spread", 0), 1e-15, [SignalKey("alpha", "flow")])  # an oscillation far below 1e-9
@given(PLANTS, UNITS, st.lists(st.sampled_from(list(values_of(0))), min_size=1, unique=True))
def test_another_unit_does_not_matter(plant: tuple[int, str, int], scale: float, signals: list[SignalKey]) -> None:
    assert essence(in_units(plant, signals, scale, 0.0).ask()) == essence(case_of(values_of(*plant)).ask())


@few
@given(PLANTS, UNITS, st.sampled_from([273.15, -5000.0, 1e5]), st.sampled_from(list(values_of(0))))
def test_another_zero_does_not_matter(
    plant: tuple[int, str, int], scale: float, shift: float, signal: SignalKey
) -> None:
    # The shift is in the new unit, scaled with it: °C to K, gauge to absolute pressure.
    changed = in_units(plant, [signal], scale, shift * scale)
    assert essence(changed.ask()) == essence(case_of(values_of(*plant)).ask())


@few
@given(PLANTS, st.integers(20, STEPS - 1), arrays(np.float64, (60, 10), elements=ANYTHING))
def test_nothing_after_the_moment_is_read(plant: tuple[int, str, int], upto: int, later: np.ndarray) -> None:
    at = from_micros(int(TIMES[upto - 1]))
    known = {key: series_of(key, course[:upto], TIMES[:upto]) for key, course in values_of(*plant).items()}
    after = int(TIMES[upto - 1]) + 1 + 7_000_000 * np.arange(len(later), dtype=np.int64)
    longer = {
        key: series_of(key, np.append(one.values, later[:, column]), np.append(one.times, after))
        for column, (key, one) in enumerate(known.items())
    }
    new = SignalKey("ember", "commissioned later")
    assert Case({**longer, new: series_of(new, later[:, 0], after)}, at=at).ask() == Case(known, at=at).ask()


# --- The same through the command, from files -----------------------------------------------------------------------

MODELS = [
    {
        "@context": "dtmi:dtdl:context;3",
        "@id": MODEL,
        "@type": "Interface",
        "contents": [
            *({"@type": "Telemetry", "name": signal, "schema": "double"} for signal in SIGNALS),
            {"@type": "Relationship", "name": "feeds"},
        ],
    }
]
HEADER = "timestamp,twin,signal,value,text"
Rows = list[str]
ROWS: Rows = [
    f"{iso(from_micros(int(time)))},{key.twin},{key.signal},{value},"
    for key, course in values_of(4).items()
    for time, value in zip(TIMES, course, strict=True)
]


def write_plant(folder: Path, rows: Rows, twins: Sequence[str] = CHAIN, edges: Sequence[tuple[str, str]] = ()) -> Path:
    (folder / "telemetry").mkdir(parents=True)
    joined = [
        {"$relationshipId": f"r{n}", "$sourceId": begin, "$targetId": end, "$relationshipName": "feeds"}
        for n, (begin, end) in enumerate(edges or pairwise(CHAIN))
    ]
    graph = {
        "digitalTwins": [{"$dtId": twin, "$metadata": {"$model": MODEL}} for twin in twins],
        "relationships": joined,
    }
    document = {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": graph,
        "digitalTwinsModels": MODELS,
    }
    (folder / "graph.json").write_text(json.dumps(document))
    (folder / "twinwright.toml").write_text('[relationships]\nfeeds = "forward"\n')
    (folder / "telemetry" / "rows.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return folder


def no_constant(name: str) -> float:
    raise AssertionError(f"{name} is no JSON")


def diagnosed(folder: Path, capsys: pytest.CaptureFixture[str], *words: str, at: datetime = AT) -> dict[str, Any]:
    """What `twinwright diagnose --json` prints; one document of strict JSON."""
    assert main(["diagnose", "-C", str(folder), "--at", iso(at), "--json", *words]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=no_constant)
    keeps_contract(answer, at)
    return answer


def replaced(value: str, every: int = 1, text: str = "") -> Rows:
    """ember.pressure with another value (and text) in every so many rows."""
    own = [number for number, row in enumerate(ROWS) if ",ember,pressure," in row][::every]
    rows = list(ROWS)
    for number in own:
        rows[number] = f"{rows[number].split(',')[0]},ember,pressure,{value},{text}"
    return rows


FILES: dict[str, tuple[Rows, str | None]] = {
    "not a number": (replaced("nan"), "bravo"),
    "infinity": (replaced("inf", 7), "bravo"),
    "minus infinity": (replaced("-Infinity", 50), "bravo"),
    "nothing": (replaced("", 2), "bravo"),
    "words among the numbers": (replaced("n/a", 10), "bravo"),
    "states among the numbers": (replaced("", 10, "manual"), "bravo"),
    "states alone": (replaced("", 1, "manual"), "bravo"),
    "a billion-fold outlier": (replaced("1e10", 150), "bravo"),
    "times without a zone": ([*ROWS, "2026-03-01T00:00:30,ember,flow,1,"], "bravo"),
    "1970": ([*ROWS, "1970-01-01T00:00:00Z,ember,flow,1,"], "bravo"),
    "9999": ([*ROWS, "9999-12-31T23:59:59Z,ember,flow,1,"], "bravo"),
    "unknown twins": ([*ROWS, *(row.replace("ember", "ghost") for row in ROWS if ",ember," in row)], "bravo"),
    "many empty signals": ([*ROWS, *(f"{iso(START)},ember,s{n},," for n in range(10_000))], "bravo"),
    "one row": (ROWS[:1], None),
    "no rows": ([], None),
}


@pytest.mark.parametrize("name", FILES)
def test_a_spoilt_file_is_answered(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, culprit = FILES[name]
    answer = diagnosed(write_plant(tmp_path / "plant", rows), capsys)
    if culprit:
        assert answer["hypotheses"][0]["twin"] == culprit
    else:
        assert answer["verdict"] != "cause"


@pytest.mark.parametrize(("seed", "twice"), [(1, 0), (2, 0), (3, 1), (4, 500)])
def test_the_order_of_rows_and_rows_twice_do_not_matter(
    seed: int, twice: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    rows = [*ROWS, *chance.choices(ROWS, k=twice)]
    chance.shuffle(rows)
    plain = diagnosed(write_plant(tmp_path / "plain", ROWS), capsys)
    assert diagnosed(write_plant(tmp_path / "mixed", rows), capsys) == plain


@pytest.mark.parametrize("at", [AT, AT - timedelta(minutes=30), START + timedelta(minutes=5)])
def test_rows_after_the_moment_do_not_matter(at: datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upto = [row for row in ROWS if datetime.fromisoformat(row.split(",")[0]) <= at]
    chance = random.Random(5)
    later = [
        f"{iso(at + timedelta(seconds=chance.uniform(1, 9e5)))},{chance.choice(CHAIN)},{signal},{value},"
        for signal in (*SIGNALS, "new")
        for value in [*np.random.default_rng(5).normal(0.0, 1e6, 200), "nan", "inf", "1e300"]
    ]
    plain = diagnosed(write_plant(tmp_path / "plain", upto), capsys, at=at)
    assert diagnosed(write_plant(tmp_path / "later", [*upto, *later]), capsys, at=at) == plain


def test_before_everything_there_is_nothing_to_tell_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = diagnosed(write_plant(tmp_path / "plant", ROWS), capsys, at=datetime(1970, 1, 1, tzinfo=UTC))
    assert answer["verdict"] != "cause" and "no telemetry up to 1970-01-01" in said(answer)


def test_a_plant_without_a_usable_row_is_not_called_healthy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = diagnosed(write_plant(tmp_path / "plant", [row.replace("+00:00", "") for row in ROWS]), capsys)
    assert answer["verdict"] == "cannot_tell"
    assert answer["missing"][0].startswith("There is no telemetry up to")


def test_cycles_and_self_loops_are_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges = (*pairwise(CHAIN), ("ember", "alpha"), ("carol", "carol"))
    answer = diagnosed(write_plant(tmp_path / "plant", ROWS, edges=edges), capsys, "--symptom", "ember.flow")
    assert answer["hypotheses"][0]["twin"] == "bravo"


def test_an_orphan_may_be_complained_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_plant(tmp_path / "plant", ROWS, twins=(*CHAIN, "orphan"))
    diagnosed(folder, capsys, "--symptom", "orphan")
    diagnosed(folder, capsys, "--symptom", "orphan.flow")  # declared by its model, never recorded


@pytest.mark.parametrize(("symptom", "near"), [("brvo", "bravo"), ("bravo.flwo", "flow"), ("nowhere.flow", None)])
def test_an_unknown_symptom_is_bad_input(
    symptom: str, near: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_plant(tmp_path / "plant", ROWS[:20])
    assert main(["diagnose", "-C", str(folder), "--at", iso(AT), "--symptom", symptom, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert near is None or any(near in one for one in error["suggestions"])
