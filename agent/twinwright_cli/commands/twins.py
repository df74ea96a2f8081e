"""`twinwright twins`: the group; each of its commands has a file of its own."""

from __future__ import annotations

import click

from . import twins_apply, twins_export, twins_import, twins_log, twins_show


@click.group("twins", short_help="Change twins, see what was changed, bring them in and write them out.")
def command() -> None:
    """Twins: change them, see what was changed and by whom, how one stood; bring them in and write them out.

    Each of these commands takes -C PLANT and --json.
    """


command.add_command(twins_apply.command)
command.add_command(twins_export.command)
command.add_command(twins_import.command)
command.add_command(twins_log.command)
command.add_command(twins_show.command)
