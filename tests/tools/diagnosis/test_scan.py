"""When a departure began: through the gaps that a stop or noise leaves in it, and no earlier."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.diagnosis.grid import Floats
from twinwright_tools.diagnosis.scan import SCALES, Scan, scan

STEPS, REFERENCE = 600, 300
SEEDS = st.integers(0, 2**32 - 1)


def noise(seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=STEPS)


def seen(course: Floats, reference: int = REFERENCE) -> Scan:
    return scan(course[:, None], reference)


def onset(course: Floats, reference: int = REFERENCE) -> int:
    return int(seen(course, reference).onset[0])


def drift(begin: int, rate: float) -> Floats:
    return rate * np.maximum(np.arange(STEPS, dtype=np.float64) - begin, 0.0)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(5, 25))
def test_drift_goes_on_through_a_stop(seed: int, stop: int) -> None:
    gone = drift(400, -0.5)
    gone[450 : 450 + stop] = 0.0  # the line rests: nothing to be seen of it
    assert 400 <= onset(noise(seed) + gone) <= 420


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans())
def test_what_begins_after_a_stop_begins_there(seed: int, upwards: bool) -> None:
    course = noise(seed) + drift(475, 0.5 if upwards else -0.5)
    course[450:475] *= 0.1
    assert 475 <= onset(course) <= 495


def test_one_excursion_long_before_is_not_its_beginning() -> None:
    course = noise(1) + drift(450, 0.5)
    course[380:390] += 20.0
    assert 450 <= onset(course) <= 470


def test_slow_turn_of_the_past_is_not_a_large_departures_beginning() -> None:
    course = noise(1) + drift(450, 1.0)
    course[400:440] -= 3.5  # hardly beyond the past, and little beside what follows
    assert 450 <= onset(course) <= 470


def test_departure_that_swings_to_the_other_side_is_one() -> None:
    course = noise(1)
    course[400:420] -= 15.0
    course[420:] += 30.0
    assert onset(course) == 400


def test_departure_to_the_other_side_before_a_rest_is_another_one() -> None:
    course = noise(1) + drift(450, 0.5)
    course[380:445] -= 10.0
    assert 450 <= onset(course) <= 470


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_small_step_is_dated_by_the_scale_that_shows_it(seed: int) -> None:
    course = noise(seed)
    course[400:] += 2.5  # single steps seldom leave the past
    course[560] += 8.0  # … but this one does
    found = seen(course)
    assert 398 <= found.onset[0] <= 424
    assert found.width[0] in SCALES


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_what_begins_before_the_reference_ends_is_no_limit_for_itself(seed: int) -> None:
    assert 430 <= onset(noise(seed) + drift(430, 0.8), 440) < 440


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(301, 590), st.floats(6.0, 50.0), st.integers(1, 3))
def test_onset_is_within_reach_of_a_step(seed: int, begin: int, size: float, columns: int) -> None:
    course = np.random.default_rng(seed).normal(size=(STEPS, columns))
    course[begin:] += size
    found = scan(course, REFERENCE)
    assert np.all(found.onset <= found.peak)
    assert np.all(found.onset - begin <= 3)
    # Noise that strays just before a step is dated with it, by a mean over many steps: by chance, and no further back.
    assert np.all(begin - found.onset <= 2 * max(SCALES))


def test_hardly_a_step_is_dated_too_early_by_noise() -> None:
    rng = np.random.default_rng(11)
    late = []
    for begin in range(310, 590, 2):
        course = rng.normal(size=(STEPS, 10))
        course[begin:] += rng.uniform(6.0, 50.0, 10)
        late += (scan(course, REFERENCE).onset - begin).tolist()
    assert np.mean(np.abs(late) <= 3) >= 0.999  # of 1,400
