"""`twinwright cmms`: the connectors to maintenance systems, whether the plant's own works, assets and past orders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import show, table
from . import cmms_import, cmms_match

if TYPE_CHECKING:
    from twinwright_tools.cmms.scorecards import Scorecard


@click.group("cmms", short_help="The maintenance system: connectors, check, assets, past orders.")
def command() -> None:
    """The maintenance system that orders go to: its connector, its assets, its past orders.

    Each of these commands takes -C PLANT and --json.

    `[cmms]` in twinwright.toml names it; credentials come from the environment (TWINWRIGHT_CMMS_USER, …_PASSWORD,
    …_TOKEN, …_CLIENT_ID, …_CLIENT_SECRET) or a file that only you can read (TWINWRIGHT_CMMS_CREDENTIALS_FILE).
    """


command.add_command(cmms_match.match)
command.add_command(cmms_import.import_command)


@command.command("connectors")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def connectors(kind: str | None, as_json: bool) -> None:
    """List the connectors with what each does and doesn't, or show one's scorecard."""
    from twinwright_tools.cmms.scorecards import scorecard, scorecards

    if kind is not None:
        card = scorecard(kind)
        show(as_json, card.model_dump(), lambda console: _print_card(console, card))
        return
    cards = scorecards()

    def people(console: Console) -> None:
        rows = [
            (
                card.kind,
                card.product,
                card.count("done"),
                card.count("to do"),
                card.count("exempt"),
                card.tested_against,
            )
            for card in cards
        ]
        console.print(table(["kind", "product", "done", "to do", "exempt", "tested against"], rows))

    show(as_json, {"value": [card.model_dump() for card in cards]}, people)


def _print_card(console: Console, card: Scorecard) -> None:
    from twinwright_tools.cmms.scorecards import RULES

    console.print(f"{card.product}, {card.interface}; tested against: {card.tested_against}", markup=False)
    rows = [(name, one.status, RULES[name], one.why) for name, one in card.rules.items()]
    console.print(table(["rule", "status", "which says that", "why"], rows))


@command.command("check")
@plant_options
def check(options: Options) -> None:
    """Log in to the plant's CMMS and read a little; nothing is written."""
    from twinwright_tools.cmms.choose import connect

    with options.opened(doing="asking the CMMS") as plant:
        connector = connect(plant, os.environ)
        found = connector.check()
        document: dict[str, Any] = {"kind": plant.config.cmms.kind, "product": connector.name, "found": found}

    def people(console: Console) -> None:
        for line in found:
            console.print(line, markup=False)

    show(options.as_json, document, people)
