"""A failure mode tried in a model: does it explain what was measured since the onset, and better than no failure does?

The model's own error on the healthy past is the yardstick. Each output's errors are divided by it, so an error of 1 is
"as good as when nothing was wrong", and outputs of different units can be put together (root mean square).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import InputError
from ..times import iso
from .attachment import Attachment, Mode, attachment_of
from .process import LIMIT_S
from .simulate import Comparison, Runner, Simulation, Tell, open_model

if TYPE_CHECKING:
    from ..plant import Plant

Verdict = Literal["for", "against", "undecided"]
PAST = timedelta(hours=8)
LEAST_PAST = timedelta(hours=1)
MOST_SINCE = timedelta(hours=12)
LEAST_SINCE = timedelta(minutes=10)
NO_ONSET = timedelta(hours=2)
# A slow failure shows late, so the healthy past ends this long before the onset (a quarter of the past at most).
GUARD = timedelta(hours=2)
# A healthy model whose error grew less than this since the onset leaves a failure nothing to explain.
GROWN = 1.5
# Share of the grown mean square error that a mode takes away: above, it speaks for the mode; below, against it.
EXPLAINS, EXPLAINS_LITTLE = 0.75, 0.25
_GRID = 7
_SOUND = "Since the onset the sound model's error is {:.3g} times its own on the healthy past"
_REFINED = 12


@dataclass(frozen=True)
class OutputErrors:
    """RMSE of one output in its unit: of the healthy model before and since the onset, and of the mode since then."""

    name: str
    signal: str
    unit: str | None
    before: float
    healthy: float
    mode: float | None

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "name": self.name,
            "signal": self.signal,
            "unit": self.unit,
            "rmse_healthy_before": self.before,
            "rmse_healthy_since": self.healthy,
            "rmse_mode_since": self.mode,
        }


@dataclass(frozen=True)
class WhatIf:
    """What came out.

    Attributes:
        onset: since when the mode was assumed.
        severity: 0 (mildest of its range) to 1 (worst), fitted; None where the mode has no range.
        parameters: what the mode set, by parameter, at that severity.
        healthy_error, mode_error: error since the onset as a multiple of the model's own on the healthy past; None
            where nothing could be judged.
        explained: share of the grown mean square error that the mode takes away, 0 to 1; None where nothing grew, and
            the mode then wasn't run.
        text: one or two sentences for people; every figure in it stands in the fields.
        before, healthy, mode_run: the runs behind it; None where they weren't made.
    """

    twin: str
    mode: str
    attachment: Attachment
    verdict: Verdict
    text: str
    onset: datetime
    severity: float | None = None
    parameters: dict[str, float] | None = None
    healthy_error: float | None = None
    mode_error: float | None = None
    explained: float | None = None
    outputs: tuple[OutputErrors, ...] = ()
    before: Simulation | None = None
    healthy: Simulation | None = None
    mode_run: Simulation | None = None

    def evidence(self) -> dict[str, Any]:
        """The row that a diagnosis can cite, once it has given it an id."""
        own = [one for one in self.outputs if one.signal.startswith(f"{self.twin}.")]
        loudest = max(own, key=lambda one: one.healthy / one.before, default=None)
        return {
            "id": None,
            "kind": "what_if",
            "twin": self.twin,
            # The twin's signal that the sound model fails most.
            "signal": loudest.signal.removeprefix(f"{self.twin}.") if loudest else None,
            "text": self.text,
            "mode": self.mode,
            "verdict": self.verdict,
            "onset": iso(self.onset),
            "severity": self.severity,
            "parameters": self.parameters or {},
            "healthy_error": self.healthy_error,
            "mode_error": self.mode_error,
            "explained": self.explained,
            "outputs": [one.as_dict() for one in self.outputs],
        }

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `twinwright simulate --mode`: the evidence, and the mode's run beside what was measured."""
        return {"what_if": self.evidence(), "simulation": self.mode_run.as_dict() if self.mode_run else None}


def compare_hypothesis(
    plant: Plant,
    twin: str,
    mode: str,
    *,
    onset: datetime | None = None,
    end: datetime | None = None,
    limit_s: float = LIMIT_S,
    only: str | None = None,
    tell: Tell = lambda text: None,
) -> WhatIf:
    """Tries a failure mode of a twin in the model attached to it.

    Args:
        onset: since when it is assumed; where the diagnosis sees the compared signals leave their past, if None.
        end: until when; the plant's time limit if None. At most 12 h since the onset are compared.
        limit_s: seconds for all runs of the model together.
        only: one of the attachment's model files by name.

    Raises:
        UnknownNameError: there is no such twin, or no such mode in its model.
        ConfigError: no model is attached to the twin, or its attachment is wrong.
        SimulationError: the model can't be run.
    """
    attachment = attachment_of(plant, twin, mode)
    end = min(end or plant.at, plant.at)
    if onset is None:
        tell("looking for the onset")
        onset = _onset(plant, attachment)
    assumed = ""
    if onset is None:
        onset = end - NO_ONSET
        assumed = f"No compared signal has left its past, so the last {NO_ONSET.seconds // 3600} h are looked at. "
    end = min(end, onset + MOST_SINCE)
    with open_model(plant, attachment, limit_s=limit_s, only=only, tell=tell) as runner:
        found = _compare(runner, twin, mode, onset, end)
    return replace(found, text=assumed + found.text)


def _onset(plant: Plant, attachment: Attachment) -> datetime | None:
    from ..diagnosis import find_deviations

    compared = set(attachment.outputs.values())
    found = find_deviations(plant, {key.twin for key in compared})
    return min((one.onset for one in found if one.key in compared), default=None)


def _compare(runner: Runner, twin: str, name: str, onset: datetime, end: datetime) -> WhatIf:
    mode = runner.attachment.document.modes[name]
    found = WhatIf(twin, name, runner.attachment, "undecided", "", onset)
    past_start, past_end = _past(runner, onset)
    if past_end - past_start < LEAST_PAST:
        hours = LEAST_PAST.seconds // 3600
        text = f"There is less than {hours} h of telemetry before {iso(onset)}, so how well the model fits"
        return replace(found, text=f"{text} when nothing is wrong can't be told.")
    if end - onset < LEAST_SINCE:
        text = f"There are less than {LEAST_SINCE.seconds // 60} min of telemetry since {iso(onset)}."
        return replace(found, text=text)
    runner.tell("the sound model on the healthy past")
    before = runner.simulate(past_start, past_end)
    found = replace(found, before=before)
    unfit = _unfit(runner.attachment, before)
    if unfit:
        text = f"The model decides nothing: on the healthy past it doesn't fit {'; '.join(unfit)}."
        return replace(found, text=text)
    runner.tell("the sound model since the onset")
    healthy = runner.simulate(onset, end)
    yardstick = {one.name: _own_error(one) for one in before.comparisons}
    without = _error(healthy, yardstick)
    found = replace(found, healthy=healthy, healthy_error=without, outputs=_outputs(yardstick, healthy))
    if without < GROWN:
        text = f"{_SOUND.format(without)}: there is nothing that {name} would have to explain."
        return replace(found, verdict="against", text=text)
    severity, run = _fit(runner, mode, onset, end, yardstick)
    return _judged(runner, found, without, severity, run, yardstick)


def _past(runner: Runner, onset: datetime) -> tuple[datetime, datetime]:
    """The healthy past: it ends before the onset, and the model's run-up has telemetry too."""
    span = runner.plant.telemetry.span()
    first = span[0] + timedelta(seconds=runner.attachment.document.warm_up_s) if span else onset
    end = onset - min(GUARD, max(timedelta(), onset - first) / 4)
    return max(first, end - PAST), end


def _own_error(one: Comparison) -> float:
    """An output's RMSE on the healthy past, or what rounding leaves of it where a model fits its own data."""
    size = abs(float(np.mean(one.measured[one.compared])))
    return max(one.rmse, 1e-6 * (1.0 + size))


def _judged(
    runner: Runner, found: WhatIf, without: float, severity: float, run: Simulation, yardstick: dict[str, float]
) -> WhatIf:
    mode = runner.attachment.document.modes[found.mode]
    with_mode = _error(run, yardstick)
    explained = min(1.0, max(0.0, (without**2 - with_mode**2) / (without**2 - 1.0)))
    parameters = mode.values(severity, runner.healthy)
    verdict, text = _words(runner, found.mode, without, with_mode, explained, parameters)
    assert found.healthy is not None  # it was run before anything is judged
    return replace(
        found,
        verdict=verdict,
        text=text,
        severity=None if mode.is_fixed else severity,
        parameters=parameters,
        mode_error=with_mode,
        explained=explained,
        outputs=_outputs(yardstick, found.healthy, run),
        mode_run=run,
    )


def _unfit(attachment: Attachment, before: Simulation) -> list[str]:
    """The outputs that the model doesn't fit on the healthy past, in words."""
    found = []
    for one in before.comparisons:
        stated = attachment.document.outputs[one.name].tolerance
        tolerance = stated if stated is not None else 0.5 * one.spread
        if one.rmse > tolerance:
            unit = f" {one.unit}" if one.unit else ""
            found.append(f"{one.key} (RMSE {one.rmse:.3g}{unit}, tolerance {tolerance:.3g}{unit})")
    return found


def _error(run: Simulation, yardstick: dict[str, float]) -> float:
    """Root mean square over the outputs of RMSE by yardstick."""
    ratios = [one.rmse / yardstick[one.name] for one in run.comparisons if one.name in yardstick]
    if not ratios:
        raise InputError("no output was measured both before and since the onset", code="no_data")
    return float(np.sqrt(np.mean(np.square(ratios))))


def _fit(
    runner: Runner, mode: Mode, onset: datetime, end: datetime, yardstick: dict[str, float]
) -> tuple[float, Simulation]:
    """The severity with the least error, and its run: a coarse look over the range, then a bounded search."""
    from scipy.optimize import minimize_scalar

    runs: dict[float, tuple[float, Simulation]] = {}

    def error(severity: float) -> float:
        severity = round(float(severity), 4)
        if severity not in runs:
            runner.tell(f"severity {severity:.2f} (run {len(runs) + 1} of at most {_GRID + _REFINED})")
            run = runner.simulate(onset, end, mode.values(severity, runner.healthy))
            runs[severity] = (_error(run, yardstick), run)
        return runs[severity][0]

    if mode.is_fixed:
        error(0.0)
    else:
        grid = np.linspace(0.0, 1.0, _GRID)
        best = int(np.argmin([error(severity) for severity in grid]))
        bounds = (float(grid[max(0, best - 1)]), float(grid[min(_GRID - 1, best + 1)]))
        minimize_scalar(error, bounds=bounds, method="bounded", options={"xatol": 0.003, "maxiter": _REFINED})
    severity = min(runs, key=lambda one: runs[one][0])
    return severity, runs[severity][1]


def _outputs(
    yardstick: dict[str, float], healthy: Simulation, mode: Simulation | None = None
) -> tuple[OutputErrors, ...]:
    tried = {one.name: one.rmse for one in mode.comparisons} if mode else {}
    return tuple(
        OutputErrors(one.name, str(one.key), one.unit, yardstick[one.name], one.rmse, tried.get(one.name))
        for one in healthy.comparisons
        if one.name in yardstick
    )


def _words(
    runner: Runner,
    name: str,
    without: float,
    with_mode: float,
    explained: float,
    parameters: dict[str, float],
) -> tuple[Verdict, str]:
    units = {one.name: one.unit for one in runner.description.parameters}
    named = ", ".join(
        f"{key} {value:.3g}{f' {units[key]}' if units.get(key) not in (None, '1') else ''}"
        for key, value in parameters.items()
    )
    tried = f"{_SOUND.format(without)}; with {name} ({named}) it is {with_mode:.3g} times"
    tried += f", which explains {explained:.0%} of what grew"
    if explained >= EXPLAINS:
        return "for", f"{tried}: that speaks for {name}."
    if explained <= EXPLAINS_LITTLE:
        return "against", f"{tried}: that speaks against {name}."
    return "undecided", f"{tried}: that decides nothing."
