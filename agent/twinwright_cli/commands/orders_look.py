"""`twinwright orders list | show | log | people`: looking, without changing anything."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click
from rich.console import Console

from twinwright_tools.times import for_people, iso

from ..options import Options, plant_options
from ..output import show, table
from .orders_desk import desk
from .orders_text import print_order

_STATUSES = ("draft", "submitted", "cancelled")


@click.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only these.")
@plant_options
def list_orders(options: Options, status: str | None) -> None:
    """List the orders of this plant."""
    from twinwright_tools.orders.outbox import Outbox

    with desk(options, None) as at:
        every = at.book.list()
        entries = {entry.order: entry for entry in Outbox(at.book.store).entries()}
    states = {name: entry.state for name, entry in entries.items()}
    there = {name: entry.answer.status for name, entry in entries.items() if entry.answer}
    orders = [one for one in every if status in (None, one.status)]

    def people(console: Console) -> None:
        if not every:
            console.print("no work orders yet; `twinwright ask` drafts them")
        elif not orders:
            counted = Counter(one.status for one in every)
            rest = ", ".join(f"{count} {name}" for name, count in counted.items())
            console.print(f"no order is {status}; there are {rest}", markup=False)
        else:
            rows = [
                (
                    one.id,
                    one.status,
                    states.get(one.id, "–"),
                    there.get(one.id, "–"),
                    one.priority,
                    _marks(one.taint, one.struck),
                    one.asset,
                    one.title,
                )
                for one in orders
            ]
            console.print(table(["id", "status", "sent", "in the CMMS", "priority", "marks", "asset", "title"], rows))

    value = [
        one.model_dump(mode="json") | {"sent": states.get(one.id), "cmms_status": there.get(one.id)} for one in orders
    ]
    show(options.as_json, {"value": value}, people)


@click.command("show")
@click.argument("order")
@plant_options
def show_order(options: Options, order: str) -> None:
    """Show one order, and where its submission stands."""
    from twinwright_tools.orders.outbox import Outbox

    with desk(options, None) as at:
        found = at.book.get(order)
        entry = Outbox(at.book.store).entry(order)
        zone = at.plant.zone
    document = found.model_dump(mode="json") | {"outbox": entry.as_dict() if entry else None}
    show(options.as_json, document, lambda console: print_order(console, found, zone, entry))


@click.command("log")
@click.argument("order", required=False)
@plant_options
def log(options: Options, order: str | None) -> None:
    """Who did what, oldest first: with ORDER, or with all orders."""
    with desk(options, None) as at:
        entries = at.book.log(order)
        zone = at.plant.zone

    def people(console: Console) -> None:
        rows = [(for_people(one.at, zone), one.order, one.by, one.event, _detail(one.detail)) for one in entries]
        console.print(table(["time", "order", "by", "what", "of it"], rows) if rows else "nothing was done yet")

    value = [
        {"at": iso(one.at), "order": one.order, "by": one.by, "event": one.event, "detail": one.detail}
        for one in entries
    ]
    show(options.as_json, {"value": value}, people)


@click.command("people")
@plant_options
def people(options: Options) -> None:
    """Who may draft, edit and submit orders here, and who you are."""
    from twinwright_tools.orders.rights import RIGHTS, ROLES_FILE, account, read_rights

    with desk(options, None) as at:
        rights = read_rights(at.plant.folder)
    who = account()

    def told(console: Console) -> None:
        if rights.single_user:
            console.print(
                f"single-user mode: there is no {ROLES_FILE}, so {who}, like anyone who can run this, may do all"
            )
            return
        rows = [(name, ", ".join(sorted(had)) or "read only") for name, had in sorted(rights.people.items())]
        console.print(table(["person", "may"], rows))
        console.print(f"you are {who}", markup=False)

    document = {
        "single_user": rights.single_user,
        "you": who,
        "you_may": [right for right in RIGHTS if rights.may(who, right)],  # type: ignore[arg-type]  # RIGHTS are all of them
        "people": {name: sorted(had) for name, had in rights.people.items()},
    }
    show(options.as_json, document, told)


def _detail(detail: dict[str, Any] | None) -> str:
    """Short values with their names; of long ones the name."""
    return ", ".join(
        f"{name} {value}" if isinstance(value, str | int) else name for name, value in (detail or {}).items()
    )


def _marks(taint: list[str], struck: list[str]) -> str:
    return " ".join(name for name, texts in (("TAINTED", taint), ("STRUCK", struck)) if texts)
