"""Every fault is nothing before its onset, shows on its own twin after it, and reaches line 3's throughput."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from twinwright_plant.faults import FAULTS
from twinwright_plant.make import END, WARM_UP
from twinwright_plant.physics.simulate import Run
from twinwright_plant.schedule import STEP_S
from twinwright_plant.signals import all_signals
from twinwright_plant.truth import Truth

RunOf = Callable[[str | None, int], tuple[Run, Truth]]
EACH = pytest.mark.parametrize("fault", FAULTS)


def onset_step(run: Run, truth: Truth) -> int:
    """The step at which the fault begins."""
    assert truth.onset is not None
    return len(run.schedule.times) - 1 - round((END - truth.onset).total_seconds() / STEP_S)


def test_ids_and_modes_are_words() -> None:
    assert len(FAULTS) >= 8
    for fault in FAULTS.values():
        assert fault.id.replace("-", "").isalpha()
        assert fault.mode.replace("_", "").isalpha()


@EACH
def test_it_is_nothing_before_its_onset_and_shows_after_it(run_of: RunOf, fault: str) -> None:
    healthy, _ = run_of(None, 1)
    broken, truth = run_of(fault, 1)
    onset = onset_step(broken, truth)
    assert WARM_UP < onset < len(broken.schedule.times) - 360
    assert_same_before(healthy, broken, onset)
    assert_shows_on_its_signal(healthy, broken, truth, onset)
    ratio = [run.lines[2]["rate_packer"][-360:].mean() for run in (broken, healthy)]
    assert ratio[0] / ratio[1] < 0.92, "it doesn't reach the throughput of line 3"


def assert_same_before(healthy: Run, broken: Run, onset: int) -> None:
    """Every recorded quantity is the same, bit for bit, up to and including the step of the onset."""
    before = slice(0, onset + 1)
    for name, values in broken.plant.items():
        assert np.array_equal(values[before], healthy.plant[name][before]), name
    for line, sound in zip(broken.lines, healthy.lines, strict=True):
        for name, values in line.items():
            assert np.array_equal(values[before], sound[name][before]), name


def assert_shows_on_its_signal(healthy: Run, broken: Run, truth: Truth, onset: int) -> None:
    """The signal that the truth names moves by far more than its noise."""
    key = (truth.twin, truth.signal)
    shown = next(each for each in all_signals(broken)[0] if (each.twin, each.signal) == key)
    sound = next(each.values for each in all_signals(healthy)[0] if (each.twin, each.signal) == key)
    away = np.abs(shown.values - sound)
    noise = shown.noise + shown.relative * abs(float(np.median(sound[WARM_UP:onset])))
    assert np.median(away[-60:]) > 8.0 * noise
    assert away[: onset + 1].max() == 0.0


@EACH
def test_it_grows_with_severity_and_time(fault: str) -> None:
    broken = FAULTS[fault]
    assert broken.degree(1.0, 0.0) == 0.0
    assert broken.degree(0.5, 2.0) < broken.degree(1.0, 2.0) <= broken.degree(1.0, 6.0) <= 1.0


def test_a_leak_on_line_3_leaves_the_other_lines_alone(run_of: RunOf) -> None:
    healthy, _ = run_of(None, 1)
    broken, _ = run_of("air-leak", 1)
    for line in (0, 1):
        packed = broken.lines[line]["packed"][-1] / healthy.lines[line]["packed"][-1]
        assert packed == pytest.approx(1.0, abs=0.01)
