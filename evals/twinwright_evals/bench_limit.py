"""`python -m twinwright_evals.bench_limit`: time to limit on simulated drifts whose crossing is known.

Three ways see the same samples: `time_to_limit`; ordinary least squares over the whole history, with Fieller's interval
of the textbooks; and the last value carried on with the mean slope, which has no interval. The truth is when the
noiseless curve first crosses. Seeds below 1000 are for development; what is printed by default starts at 1000.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal, stats

from twinwright_tools.prognosis.engine import time_to_limit

Values = npt.NDArray[np.float64]
Curve = Callable[[Values], Values]

DAY_S = 86_400.0
_LEVEL = 0.8
# A history of ten days is asked about the twenty days that follow; a drift climbs by 1 over the history.
_PAST, _AHEAD = 10.0, 20.0
_LATEST = 8.0
_FUTURE = np.linspace(0.0, _AHEAD, 40_001)[1:]


@dataclass(frozen=True)
class Case:
    """One simulated history: days (n,) up to 0, values (n,), an upper limit, and the true crossing in days or None."""

    days: Values
    values: Values
    limit: float
    crossing: float | None


@dataclass(frozen=True)
class Told:
    """What a way answered: days until the crossing and an interval; None for no answer."""

    crossing: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """Shares over the runs of one scenario by one way; None where nothing can be said."""

    scenario: str
    way: str
    runs: int
    answered: float
    covered: float | None
    median_error: float | None
    seconds: float


def _memory_noise(rng: np.random.Generator, days: Values, lasting: float) -> Values:
    """Noise of standard deviation 1, AR(1) with a correlation time of `lasting` days."""
    rho = math.exp(-float(np.diff(days).mean()) / lasting)
    start = rng.standard_normal() * rho
    steps = rng.standard_normal(len(days)) * math.sqrt(1 - rho**2)
    return np.asarray(signal.lfilter([1.0], [1.0, -rho], steps, zi=[start])[0])


def _linear(rng: np.random.Generator) -> Curve:
    return lambda days: days / _PAST


def _accelerating(rng: np.random.Generator) -> Curve:
    rate = rng.uniform(0.8, 2.5) / _PAST
    if rng.random() < 0.5:
        return lambda days: (np.exp(rate * days) - 1) / (1 - math.exp(-rate * _PAST))
    power = rng.uniform(1.5, 2.5)
    return lambda days: np.maximum(1 + days / _PAST, 0.0) ** power - 1


def _saturating(rng: np.random.Generator) -> Curve:
    rate = rng.uniform(1.5, 4.0) / _PAST
    return lambda days: (1 - np.exp(-rate * days)) / (math.exp(rate * _PAST) - 1)


def _knee(rng: np.random.Generator) -> Curve:
    since = rng.uniform(0.25, 0.6) * _PAST
    return lambda days: np.maximum(days + since, 0.0) / since


def _renewed(rng: np.random.Generator) -> Curve:
    since = rng.uniform(0.3, 0.6) * _PAST
    return lambda days: np.where(days < -since, 1.5 + days / _PAST, (days + since) / _PAST)


def _daily(rng: np.random.Generator) -> Curve:
    height, phase = rng.uniform(0.2, 0.8), rng.uniform(0, 2 * np.pi)
    return lambda days: (
        days / _PAST + height * (np.sin(2 * np.pi * days + phase) + 0.3 * np.sin(4 * np.pi * days + 2 * phase))
    )


def _flat(rng: np.random.Generator) -> Curve:
    return lambda days: np.zeros_like(days)


def _flat_daily(rng: np.random.Generator) -> Curve:
    height, phase = rng.uniform(0.2, 0.8), rng.uniform(0, 2 * np.pi)
    return lambda days: height * np.sin(2 * np.pi * days + phase)


@dataclass(frozen=True)
class Scenario:
    """A kind of history: its curve, the noise's range of standard deviations and of correlation times (days)."""

    name: str
    curve: Callable[[np.random.Generator], Curve]
    noise: tuple[float, float] = (0.03, 0.15)
    lasting: tuple[float, float] | None = None
    never: bool = False


SCENARIOS = (
    Scenario("linear", _linear),
    Scenario("accelerating", _accelerating),
    Scenario("saturating, crosses", _saturating),
    Scenario("noisy, AR(1)", _linear, (0.1, 0.25), (0.05, 0.5)),
    Scenario("daily cycle", _daily),
    Scenario("knee", _knee),
    Scenario("renewed (sawtooth)", _renewed),
    Scenario("saturating, never", _saturating, never=True),
    Scenario("none, white noise", _flat, (0.1, 0.5), never=True),
    Scenario("none, AR(1)", _flat, (0.1, 0.5), (0.05, 0.5), never=True),
    Scenario("none, daily cycle", _flat_daily, (0.1, 0.3), never=True),
)


def simulate(scenario: Scenario, seed: int) -> Case:
    """One history of a scenario. The limit lies where the noiseless curve is at some time in the next eight days.

    Where it is never reached, it lies beyond the curve's own past and future by two to five times the noise, and by a
    fifth of a usual climb at least.
    """
    rng = np.random.default_rng(seed)
    days = np.linspace(-_PAST, 0.0, int(rng.choice([300, 1000, 5000])))
    curve = scenario.curve(rng)
    size = rng.uniform(*scenario.noise)
    noise = rng.standard_normal(len(days))
    if scenario.lasting is not None:
        noise = _memory_noise(rng, days, rng.uniform(*scenario.lasting))
    ahead = curve(_FUTURE)
    if scenario.never:
        limit = float(max(ahead.max(), curve(days).max())) + max(size * rng.uniform(2, 5), 0.2)
        return Case(days, curve(days) + size * noise, limit, None)
    lowest, highest = float(curve(days[days > -1]).max()) + 0.05, float(ahead[_FUTURE <= _LATEST].max())
    limit = rng.uniform(lowest, max(highest, lowest))
    beyond = np.flatnonzero(ahead >= limit)
    return Case(days, curve(days) + size * noise, limit, float(_FUTURE[beyond[0]]) if len(beyond) else None)


def ours(case: Case) -> Told | None:
    """`time_to_limit`, which sees times and values only."""
    micros = np.round(case.days * DAY_S * 1e6).astype(np.int64)
    found = time_to_limit(micros, case.values, 0, case.limit, "rising", _AHEAD * DAY_S, _LEVEL)
    if found.crossing is None or found.low is None or found.high is None:
        return None
    return Told(*(each / 1e6 / DAY_S for each in (found.crossing, found.low, found.high)))


def least_squares(case: Case) -> Told | None:
    """A straight line through everything; an answer where its slope is significant at 5 % and it crosses in time.

    The interval is that of the fitted mean's crossing: E. C. Fieller, "Some problems in interval estimation", J. R.
    Stat. Soc. B 16 (1954) 175-185.
    """
    count, middle = len(case.days), case.days.mean()
    x = case.days - middle
    sxx = float(np.sum(x**2))
    slope, mean = float(np.sum(x * case.values)) / sxx, float(case.values.mean())
    noise2 = float(np.sum((case.values - mean - slope * x) ** 2)) / (count - 2)
    crossing = (case.limit - mean) / slope + middle
    if slope <= 0 or slope / math.sqrt(noise2 / sxx) < stats.t.ppf(0.975, count - 2) or crossing > _AHEAD:
        return None
    quantile2 = float(stats.t.ppf((1 + _LEVEL) / 2, count - 2)) ** 2
    gap = case.limit - mean
    a, b, c = slope**2 - quantile2 * noise2 / sxx, -2 * slope * gap, gap**2 - quantile2 * noise2 / count
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    return Told(max(crossing, 0.0), (-b - root) / (2 * a) + middle, (-b + root) / (2 * a) + middle)


def mean_slope(case: Case) -> Told | None:
    """The last value carried on with the mean slope from the first to the last one."""
    slope = float(case.values[-1] - case.values[0]) / _PAST
    wait = max(case.limit - float(case.values[-1]), 0.0) / slope if slope > 0 else math.inf
    return Told(wait) if wait <= _AHEAD else None


WAYS: dict[str, Callable[[Case], Told | None]] = {
    "time_to_limit": ours,
    "least squares": least_squares,
    "mean slope": mean_slope,
}


def run(seeds: Sequence[int], scenarios: Sequence[Scenario] = SCENARIOS) -> list[Row]:
    """Every scenario by every way."""
    rows = []
    gathered: dict[tuple[str, str], tuple[list[Case], list[Told | None], float]] = {}
    for scenario in scenarios:
        cases = [simulate(scenario, seed) for seed in seeds]
        for name, way in WAYS.items():
            began = time.perf_counter()
            told = [way(case) for case in cases]
            seconds = (time.perf_counter() - began) / len(cases)
            rows.append(_row(scenario.name, name, cases, told, seconds))
            kind = "**all that never cross**" if scenario.never else "**all that cross**"
            so_far = gathered.setdefault((kind, name), ([], [], 0.0))
            gathered[kind, name] = (so_far[0] + cases, so_far[1] + told, so_far[2] + seconds * len(cases))
    for (kind, name), (cases, answers, whole) in gathered.items():
        rows.append(_row(kind, name, cases, answers, whole / len(cases)))
    return rows


def _row(scenario: str, way: str, cases: Sequence[Case], told: Sequence[Told | None], seconds: float) -> Row:
    answers = [(case.crossing, one) for case, one in zip(cases, told, strict=True) if one is not None]
    known = [(truth, one) for truth, one in answers if truth is not None]
    inside = [one.low <= truth <= one.high for truth, one in known if one.low is not None and one.high is not None]
    errors = [abs(one.crossing - truth) / truth for truth, one in known]
    return Row(
        scenario,
        way,
        len(cases),
        len(answers) / len(cases),
        float(np.mean(inside)) if inside else None,
        float(np.median(errors)) if errors else None,
        seconds,
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """The table: shares of runs answered, of answers whose interval held the truth, and the median relative error."""
    lines = [
        "| drift | way | answered | 80 % interval held the truth | median error | ms a case |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        covered = "–" if row.covered is None else f"{row.covered:.2f}"
        error = "–" if row.median_error is None else f"{row.median_error:.0%}"
        lines.append(
            f"| {row.scenario} | {row.way} | {row.answered:.2f} | {covered} | {error} | {row.seconds * 1e3:.3g} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints the table (or JSON)."""
    parser = argparse.ArgumentParser(description="Time to limit on simulated drifts.")
    parser.add_argument("--runs", type=int, default=200, help="histories per kind of drift")
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = run(range(asked.first_seed, asked.first_seed + asked.runs))
    if asked.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    print(f"{asked.runs} histories a kind, seeds from {asked.first_seed}; 10 days of history, asked 20 days ahead.\n")
    print(as_markdown(rows))


if __name__ == "__main__":
    main()
