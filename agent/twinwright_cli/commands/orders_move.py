"""`twinwright orders move`: where the embedded order book is the CMMS, what people do with an order in it."""

from __future__ import annotations

import click

from twinwright_tools.errors import UsageError

from ..options import Options, plant_options
from ..output import show
from .orders_desk import desk


@click.command("move")
@click.argument("order")
@click.argument("to", metavar="STATE", type=click.Choice(["open", "in_progress", "done", "cancelled"]))
@click.option("--hours", type=click.FloatRange(0), help="Hours booked on it, if it is done.")
@click.option("--by", default=None, help="In whose name (default: your account).")
@plant_options
def command(options: Options, order: str, to: str, hours: float | None, by: str | None) -> None:
    """Begin, finish, open again or cancel order E-… of the embedded order book."""
    from twinwright_tools.cmms.embedded import EmbeddedCmms

    with desk(options, "edit", by) as at:
        connector = at.connector()
        if not isinstance(connector, EmbeddedCmms):
            raise UsageError(f"orders of {connector.name} are moved there, not here", code="orders.not_embedded")
        done = connector.move(order, to, by=at.by, duration_h=hours)  # type: ignore[arg-type]  # the choice is of states
    show(
        options.as_json,
        done.model_dump(mode="json"),
        lambda console: console.print(f"{done.id} is {done.status}: {done.title}", markup=False),
    )
