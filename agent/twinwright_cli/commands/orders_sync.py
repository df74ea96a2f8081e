"""`twinwright orders sync`: what became of the orders in the CMMS."""

from __future__ import annotations

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import show, table, working
from .orders_desk import desk


@click.command("sync")
@click.option("--all", "everything", is_flag=True, help="Also those that had ended when they were last seen.")
@plant_options
def command(options: Options, everything: bool) -> None:
    """Bring the status of submitted orders back from the CMMS."""
    from twinwright_tools.orders.outbox import Outbox
    from twinwright_tools.orders.sync import sync

    with desk(options, None) as at, working(options.as_json, doing="asking the CMMS"):
        changes = sync(Outbox(at.book.store), at.connector(), at.by, everything=everything)

    def people(console: Console) -> None:
        if not changes:
            console.print("no submitted order is open in the CMMS")
            return
        rows = [
            (one.order, one.before.id, one.before.status, one.now.status if one.now else "gone")
            for one in sorted(changes, key=lambda one: not one.changed)
        ]
        console.print(table(["order", "in the CMMS", "before", "now"], rows))

    show(options.as_json, {"value": [one.as_dict() for one in changes]}, people)
