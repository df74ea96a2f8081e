"""`twinwright completion`: the completion script for a shell."""

from __future__ import annotations

import json

import click
from click.shell_completion import get_completion_class

from twinwright_tools.errors import UsageError


@click.command("completion", short_help="Print the completion script for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_context
def command(context: click.Context, shell: str, as_json: bool) -> None:
    """Print the completion script: `eval "$(twinwright completion bash)"`."""
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"there is no completion for {shell}")
    source = kind(context.find_root().command, {}, "twinwright", "_TWINWRIGHT_COMPLETE").source()
    click.echo(json.dumps({"shell": shell, "script": source}) if as_json else source)
