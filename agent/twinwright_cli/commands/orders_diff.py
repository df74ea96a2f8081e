"""`twinwright orders diff`: what planners change between draft and submission, in one order or over all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from twinwright_tools.times import in_words_for_people

from ..options import Options, plant_options
from ..output import show, table
from .orders_desk import desk

if TYPE_CHECKING:
    from twinwright_tools.orders.editing import Habits


@click.command("diff")
@click.argument("order", required=False)
@plant_options
def command(options: Options, order: str | None) -> None:
    """What was changed in ORDER since it was drafted; without ORDER, what planners change in all that was submitted."""
    from twinwright_tools.orders.editing import changes_of, habits

    with desk(options, None) as at:
        zone = at.plant.zone
        if order is not None:
            found = at.book.get(order)
            what = changes_of(at.book.original(order), found)
            document = {"order": found.id, "status": found.status, "changes": what}
            show(options.as_json, document, lambda console: print_changes(console, what, zone))
            return
        submitted = at.book.list("submitted")
        seen = habits((at.book.original(one.id), one) for one in submitted)
    show(options.as_json, vars(seen), lambda console: _print_habits(console, seen))


def print_changes(console: Console, what: Mapping[str, Any], zone: ZoneInfo) -> None:
    """Each field that was changed, before and after."""
    if not what:
        console.print("as it was drafted")
        return
    rows = [(name, _cell(each["before"], zone), _cell(each["after"], zone)) for name, each in what.items()]
    console.print(table(["field", "drafted", "now"], rows))


def _print_habits(console: Console, seen: Habits) -> None:
    if not seen.orders:
        console.print("no order was submitted yet, so there is nothing to tell")
        return
    console.print(f"{seen.orders} orders were submitted, {seen.untouched} of them as they were drafted")
    if seen.fields:
        rows = [(name, count, f"{count / seen.orders:.0%}") for name, count in seen.fields.items()]
        console.print(table(["field", "changed in", "share"], rows))
    for name, counted in (("priority", seen.priorities), ("failure mode", seen.modes)):
        for change, count in counted.items():
            console.print(f"{name} {change}: {count} ×", markup=False)
    if seen.duration_ratio is not None:
        console.print(f"hours, where they were changed: {seen.duration_ratio:.2g} × those drafted (median)")


def _cell(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, list):
        return "\n".join(_cell(one, zone) for one in value) or "–"
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values())
    text = "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return in_words_for_people(text, zone)
