"""`twinwright orders`: the embedded order book. Nothing is submitted without a person's yes."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from twinwright_tools.errors import UsageError
from twinwright_tools.times import in_words_for_people

from ..options import Options, plant_options
from ..output import PlainConsole, show, table
from .orders_feedback import feedback

if TYPE_CHECKING:
    from twinwright_tools.orders.order import WorkOrder


@click.group("orders", short_help="List, show and submit drafted work orders.")
def command() -> None:
    """Drafted work orders: list them, show one, submit one."""


command.add_command(feedback)


@command.command("list")
@click.option("--status", type=click.Choice(["draft", "submitted", "cancelled"]), help="Only these.")
@plant_options
def list_orders(options: Options, status: str | None) -> None:
    """List the orders of this plant."""
    from twinwright_tools.orders import OrderBook

    with options.opened() as plant:
        orders = OrderBook(plant.state).list(status)

    def people(console: Console) -> None:
        if not orders:
            console.print("no work orders yet; `twinwright ask` drafts them")
            return
        rows = [(one.id, one.status, one.priority, one.asset, one.title) for one in orders]
        console.print(table(["id", "status", "priority", "asset", "title"], rows))

    show(options.as_json, {"value": [one.model_dump(mode="json") for one in orders]}, people)


@command.command("show")
@click.argument("order")
@plant_options
def show_order(options: Options, order: str) -> None:
    """Show one order."""
    from twinwright_tools.orders import OrderBook

    with options.opened() as plant:
        found = OrderBook(plant.state).get(order)
        zone = plant.zone
    show(options.as_json, found.model_dump(mode="json"), lambda console: print_order(console, found, zone))


@command.command("submit")
@click.argument("order")
@click.option("--yes", is_flag=True, help="You are a person and you mean it; otherwise you are asked.")
@click.option("--by", default=None, help="Who submits (default: the user who is logged in).")
@plant_options
def submit_order(options: Options, order: str, yes: bool, by: str | None) -> None:
    """Submit one draft to the order book; a person has to say yes."""
    from twinwright_tools.orders import OrderBook

    with options.opened() as plant:
        book = OrderBook(plant.state)
        draft = book.get(order)
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError(f"nobody is there to say yes; add --yes to submit {order}", code="orders.no_yes")
            print_order(PlainConsole(stderr=True, highlight=False), draft, plant.zone)
            if not click.confirm(f"Submit {order}?", err=True):
                raise click.Abort
        done = book.submit(order, by=by or getpass.getuser(), at=datetime.now(UTC))
        zone = plant.zone
    show(options.as_json, done.model_dump(mode="json"), lambda console: print_order(console, done, zone))


def print_order(console: Console, order: WorkOrder, zone: ZoneInfo) -> None:
    """One work order as text, times in the site's zone."""
    console.print(f"{order.id}  {order.title}", style="bold", markup=False)
    lines = [
        f"status    {order.status}",
        f"asset     {order.asset}   ({' / '.join(order.location)})",
        f"problem   {order.problem}",
        f"mode      {order.failure_mode or 'none named'}",
        f"priority  {order.priority}: {order.priority_reason.removeprefix(f'{order.priority}: ')}",
        f"duration  {order.duration_h:g} h;  skills: {', '.join(order.skills) or '–'}",
        "isolation",
        *(f"  - {point.energy}: {point.action} ({point.twin})" for point in order.isolation),
        "tasks",
        *(f"  {number}. {task}" for number, task in enumerate(order.tasks, 1)),
        f"parts     {', '.join(f'{part.quantity} × {part.name}' for part in order.parts) or '–'}",
        f"evidence  {', '.join(order.evidence)}",
    ]
    for line in lines:
        console.print(in_words_for_people(line, zone), markup=False)
