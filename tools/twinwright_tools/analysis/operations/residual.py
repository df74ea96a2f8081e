"""`residual`: what a signal does that others don't explain; `balance`: weighted sums that should close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...diagnosis.residuals import LAGS, residuals, standardised
from ...errors import InputError
from ..align import Aligned, finite_rows
from ..answer import Answer, Floats, Panel, fact, figure
from ..numbers import Departure, departure, filled, median

_LEAST_STEPS = 40
_STEPS_PER_INPUT = 3
_WEAK = 0.5
_BEYOND = 0.1


def residual(aligned: Aligned, split: int) -> Answer:
    """The first signal less its lagged ridge regression on the others, learned before a step, evaluated after it.

    y(t) = Σ over the others i and lags k = 0 … 3 steps of w(i, k) x(i, t − k), in standard deviations of the normal
    part, by ridge regression (A. E. Hoerl and R. W. Kennard, Technometrics 12 (1970) 55-67) as the diagnosis engine
    does it (`diagnosis.residuals`): blocked cross-fitting within the normal part, so that r2 and the band are those of
    data that the fit hasn't seen, and a residual that is shrunk where a prediction leaves the range it was learned in.
    """
    if len(aligned.columns) < 2:
        raise InputError("residual needs a signal and one or more others that may explain it", code="analyse.signals")
    _need_numbers(aligned)
    target = aligned.columns[0]
    columns = list(range(len(aligned.columns)))
    usable = int(finite_rows(aligned, columns)[:split].sum())
    _need_steps(usable, _STEPS_PER_INPUT * len(LAGS) * (len(columns) - 1))
    values = filled(aligned.values)
    standard = standardised(values, split)
    others = np.arange(1, len(columns), dtype=np.int64)
    scale = float(values[:split, 0].std())
    if not scale > 1e-9 * float(np.abs(values[:split, 0]).max()):
        raise InputError(f"{target.key} is constant before `split`: there is nothing to learn", code="analyse.constant")
    left = residuals(standard, [others], split, own_past=False, targets=np.zeros(1, dtype=np.int64))[:, 0] * scale
    left[~finite_rows(aligned, columns)] = np.nan
    left[: len(LAGS)] = np.nan
    whole = np.where(np.isnan(left), np.nan, aligned.values[:, 0])
    r2 = {"normal": _r2(left[:split], whole[:split]), "later": _r2(left[split:], whole[split:])}
    found = departure(left, split)
    explained = f"The others explain {figure(100 * r2['normal'])} % of its variance in the normal part"
    notes = [] if r2["normal"] >= _WEAK else ["the fit is weak in the normal part: the residual says little"]
    beyond = _beyond(aligned.values[:, 1:], split)
    if beyond > _BEYOND:
        notes.append(
            f"in {100 * beyond:.3g} % of the later steps the others lie outside of the range they were learned in: "
            "there the residual is shrunk, and its size is a lower bound"
        )
    given = [str(one.key) for one in aligned.columns[1:]]
    return _answer(
        aligned, left, split, found, f"{target.key} residual", target.unit, f"{explained} (r2_normal).", notes,
        {"target": str(target.key), "given": given, "r2_normal": r2["normal"], "r2_later": r2["later"]},
    )  # fmt: skip


def balance(aligned: Aligned, split: int | None, weights: Sequence[float]) -> Answer:
    """The sum of weighted signals, which should close: Σ wᵢ xᵢ (− constant where the weights are fitted).

    With weights given, one for each signal, it should be 0 (what goes in +1, what comes out −1, and factors where units
    differ). Without, the first signal is fitted by least squares on the others and a constant over the part before
    `split`: a balance that is learned rather than known.

    Raises:
        InputError: as many weights as signals are needed, or a split.
    """
    _need_numbers(aligned)
    if weights and len(weights) != len(aligned.columns):
        text = f"{len(aligned.columns)} signals need as many weights, in their order; {len(weights)} are given"
        raise InputError(text, code="analyse.weights")
    if not weights and split is None:
        raise InputError("without weights they are fitted before `split`: give one", code="analyse.split")
    notes, constant, r2 = [], 0.0, None
    factors = np.asarray(weights, dtype=np.float64)
    if not weights:
        _need_steps(split or 0, _STEPS_PER_INPUT * len(aligned.columns))
        factors, constant, r2 = _fitted(aligned.values[:split])
        if r2 < _WEAK:
            notes.append("the fit is weak in the normal part: the balance says little")
    left = aligned.values @ factors - constant
    units = {one.unit for one in aligned.columns}
    if weights and len(units) > 1:
        notes.append(f"the units differ ({', '.join(sorted(str(unit) for unit in units))}); the weights must convert")
    unit = aligned.columns[0].unit
    through = median(np.abs(aligned.values * factors).sum(axis=1) / 2)
    data: dict[str, Any] = {
        "signals": [str(one.key) for one in aligned.columns],
        "weights": factors.tolist(),
        "constant": constant,
        "r2_normal": r2,
        "throughput_median": through,
    }
    if split is None:
        middle = median(left)
        share = 100 * middle / through if through > 0 else float("nan")
        facts = [fact("imbalance median", middle, unit), fact("imbalance median, share of throughput", share, "%")]
        text = f"The sum is {figure(middle, unit)} in the median ({figure(share, '%')} of what goes through)."
        panel = Panel("imbalance", unit, aligned.begins, left)
        return Answer(text, [*facts, *_weight_facts(aligned, factors)], data | {"median": middle}, [panel], notes)
    found = _answer(aligned, left, split, departure(left, split), "imbalance", unit, "", notes, data)
    return Answer(
        found.summary, [*found.facts, *_weight_facts(aligned, factors)], found.data, found.panels, found.notes
    )


def _fitted(normal: Floats) -> tuple[Floats, float, float]:
    """Weights of all columns (the first one's is 1), the constant, and R²."""
    rows = normal[np.isfinite(normal).all(axis=1)]
    _need_steps(len(rows), _STEPS_PER_INPUT * normal.shape[1])
    inputs = np.column_stack((rows[:, 1:], np.ones(len(rows))))
    scale = np.maximum(np.abs(inputs).max(axis=0), np.finfo(np.float64).tiny)
    found = np.linalg.lstsq(inputs / scale, rows[:, 0], rcond=None)[0] / scale
    left = rows[:, 0] - inputs @ found
    return np.concatenate(([1.0], -found[:-1])), float(found[-1]), _r2(left, rows[:, 0])


def _answer(
    aligned: Aligned,
    left: Floats,
    split: int,
    found: Departure,
    name: str,
    unit: str | None,
    before: str,
    notes: list[str],
    data: dict[str, Any],
) -> Answer:
    """A course that had a normal band, as an answer."""
    after = left[split:]
    largest = split + int(np.nanargmax(np.abs(after - median(left[:split])))) if np.isfinite(after).any() else None
    told: dict[str, Any] = {
        "median_normal": median(left[:split]),
        "median_later": median(after),
        "last": _last(after),
        "band_low": found.low,
        "band_high": found.high,
        "largest": float(left[largest]) if largest is not None else None,
    }
    times = {
        "leaves_band_at": None if found.first is None else aligned.time(found.first),
        "outside_band_since": None if found.since is None else aligned.time(found.since),
        "largest_at": None if largest is None else aligned.time(largest),
    }
    share = {"share_outside_band": found.outside}
    facts = [fact(f"{name} {key}", value, unit) for key, value in told.items()]
    facts += [fact(f"{name} {key}", value) for key, value in (share | times).items() if value is not None]
    facts += [fact(f"{name} {key}", data[key]) for key in ("r2_normal",) if data.get(key) is not None]
    band = f"{figure(found.low)} to {figure(found.high, unit)}"
    stays = f"stays outside from {times['outside_band_since']} to the end" if times["outside_band_since"] else ""
    leaves = f"first leaves it at {times['leaves_band_at']}" if times["leaves_band_at"] else "does not leave it"
    text = (
        f"{before} The {name} was {figure(told['median_normal'], unit)} (band {band}) and is "
        f"{figure(told['median_later'], unit)} in the median after the split; it {leaves}"
        f"{', and ' if stays else ''}{stays}."
    )
    panel = Panel(name, unit, aligned.begins, left, band=(found.low, found.high))
    return Answer(text.strip(), facts, data | told | times | share, [panel], notes)


def _weight_facts(aligned: Aligned, factors: Floats) -> list[Any]:
    return [fact(f"weight of {one.key}", weight) for one, weight in zip(aligned.columns, factors, strict=True)]


def _beyond(inputs: Floats, split: int) -> float:
    """The share of later steps in which an input lies outside of all that it was before."""
    low, high = np.nanmin(inputs[:split], axis=0), np.nanmax(inputs[:split], axis=0)
    later = inputs[split:]
    return float(((later < low) | (later > high)).any(axis=1).mean())


def _last(values: Floats) -> float | None:
    good = values[np.isfinite(values)]
    return float(good[-1]) if len(good) else None


def _r2(left: Floats, whole: Floats) -> float:
    """1 − residual sum of squares / total sum of squares about the mean; NaN of a constant."""
    good = np.isfinite(left) & np.isfinite(whole)
    if good.sum() < 2:
        return float("nan")
    total = float(((whole[good] - whole[good].mean()) ** 2).sum())
    return 1 - float((left[good] ** 2).sum()) / total if total > 0 else float("nan")


def _need_numbers(aligned: Aligned) -> None:
    texts = [str(one.key) for one in aligned.columns if one.is_text]
    if texts:
        raise InputError(f"{', '.join(texts)} is text; this operation takes numbers", code="analyse.kind")


def _need_steps(there: int, needed: int) -> None:
    needed = max(needed, _LEAST_STEPS)
    if there < needed:
        text = (
            f"the part before `split` has {there} usable steps; {needed} are needed: begin earlier, or a shorter step"
        )
        raise InputError(text, code="analyse.too_short")
