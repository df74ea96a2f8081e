"""`twinwright twins`: the group; each of its commands has a file of its own."""

from __future__ import annotations

import click

from . import twins_apply, twins_log, twins_show


@click.group("twins", short_help="Change twins, see what was changed, and how one stood at any time.")
def command() -> None:
    """Twins: change them, see what was changed and by whom, and how one stood at any time.

    Each of these commands takes -C PLANT and --json.
    """


command.add_command(twins_apply.command)
command.add_command(twins_log.command)
command.add_command(twins_show.command)
