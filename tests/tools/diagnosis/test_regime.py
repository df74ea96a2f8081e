"""Signals judged in the operating regime that the plant is in."""

from __future__ import annotations

import numpy as np

from twinwright_tools.diagnosis.regime import adjusted, regimes
from twinwright_tools.telemetry.series import Series, SignalKey

STEP = 60_000_000
ENDS = STEP * np.arange(400, dtype=np.int64)
PRODUCT = SignalKey("line", "product")
SCOPES = {"line": frozenset({"line", "filler"})}


def log_of(changes: dict[int, str]) -> Series:
    times = STEP * np.array(list(changes), dtype=np.int64)
    return Series(PRODUCT, times, np.full(len(times), np.nan), np.array(list(changes.values()), dtype=object))


def temperature(changes: dict[int, str], levels: dict[str, float]) -> np.ndarray:
    steps = list(changes)
    course = np.random.default_rng(1).normal(0.0, 0.1, len(ENDS))
    for begin, end in zip(steps, [*steps[1:], len(ENDS)], strict=True):
        course[begin:end] += levels[changes[begin]]
    return course[:, None]


def test_what_the_product_explains_is_taken_out() -> None:
    changes = {0: "cola", 80: "water", 160: "cola", 240: "water", 320: "cola"}
    found = regimes([log_of(changes)], ENDS)
    assert [(one.key, one.count) for one in found] == [(PRODUCT, 2)]
    course = temperature(changes, {"cola": 4.0, "water": 12.0})
    even = adjusted(course, [SignalKey("filler", "temperature")], found, SCOPES, 300)
    assert course.std() > 3.0 and even.std() < 0.2


def test_only_twins_within_the_scope_and_only_what_is_explained_well() -> None:
    changes = {0: "cola", 80: "water", 160: "cola", 240: "water", 320: "cola"}
    found = regimes([log_of(changes)], ENDS)
    course = temperature(changes, {"cola": 4.0, "water": 12.0})
    assert adjusted(course, [SignalKey("chiller", "load")], found, SCOPES, 300) is course
    noise = np.random.default_rng(2).normal(size=(len(ENDS), 1))
    assert adjusted(noise, [SignalKey("filler", "speed")], found, SCOPES, 300) is noise


def test_a_regime_never_seen_before_gives_less_to_compare_with() -> None:
    changes = {0: "cola", 100: "water", 200: "cola", 320: "juice"}
    course = temperature(changes, {"cola": 4.0, "water": 12.0, "juice": 20.0})
    even = adjusted(course, [SignalKey("filler", "temperature")], regimes([log_of(changes)], ENDS), SCOPES, 310)
    middle = np.median(course[:310])
    assert abs(even[-1, 0] - middle) < 0.6 * abs(course[-1, 0] - middle)


def test_what_changes_all_the_time_is_no_regime() -> None:
    assert not regimes([log_of({step: "ab"[step // 3 % 2] for step in range(0, 400, 3)})], ENDS)
    assert not regimes([log_of({0: "cola"})], ENDS)
