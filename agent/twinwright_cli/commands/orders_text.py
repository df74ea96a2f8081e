"""Orders, submissions and matches as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console

from twinwright_tools.times import for_people, in_words_for_people

if TYPE_CHECKING:
    from twinwright_tools.orders.duplicates import Match
    from twinwright_tools.orders.order import WorkOrder
    from twinwright_tools.orders.outbox import Entry


def print_order(console: Console, order: WorkOrder, zone: ZoneInfo, entry: Entry | None = None) -> None:
    """One work order as text, times in the site's zone; what is tainted or struck comes first."""
    from twinwright_tools.orders.message import part_line

    console.print(f"{order.id}  {order.title}", style="bold", markup=False)
    for text in order.taint:
        console.print(f"!! TAINTED, check before trusting: {text}", style="bold red", markup=False)
    for text in order.struck:
        console.print(f"!! STRUCK, not carried by its evidence: {text}", style="bold red", markup=False)
    if order.addition_to is not None:
        to = order.addition_to
        console.print(f"adds to   open order {to.order}: {to.title} ({'; '.join(to.reasons)})", markup=False)
    lines = [
        f"status    {order.status}",
        f"asset     {order.asset}   ({' / '.join(order.location)})",
        f"problem   {order.problem}",
        f"mode      {order.failure_mode or 'none named'}",
        f"priority  {order.priority}: {order.priority_reason.removeprefix(f'{order.priority}: ')}",
        f"due       {_window(order, zone)}",
        f"duration  {order.duration_h:g} h;  skills: {', '.join(order.skills) or '–'}",
        "isolation",
        *(f"  - {point.energy}: {point.action} ({point.twin})" for point in order.isolation),
        *(f"  - as the plant lists it: {text}" for text in order.isolation_listed),
        "tasks",
        *(f"  {number}. {task}" for number, task in enumerate(order.tasks, 1)),
        "parts" if order.parts else "parts     –",
        *(f"  - {part_line(part)}" for part in order.parts),
        *(f"note      {text}" for text in order.notes),
        f"files     {', '.join(f'{one.name} ({one.size / 1000:,.0f} kB)' for one in order.attachments) or '–'}",
        f"evidence  {', '.join(order.evidence)}",
    ]
    for line in lines:
        console.print(in_words_for_people(line, zone), markup=False)
    if entry is not None:
        print_entry(console, entry, zone)


def print_entry(console: Console, entry: Entry, zone: ZoneInfo) -> None:
    """Where a submission stands."""
    told = {
        "confirmed": f"in the CMMS as {f'{entry.answer.id}, {entry.answer.status}' if entry.answer else '?'}"
        + (" (added to that order)" if entry.adds_to else ""),
        "queued": f"waits to be sent; next attempt at {for_people(entry.not_before, zone)}",
        "unclear": f"nobody knows yet whether the CMMS has it; it is asked at {for_people(entry.not_before, zone)}",
        "sending": "was being sent when the process ended; the CMMS is asked before it is sent again",
        "refused": "was refused and is a draft again",
    }[entry.state]
    console.print(f"sent      {entry.state}: {told}", markup=False)
    if entry.answer is not None and entry.answer.url:
        console.print(f"          {entry.answer.url}", markup=False)
    if entry.note:
        console.print(f"          {in_words_for_people(entry.note, zone)}", markup=False)
    for name, problem in entry.attached.items():
        if problem:
            console.print(f"          {name} isn't there: {problem}", markup=False)


def print_matches(console: Console, matches: Sequence[Match], zone: ZoneInfo) -> None:
    """The open orders that are the same or near, with the reasons."""
    for match in matches:
        if match.verdict == "different":
            continue
        reasons = in_words_for_people("; ".join(match.reasons), zone)
        where = f", {match.order.url}" if match.filed else ""
        text = f"{match.verdict}: {match.order.id} ({match.order.status}{where}) {match.order.title}: {reasons}"
        console.print(text, markup=False, style="bold" if match.verdict == "duplicate" else "dim")


def match_as_dict(match: Match) -> dict[str, object]:
    """A match as JSON has it."""
    return {
        "order": match.order.id,
        "title": match.order.title,
        "state": match.order.state,
        "verdict": match.verdict,
        "reasons": list(match.reasons),
        "source": match.order.url if match.filed else "cmms",
    }


def _window(order: WorkOrder, zone: ZoneInfo) -> str:
    if order.window is None:
        return "not known"
    late = "LATE: " if order.window.late else ""
    return (
        f"{for_people(order.window.start, zone)} to {for_people(order.window.due, zone)} ({late}{order.window.reason})"
    )
