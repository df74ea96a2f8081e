"""A run's summary: shares per scorer and category, spread between repeats, costs, figures."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, pstdev

from .cases import Case
from .figures import figures
from .results import CaseResult, SuiteResult, shares


def suite_result(
    model: str, cases: Sequence[Case], results: Sequence[CaseResult], seconds: float, repeats: int
) -> SuiteResult:
    """The run's shares, spread and figures."""
    ran = [one for one in results if one.skipped is None]
    names = {one.case for one in results if one.skipped is not None}
    return SuiteResult(
        model=model,
        cases=len(cases),
        ran=len(cases) - len(names),
        skipped=len(names),
        repeats=repeats,
        seconds=round(seconds, 1),
        metrics=shares(ran) | _costs(ran),
        spread=_spread(ran) if repeats > 1 else {},
        categories={name: shares([one for one in ran if one.category == name]) for name in _categories(ran)},
        figures=tuple(figures(model, cases, ran)),
        answerers={name: sum(one.answerer == name for one in ran) for name in sorted({one.answerer for one in ran})},
        results=tuple(results),
    )


def _costs(results: Sequence[CaseResult]) -> dict[str, float | None]:
    if not results:
        return {}
    calls, queries = sum(one.tool_calls for one in results), sum(one.queries for one in results)
    prices = [one.usd for one in results]
    return {
        "tool_calls_median": median(one.tool_calls for one in results),
        "tool_errors_share": sum(one.tool_errors for one in results) / calls if calls else None,
        "queries_refused_share": sum(one.query_errors for one in results) / queries if queries else None,
        "input_tokens_median": median(one.input_tokens for one in results),
        "output_tokens_median": median(one.output_tokens for one in results),
        "seconds_median": median(one.seconds for one in results),
        "usd_median": None if None in prices else median(price or 0.0 for price in prices),
    }


def _spread(results: Sequence[CaseResult]) -> dict[str, float]:
    by_repeat = [shares([one for one in results if one.repeat == n]) for n in sorted({one.repeat for one in results})]
    found = (
        {name: [one[name] for one in by_repeat if one[name] is not None] for name in by_repeat[0]} if by_repeat else {}
    )
    return {name: pstdev(v for v in values if v is not None) for name, values in found.items() if len(values) > 1}


def _categories(results: Sequence[CaseResult]) -> list[str]:
    return list(dict.fromkeys(one.category for one in results))
