"""What the CMMS is told of an order: a title and a body in plain text, for a person who has nothing but that."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ..cmms.protocol import NewOrder
from ..times import for_people, in_words_for_people
from .order import Part, WorkOrder

_MOST_TITLE = 200


def new_order(order: WorkOrder, asset: str, by: str, zone: ZoneInfo) -> NewOrder:
    """The order as the CMMS is asked to make it; `asset` is its own id of the asset, `by` the person who submits."""
    window = order.window
    return NewOrder(
        key=order.idempotency_key,
        asset=asset,
        title=" ".join(order.title.split())[:_MOST_TITLE],
        text=order_text(order, zone),
        failure_mode=order.failure_mode,
        priority=order.priority,
        start=window.start if window else None,
        due=window.due if window else None,
        duration_h=order.duration_h,
        by=by,
    )


def order_text(order: WorkOrder, zone: ZoneInfo) -> str:
    """The body of an order, times in the site's zone."""
    lines = [
        *warnings(order),
        "PROBLEM",
        order.problem,
        "",
        f"Location: {' / '.join(order.location)}",
        f"Failure mode: {order.failure_mode or 'none named'}",
        f"Priority: {order.priority_reason}",
        f"Duration: about {order.duration_h:g} h; skills: {', '.join(order.skills) or 'none named'}",
        *_window(order, zone),
        *_listed("ISOLATION POINTS", [f"{one.energy} ({one.twin}): {one.action}" for one in order.isolation]),
        *_listed("ISOLATION POINTS AS THE PLANT LISTS THEM", order.isolation_listed),
        *_listed("TASKS", [f"{number}. {task}" for number, task in enumerate(order.tasks, 1)], mark=""),
        *_listed("PARTS", [part_line(part) for part in order.parts]),
        *_listed("NOTES", order.notes),
        "",
        f"Evidence: {', '.join(order.evidence)}{f' of run {order.run}' if order.run else ''}; drafted as {order.id}",
    ]
    return in_words_for_people("\n".join(lines), zone)


def addition_text(order: WorkOrder, by: str, zone: ZoneInfo) -> str:
    """The comment by which a draft is added to an order that is open already."""
    return in_words_for_people(
        "\n".join([f"Addition by {by}: {order.title}", "", order_text(order, zone)]),
        zone,
    )


def part_line(part: Part) -> str:
    """A part with its stock, in a line."""
    stock = part.stock
    if stock is None:
        return f"{part.quantity} × {part.name} (stock not known)"
    number = f", no. {stock.number}" if stock.number else ""
    store = f" in {stock.store}" if stock.store else ""
    lead = f", {stock.lead_time_d:g} days for more" if stock.lead_time_d is not None else ""
    short = " – NOT ENOUGH" if stock.on_hand < part.quantity else ""
    return f"{part.quantity} × {part.name}{number} ({stock.on_hand} on hand{store}{lead}){short}"


def warnings(order: WorkOrder) -> list[str]:
    """What has to be seen first: content that rests on text of strangers, and claims that were struck."""
    found = []
    if order.taint:
        found += ["!! TAINTED: CHECK BEFORE TRUSTING", *(f"!! {one}" for one in order.taint), ""]
    if order.struck:
        found += ["!! STRUCK: claims that the evidence did not carry", *(f"!! {one}" for one in order.struck), ""]
    return found


def _window(order: WorkOrder, zone: ZoneInfo) -> list[str]:
    if order.window is None:
        return []
    start, due = for_people(order.window.start, zone), for_people(order.window.due, zone)
    late = " LATE:" if order.window.late else ""
    return [f"Due: {start} to {due};{late} {order.window.reason}"]


def _listed(head: str, lines: list[str], mark: str = "- ") -> list[str]:
    return ["", head, *(f"{mark}{line}" for line in lines)] if lines else []
