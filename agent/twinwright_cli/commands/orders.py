"""`twinwright orders`: the group; its commands stand in files of their own. Nothing is sent without a person's yes."""

from __future__ import annotations

import click

from . import (
    orders_diff,
    orders_edit,
    orders_feedback,
    orders_look,
    orders_move,
    orders_outbox,
    orders_submit,
    orders_sync,
)


@click.group("orders", short_help="Drafted work orders: look, edit, submit, see what became of them.")
def command() -> None:
    """Drafted work orders: look at them, edit them, submit them to the CMMS, and see what became of them.

    Each of these commands takes -C PLANT and --json. Who may do what stands in the plant's roles.toml; without that
    file there is one user, who may do all.
    """


for each in (
    orders_look.list_orders,
    orders_look.show_order,
    orders_edit.command,
    orders_diff.command,
    orders_submit.command,
    orders_sync.command,
    orders_edit.cancel,
    orders_outbox.command,
    orders_move.command,
    orders_feedback.feedback,
    orders_look.log,
    orders_look.people,
):
    command.add_command(each)
