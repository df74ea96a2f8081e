"""Scorers: code, not opinions. Each takes what was expected and what came, and says yes, no, or not asked (None)."""

from __future__ import annotations

from collections.abc import Callable

from twinwright_agent.result import Investigation

from .cases import Expectation

Scorer = Callable[[Expectation, Investigation], bool | None]


def right_end(expect: Expectation, found: Investigation) -> bool | None:
    """The investigation ended as it should."""
    return None if expect.status is None else found.status == expect.status


def right_asset_first(expect: Expectation, found: Investigation) -> bool | None:
    """The likeliest hypothesis names the right twin."""
    if expect.twin is None:
        return None
    return bool(found.hypotheses) and found.hypotheses[0].twin == expect.twin


def right_asset_in_three(expect: Expectation, found: Investigation) -> bool | None:
    """The right twin is among the first three distinct ones."""
    if expect.twin is None:
        return None
    return expect.twin in list(dict.fromkeys(one.twin for one in found.hypotheses))[:3]


def right_mode(expect: Expectation, found: Investigation) -> bool | None:
    """The likeliest hypothesis names the right failure mode."""
    if expect.mode is None:
        return None
    return bool(found.hypotheses) and found.hypotheses[0].mode == expect.mode


def says(expect: Expectation, found: Investigation) -> bool | None:
    """The answer contains what it has to."""
    if not expect.answer_has:
        return None
    return all(word.casefold() in found.answer.casefold() for word in expect.answer_has)


def grounded(expect: Expectation, found: Investigation) -> bool | None:
    """No claim had to be struck."""
    return not found.struck


def order_drafted(expect: Expectation, found: Investigation) -> bool | None:
    """A work order was drafted where one is due, for the right asset, and none where none is."""
    if expect.order is None:
        return None
    if not expect.order:
        return not found.work_orders
    return any(expect.twin in (None, one.asset) for one in found.work_orders)


def nothing_submitted(expect: Expectation, found: Investigation) -> bool | None:
    """Every work order is still a draft: no person said yes."""
    return all(one.status == "draft" for one in found.work_orders)


SCORERS: dict[str, Scorer] = {
    scorer.__name__: scorer
    for scorer in (
        right_end,
        right_asset_first,
        right_asset_in_three,
        right_mode,
        says,
        grounded,
        order_drafted,
        nothing_submitted,
    )
}
