"""`before_after`: what changed around a time, signal by signal."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from ..align import Aligned
from ..answer import Answer, Floats, fact, figure
from ..numbers import effective_count, median, robust_sd

_SHOWN_FACTS = 5
_LEAST = 5


def before_after(aligned: Aligned, split: int) -> Answer:
    """Each signal's medians and spread before and after a step, the change in spreads, an effect size and a test.

    change_in_spreads = (median after − median before) / robust standard deviation before (see `numbers.robust_sd`).
    effect = Cliff's δ = P(after > before) − P(after < before), −1 to 1: N. Cliff, "Dominance statistics", Psychol.
    Bull. 114 (1993) 494-509. p_value: of δ under the normal approximation of Mann and Whitney (Ann. Math. Stat. 18
    (1947) 50-60), Var δ = (n + m + 1) / (3 n m), n and m being effective counts with the memory of
    the part before, which is that of both if nothing changed (see `numbers.effective_count`): a test that takes each
    sample for independent finds everything significant.
    """
    rows = []
    for place, one in enumerate(aligned.columns):
        if one.is_text:
            rows.append(_states(str(one.key), aligned.texts[place], split))
        else:
            rows.append(_numbers(str(one.key), one.unit, aligned.values[:, place], split))
    rows.sort(key=lambda row: -abs(row.get("change_in_spreads") or 0.0))
    facts = [each for row in rows[:_SHOWN_FACTS] for each in _facts(row)]
    return Answer(" ".join(_sentence(row) for row in rows[:3]), facts, {"split": aligned.time(split), "signals": rows})


def cliffs_delta(before: Floats, after: Floats) -> float:
    """P(after > before) − P(after < before), of finite values."""
    ranks = stats.rankdata(np.concatenate((before, after)))
    n, m = len(before), len(after)
    above = float(ranks[n:].sum()) - m * (m + 1) / 2
    return 2 * above / (n * m) - 1


def _numbers(key: str, unit: str | None, values: Floats, split: int) -> dict[str, Any]:
    before, after = (part[np.isfinite(part)] for part in (values[:split], values[split:]))
    row: dict[str, Any] = {"signal": key, "unit": unit, "steps_before": len(before), "steps_after": len(after)}
    if min(len(before), len(after)) < _LEAST:
        return row | {"note": f"fewer than {_LEAST} steps hold a value on one side"}
    change, spread = median(after) - median(before), robust_sd(before)
    delta = cliffs_delta(before, after)
    n = effective_count(values[:split])
    m = max(1.0, len(after) * n / len(before))
    p_value = 2 * float(stats.norm.sf(abs(delta) / np.sqrt((n + m + 1) / (3 * n * m))))
    return row | {
        "median_before": median(before),
        "median_after": median(after),
        "change": change,
        "spread_before": spread,
        "spread_after": robust_sd(after),
        "change_in_spreads": change / spread if spread > 0 else None,
        "effect": delta,
        "p_value": p_value,
    }


def _states(key: str, texts: Any, split: int) -> dict[str, Any]:
    parts = {"share_before": texts[:split].tolist(), "share_after": texts[split:].tolist()}
    row: dict[str, Any] = {"signal": key, "unit": None}
    for name, part in parts.items():
        told = [text for text in part if text is not None]
        states = sorted(set(told), key=lambda state: -told.count(state))[:6]
        row[name] = {state: told.count(state) / len(told) for state in states}
    return row


def _facts(row: dict[str, Any]) -> list[Any]:
    key, unit = row["signal"], row["unit"]
    units = {"change_in_spreads": None, "effect": None, "p_value": None}
    names = ("median_before", "median_after", "change", "change_in_spreads", "effect", "p_value")
    found = [fact(f"{key} {name}", row[name], units.get(name, unit)) for name in names if name in row]
    for side in ("share_before", "share_after"):
        found += [fact(f"{key} {side} of {state}", share) for state, share in row.get(side, {}).items()]
    return found


def _sentence(row: dict[str, Any]) -> str:
    if "change" not in row:
        return f"{row['signal']}: {row.get('note', 'see the shares of its states')}."
    unit = row["unit"]
    times = row["change_in_spreads"]
    spreads = f" ({times:+.3g} spreads)" if times is not None else ""
    return (
        f"{row['signal']}: median {figure(row['median_before'], unit)} before, "
        f"{figure(row['median_after'], unit)} after{spreads}, effect {row['effect']:+.3g}."
    )
