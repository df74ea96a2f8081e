"""`twinwright orders outbox`: what was submitted and where it stands; with --send, another attempt."""

from __future__ import annotations

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import show, table
from .orders_desk import desk


@click.command("outbox")
@click.option("--send", is_flag=True, help="Send what is due; what waits for its next attempt goes on waiting.")
@plant_options
def command(options: Options, send: bool) -> None:
    """What was submitted and isn't settled yet, and what became of the rest."""
    from twinwright_tools.orders.outbox import Outbox
    from twinwright_tools.times import for_people

    with desk(options, "submit" if send else None) as at:
        outbox = Outbox(at.book.store)
        sent = at.sender(at.connector()).send() if send and outbox.due() else []
        entries = outbox.entries()
        old = [one.id for one in at.book.list("submitted") if one.id not in {entry.order for entry in entries}]
        zone = at.plant.zone
    waiting = [entry for entry in entries if entry.state in ("queued", "sending", "unclear")]

    def people(console: Console) -> None:
        if entries:
            rows = [
                (
                    entry.order,
                    entry.state,
                    entry.attempts,
                    for_people(entry.not_before, zone) if entry in waiting else "–",
                    entry.answer.id if entry.answer else "–",
                    entry.note,
                )
                for entry in entries
            ]
            console.print(table(["order", "state", "attempts", "next attempt", "in the CMMS", "note"], rows))
        if not waiting:
            done = sum(entry.state == "confirmed" for entry in entries)
            rest = f"; {done} submitted orders are in the CMMS" if done else "; nothing was submitted yet"
            console.print(f"nothing waits to be sent{rest}")
        if old:
            console.print(f"submitted before there was an outbox, in no CMMS yet: {', '.join(old)}; submit them again")

    document = {
        "value": [entry.as_dict() for entry in entries],
        "waiting": len(waiting),
        "sent": [entry.order for entry in sent],
        "in_no_cmms": old,
    }
    show(options.as_json, document, people)
