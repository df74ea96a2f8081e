"""`command_feedback`: does a measurement follow its command; `cross_correlation`: who leads, and by how long."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from ...errors import InputError
from ...prognosis.words import duration
from ..align import Aligned
from ..answer import Answer, Floats, Panel, fact, figure
from ..numbers import departure, median, memory, robust_sd

_MOST_LAGS = 500
_LEAST_PAIRS = 20
_USUAL_LAGS = 60


def command_feedback(aligned: Aligned, split: int | None, most_lag: int) -> Answer:
    """The second signal (feedback) against the first (command), before and after a step.

    delay: the lag, 0 to `most_lag` steps, at which the prewhitened feedback goes best with the command (see
    `correlations`). gain and offset: least squares of the feedback on the delayed command. error = feedback − offset −
    gain × delayed command, with the delay, gain and offset of the normal part, so that a feedback that stands shows as
    an error. dead_band: the median travel of the command in the stretches in which the feedback rests (moves by no more
    than its resolution) before it moves again; jump: how far it then moves. A valve that sticks has both: M. A. A.
    Shoukat Choudhury, N. F. Thornhill and S. L. Shah, "Modelling valve stiction", Control Eng. Pract. 13 (2005) 641.
    """
    if len(aligned.columns) != 2 or any(one.is_text for one in aligned.columns):
        raise InputError(
            "command_feedback takes two numeric signals: the command, then the feedback", code="analyse.signals"
        )
    command, feedback = aligned.values.T
    unit = aligned.columns[1].unit
    normal = slice(0, split if split is not None else len(command))
    delay = _delay(command[normal], feedback[normal], most_lag)
    gain, offset, r2 = _line(_shifted(command, delay)[normal], feedback[normal])
    error = feedback - offset - gain * _shifted(command, delay)
    parts = {"normal": normal} | ({"later": slice(split, None)} if split is not None else {})
    data: dict[str, Any] = {"command": str(aligned.columns[0].key), "feedback": str(aligned.columns[1].key)}
    facts = []
    for name, part in parts.items():
        row = _followed(command[part], feedback[part], error[part], most_lag, aligned.step_s)
        data[name] = row
        units = {"delay_s": "s", "gain": None, "r2": None}
        facts += [fact(f"{name} {key}", value, units.get(key, unit)) for key, value in row.items()]
    found = departure(error, split) if split is not None else None
    since = None if found is None or found.since is None else aligned.time(found.since)
    data |= {"error_outside_band_since": since, "r2": r2}
    facts += [fact("mismatch share later", found.outside)] if found is not None else []
    facts += [fact("mismatch since", since)] if since else []
    if found is not None:
        seconds = found.outside * len(error[split:]) * aligned.step_s
        data |= {"mismatch_s": seconds, "band": [found.low, found.high]}
        facts.append(fact("mismatch duration later", seconds, "s"))
    text = " ".join(_said(name, data[name], unit) for name in parts)
    if since:
        text += f" Since {since} the feedback is off what the command asks for."
    band = (found.low, found.high) if found is not None else None
    return Answer(text, facts, data, [Panel("feedback error", unit, aligned.begins, error, band=band)])


def _followed(command: Floats, feedback: Floats, error: Floats, most_lag: int, step_s: float) -> dict[str, Any]:
    delay = _delay(command, feedback, most_lag)
    gain, offset, r2 = _line(_shifted(command, delay), feedback)
    dead, jump = dead_band(command, feedback)
    return {
        "delay_s": delay * step_s,
        "gain": gain,
        "offset": offset,
        "r2": r2,
        "error_median": median(error),
        "error_spread": robust_sd(error),
        "dead_band": dead,
        "jump": jump,
    }


def _said(name: str, row: dict[str, Any], unit: str | None) -> str:
    text = (
        f"{name}: gain {figure(row['gain'])}, delay {figure(row['delay_s'], 's')}, "
        f"error {figure(row['error_median'], unit)} in the median, {figure(row['error_spread'], unit)} spread"
    )
    if row["dead_band"] is not None:
        text += f"; rests over {figure(row['dead_band'])} of command travel, then jumps {figure(row['jump'], unit)}"
    return text + "."


def dead_band(command: Floats, feedback: Floats) -> tuple[float | None, float | None]:
    """The median travel of the command while the feedback rests, and the median jump that ends a rest.

    Resting is moving by no more than the resolution: the larger of the smallest change that the feedback ever makes and
    a hundredth of its range. (None, None) where it never rests for three steps while the command moves on.
    """
    good = np.isfinite(command) & np.isfinite(feedback)
    command, feedback = command[good], feedback[good]
    if len(feedback) < _LEAST_PAIRS:
        return None, None
    moves = np.abs(np.diff(feedback))
    least = float(moves[moves > 0].min()) if (moves > 0).any() else 0.0
    low, high = np.quantile(feedback, (0.01, 0.99))
    rests = moves <= max(least, 0.01 * float(high - low))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], rests, [False])).astype(np.int8)))
    travels, jumps = [], []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - begin >= 3 and end < len(feedback) - 1:
            travel = float(np.ptp(command[begin : end + 1]))
            if travel > 0:
                travels.append(travel)
                jumps.append(float(moves[end]))
    return (float(np.median(travels)), float(np.median(jumps))) if travels else (None, None)


def _delay(command: Floats, feedback: Floats, most_lag: int) -> int:
    """The lag in steps at which the feedback follows best; 0 where none stands out of chance."""
    lags, found, bound = correlations(command, feedback, most_lag)
    forward = (lags >= 0) & np.isfinite(found)
    if not forward.any() or not np.abs(found[forward]).max() > bound:
        return 0
    return int(lags[forward][int(np.abs(found[forward]).argmax())])


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Gain, offset and R² of a least-squares line; NaN where x doesn't vary."""
    good = np.isfinite(x) & np.isfinite(y)
    if good.sum() < 3 or np.ptp(x[good]) == 0:
        return float("nan"), median(y), float("nan")
    found = stats.linregress(x[good], y[good])
    return float(found.slope), float(found.intercept), float(found.rvalue) ** 2


def _shifted(values: Floats, lag: int) -> Floats:
    """The values `lag` steps later."""
    found = np.full(len(values), np.nan)
    if abs(lag) >= len(values):
        return found
    if lag >= 0:
        found[lag:] = values[: len(values) - lag]
    else:
        found[:lag] = values[-lag:]
    return found


def correlations(first: Floats, second: Floats, most_lag: int, whitened: bool = True) -> tuple[Any, Floats, float]:
    """Cross-correlation of two signals by lag, and the bound beyond which it is more than chance.

    Positive lags: the second follows the first by so many steps. Both are prewhitened first with the first-order filter
    that fits the first signal, x(t) − φ x(t − 1), as memory alone makes unrelated signals correlate: G. E. P. Box, G.
    M. Jenkins and G. C. Reinsel, "Time Series Analysis", section 12.1. The bound is that of the largest of all lags
    under independence in one case of a hundred, Φ⁻¹(1 − 0.005 / lags) / √n (Bonferroni).

    Returns:
        int (2 L + 1,), float (2 L + 1,) with NaN where fewer than 20 pairs are there, and the bound.
    """
    if whitened:
        phi = memory(first)
        first, second = (values[1:] - phi * values[:-1] for values in (first, second))
    lags = np.arange(-most_lag, most_lag + 1)
    found = np.full(len(lags), np.nan)
    for place, lag in enumerate(lags.tolist()):
        x, y = _shifted(first, lag), second
        good = np.isfinite(x) & np.isfinite(y)
        if good.sum() >= _LEAST_PAIRS and np.ptp(x[good]) > 0 and np.ptp(y[good]) > 0:
            found[place] = np.corrcoef(x[good], y[good])[0, 1]
    pairs = int((np.isfinite(first) & np.isfinite(second)).sum())
    bound = float(stats.norm.isf(0.005 / len(lags))) / np.sqrt(pairs) if pairs else float("nan")
    return lags, found, bound


def cross_correlation(aligned: Aligned, most_lag: int) -> Answer:
    """The first signal against each of the others: at which lag they go together best, and how surely.

    Both ways are looked at. `lag_s` > 0: the other follows the first. `correlation_at_lag` and `correlation_now` are of
    the signals as they are; `whitened` is that at the lag after prewhitening, to be held against `bound`.
    """
    if len(aligned.columns) < 2 or any(one.is_text for one in aligned.columns):
        raise InputError("cross_correlation takes two or more numeric signals", code="analyse.signals")
    first = aligned.columns[0]
    rows = [
        _pair(aligned, place, most_lag) | {"signal": str(one.key)} for place, one in enumerate(aligned.columns[1:], 1)
    ]
    facts = []
    for row in rows[:4]:
        for name in ("lag_s", "whitened", "bound", "correlation_at_lag", "correlation_now"):
            facts.append(fact(f"{first.key} to {row['signal']} {name}", row[name], "s" if name == "lag_s" else None))
    text = " ".join(_led(str(first.key), row) for row in rows[:4])
    return Answer(text, facts, {"first": str(first.key), "most_lag_s": most_lag * aligned.step_s, "pairs": rows})


def _pair(aligned: Aligned, place: int, most_lag: int) -> dict[str, Any]:
    first, other = aligned.values[:, 0], aligned.values[:, place]
    lags, whitened, bound = correlations(first, other, most_lag)
    if not np.isfinite(whitened).any():
        return dict.fromkeys(("lag_s", "whitened", "correlation_at_lag", "correlation_now")) | {"bound": bound}
    best = int(np.nanargmax(np.abs(whitened)))
    _, plain, _ = correlations(first, other, most_lag, whitened=False)
    return {
        "lag_s": float(lags[best]) * aligned.step_s,
        "whitened": float(whitened[best]),
        "bound": bound,
        "correlation_at_lag": float(plain[best]),
        "correlation_now": float(plain[most_lag]),
    }


def _led(first: str, row: dict[str, Any]) -> str:
    other, lag = row["signal"], row["lag_s"]
    if lag is None or abs(row["whitened"]) <= row["bound"]:
        return f"{first} and {other}: no lag stands out of chance."
    said = f"{other} follows {first} by {duration(lag)}" if lag > 0 else f"{other} leads {first} by {duration(-lag)}"
    said = said if lag else f"{other} moves in the same step as {first}"
    return f"{said} (prewhitened correlation {row['whitened']:+.3g}, bound {row['bound']:.3g})."


def usual_lag(steps: int, asked: int | None) -> int:
    """The largest lag in steps: as asked, else 60 or a quarter of the window.

    Raises:
        InputError: more than 500 steps, or more than half of the window.
    """
    if asked is None:
        return max(1, min(_USUAL_LAGS, steps // 4))
    if not 1 <= asked <= min(_MOST_LAGS, max(1, steps // 2)):
        text = f"max_lag is {asked} steps; it must be 1 to {min(_MOST_LAGS, max(1, steps // 2))}: take a longer step"
        raise InputError(text, code="analyse.lag")
    return asked
