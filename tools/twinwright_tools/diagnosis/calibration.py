"""Confidence held against what was found on site: probabilities are recalibrated once there is enough to fit that.

The logit of a confidence p becomes ``intercept + slope * logit(p)`` (logistic recalibration: Cox, Biometrika 45, 1958;
Steyerberg et al., Statistics in Medicine 23, 2004). Ten outcomes of the rarer kind are taken for each coefficient
(Peduzzi et al., Journal of Clinical Epidemiology 49, 1996): with 10 right and 10 wrong the intercept alone is fitted,
with 20 of each the slope too. What was fitted is used only if it predicts each outcome better than the raw confidence
did, with that outcome left out. It stands in `STATE/state/calibration.json`, and the engine reads it from there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PlantError

PER_COEFFICIENT = 10
_EDGE = 1e-3
_LEAST_SPREAD = 0.5
_STEPS = 50
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted recalibration: ``logit(p') = intercept + slope * logit(p)``; outcomes: how many it was fitted on."""

    intercept: float
    slope: float
    outcomes: int

    def of(self, confidence: float) -> float:
        """The recalibrated probability, 0 to 1."""
        return 1.0 / (1.0 + exp(-(self.intercept + self.slope * _logit(confidence))))

    def raw(self, confidence: float) -> float:
        """The probability that was recalibrated to this one."""
        return 1.0 / (1.0 + exp(-(_logit(confidence) - self.intercept) / self.slope))

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether there is a recalibration, and in one sentence why or why not."""

    calibration: Calibration | None
    why: str


def fit(confidences: Sequence[float], right: Sequence[bool]) -> Verdict:
    """The recalibration that the outcomes allow; of equal length, in any order."""
    yes, no = sum(right), len(right) - sum(right)
    fewer = min(yes, no)
    if fewer < PER_COEFFICIENT:
        return Verdict(
            None,
            f"{yes} right and {no} wrong so far; from {PER_COEFFICIENT} of each on, confidence is recalibrated",
        )
    logits = np.array([_logit(one) for one in confidences])
    outcomes = np.array(right, dtype=float)
    # Where all confidences are about the same, a slope can't be told from an intercept.
    with_slope = fewer >= 2 * PER_COEFFICIENT and float(np.std(logits)) >= _LEAST_SPREAD
    intercept, slope = _fitted(logits, outcomes, with_slope)
    before = float(np.mean(_losses(logits, outcomes)))
    after = _left_out(logits, outcomes, with_slope)
    if after >= before or slope <= 0:
        return Verdict(None, f"{len(right)} outcomes agree with the confidence as it is (log loss {before:.3f})")
    what = "intercept and slope" if with_slope else "intercept"
    why = f"{what} fitted on {len(right)} outcomes; log loss, each left out in turn: {after:.3f} (was {before:.3f})"
    return Verdict(Calibration(intercept, slope, len(right)), why)


def keep(state: Path, calibration: Calibration | None) -> None:
    """Keeps a plant's recalibration where the engine finds it, or takes it away."""
    file = _file(state)
    if calibration is None:
        file.unlink(missing_ok=True)
        return
    aside = file.with_suffix(".new")
    aside.write_text(json.dumps(calibration.as_dict()) + "\n", encoding="utf-8")
    aside.replace(file)


def kept(state: Path) -> Calibration | None:
    """The plant's recalibration; None where there is none.

    Raises:
        PlantError: the file isn't what `keep` writes.
    """
    file = _file(state)
    try:
        return Calibration(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        text = "isn't a recalibration; delete it and run `twinwright orders feedback`"
        raise PlantError(text, file=file, code="plant.calibration") from error


def _file(state: Path) -> Path:
    return state / "state" / "calibration.json"


def _logit(probability: float) -> float:
    bounded = min(max(probability, _EDGE), 1.0 - _EDGE)
    return log(bounded / (1.0 - bounded))


def _losses(logits: Floats, outcomes: Floats) -> Floats:
    """Log loss of each outcome, in nats."""
    found: Floats = np.logaddexp(0.0, np.where(outcomes > 0.5, -logits, logits))
    return found


def _fitted(logits: Floats, outcomes: Floats, with_slope: bool) -> tuple[float, float]:
    """Maximum likelihood by Newton's method; the slope is 1 where it isn't fitted."""
    columns = np.column_stack([np.ones_like(logits), logits]) if with_slope else np.ones((len(logits), 1))
    offset = np.zeros_like(logits) if with_slope else logits
    found = np.array([0.0, 1.0]) if with_slope else np.array([0.0])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(offset + columns @ found, -30.0, 30.0)))
        weights = np.maximum(chance * (1.0 - chance), 1e-9)
        # A ridge of one outcome's weight keeps the step finite where confidences are all alike.
        information = columns.T @ (columns * weights[:, None]) + 1e-6 * np.eye(columns.shape[1])
        step = np.linalg.solve(information, columns.T @ (outcomes - chance))
        found = found + np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-9:
            break
    return float(found[0]), float(found[1]) if with_slope else 1.0


def _left_out(logits: Floats, outcomes: Floats, with_slope: bool) -> float:
    """The mean log loss of each outcome under what the others fit."""
    losses = []
    for index in range(len(logits)):
        rest = np.arange(len(logits)) != index
        intercept, slope = _fitted(logits[rest], outcomes[rest], with_slope)
        told = np.array([intercept + slope * logits[index]])
        losses.append(float(_losses(told, outcomes[index : index + 1])[0]))
    return float(np.mean(losses))
