"""`twinwright twins`: the group; each of its commands has a file of its own."""

from __future__ import annotations

import click

from . import twins_export, twins_import


@click.group("twins", short_help="Bring models and twins in, and write them out.")
def command() -> None:
    """Models and twins: bring them in, and write them out in the forms of Azure Digital Twins.

    Each of these commands takes -C PLANT and --json.
    """


command.add_command(twins_export.command)
command.add_command(twins_import.command)
