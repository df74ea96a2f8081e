"""Drafts follow the conclusion that they were drafted for.

An order is drafted before the conclusion, with what the engine says of onset and likelihood. Where the conclusion that
stood the check says something else of that asset, the draft is made anew with that, and the engine's numbers are noted
as the engine's. A draft that a person has touched meanwhile is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from twinwright_tools.evidence import Evidence
from twinwright_tools.orders.order import WorkOrder
from twinwright_tools.plant import Plant
from twinwright_tools.times import for_people, parse_time

from .result import Investigation, RankedHypothesis

if TYPE_CHECKING:
    from twinwright_tools.orders.book import OrderBook

# Confidences that lie this near are the same in a planner's eyes.
_SAME = 0.05
# What of a draft follows from mode, likelihood and onset; the rest of it stays.
_FOLLOWS = (
    *("failure_mode", "priority", "priority_reason", "tasks", "parts", "skills", "duration_h"),
    *("notes", "likelihood", "raw_likelihood", "onset", "window"),
)


def following(plant: Plant, found: Investigation) -> list[WorkOrder]:
    """The investigation's drafts as they are once they follow its conclusion; the order book is changed accordingly.

    Raises:
        OrderError: the order book can't be used.
    """
    from twinwright_tools.orders.book import OrderBook

    if not found.work_orders or found.verdict == "none":
        return found.work_orders
    book = OrderBook(plant.state)
    drafts = {one.id: one for one in book.list("draft") if one.run == found.run}
    untouched = {one for one in drafts if book.original(one) == drafts[one]}
    return [_followed(plant, found, one, book) if one.id in untouched else one for one in found.work_orders]


def _followed(plant: Plant, found: Investigation, drafted: WorkOrder, book: OrderBook) -> WorkOrder:
    order, revision = book.revision(drafted.id)
    wanted = _as_concluded(plant, found, order)
    changed = {
        name: {"before": before, "after": after}
        for name in _FOLLOWS
        if (before := _plain(order, name)) != (after := _plain(wanted, name))
    }
    if not changed:
        return drafted
    return book.change(order.id, revision, lambda _: (wanted, changed), by=f"run {found.run}", at=plant.at)


def _as_concluded(plant: Plant, found: Investigation, order: WorkOrder) -> WorkOrder:
    from twinwright_tools.orders.draft import draft_order

    mine = next((one for one in found.hypotheses if one.twin == order.asset), None)
    notes = _notes(plant, found, order, mine)
    if mine is None:
        return order.model_copy(update={"notes": [*order.notes, *notes]})
    anew = draft_order(
        plant,
        asset=order.asset,
        failure_mode=mine.mode or order.failure_mode,
        title=order.title,
        problem=order.problem,
        evidence=order.evidence,
        likelihood=mine.confidence,
        run=order.run,
        call=None,
        onset=parse_time(mine.onset) if mine.onset else order.onset,
    )
    # What the CMMS had to say when it was asked stands among the notes, and still holds.
    kept = [one for one in order.notes if one not in anew.notes] if anew.failure_mode == order.failure_mode else []
    told = {name: getattr(anew, name) for name in _FOLLOWS} | {"notes": [*anew.notes, *kept, *notes]}
    return order.model_copy(update=told)


def _notes(plant: Plant, found: Investigation, order: WorkOrder, mine: RankedHypothesis | None) -> list[str]:
    if found.verdict in {"cannot_tell", "nothing_wrong"}:
        return [f"the investigation did not settle on a cause (its verdict: {found.verdict})"]
    if found.verdict != "cause":
        return []  # an order that was asked for, not one that a cause asks for
    if mine is None:
        leading = found.hypotheses[0].twin if found.hypotheses else "no asset"
        return [f"the investigation concluded on {leading}, not on {order.asset}"]
    engine = _engine(found.evidence, order.asset)
    if engine is None:
        return ["the engine did not rank this asset; likelihood and onset are the investigation's"]
    apart = abs(float(engine["confidence"]) - mine.confidence) > _SAME
    since = parse_time(engine["onset"]) if engine.get("onset") else None
    moved = mine.onset is not None and since != parse_time(mine.onset)
    if not apart and not moved and engine.get("mode") == mine.mode:
        return []
    began = f" since {for_people(since, plant.zone)}" if since else ""
    mode = f" {engine['mode']}" if engine.get("mode") else ""
    return [f"the engine says{mode} {float(engine['confidence']):.2g}{began}; this follows the investigation instead"]


def _engine(evidence: Sequence[Evidence], asset: str) -> dict[str, Any] | None:
    """The best row of the engine's last ranking that is about this asset."""
    ranked = [one.data for one in evidence if one.tool == "rank_causes" and isinstance(one.data, dict)]
    rows = ranked[-1].get("hypotheses", []) if ranked else []
    return next((dict(row) for row in rows if row.get("twin") == asset), None)


def _plain(order: WorkOrder, name: str) -> Any:
    return order.model_dump(mode="json")[name]
