"""`twinwright cmms match`: which CMMS asset is which twin."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console

from twinwright_tools.errors import UnknownNameError, UsageError

from ..options import Options, plant_options
from ..output import show, table, working

if TYPE_CHECKING:
    from twinwright_tools.cmms.matching import Matching
    from twinwright_tools.plant import Plant

_MOST = 40


@click.command("match")
@click.option("--accept", multiple=True, metavar="TWIN=ASSET", help="Say yes to a pair.")
@click.option("--reject", multiple=True, metavar="TWIN=ASSET", help="Say no to a pair: it is never proposed again.")
@click.option("--by", default=None, help="Who decides (default: the user who is logged in).")
@click.option("--offline", is_flag=True, help="By the assets as they were last read.")
@plant_options
def match(options: Options, accept: tuple[str, ...], reject: tuple[str, ...], by: str | None, offline: bool) -> None:
    """Which CMMS asset is which twin: by id, by rule, or by your yes; what doesn't match is listed, never guessed."""
    from twinwright_tools.cmms.assets import known_matching, read_matching
    from twinwright_tools.cmms.choose import connect

    with options.opened() as plant, working(options.as_json, doing="matching the assets") as progress:
        if not offline:
            progress("reading the assets")
            read_matching(plant, connect(plant, os.environ))
        _decide(plant, accept, True, by or getpass.getuser())
        _decide(plant, reject, False, by or getpass.getuser())
        found = known_matching(plant)
    show(options.as_json, found.as_dict(), lambda console: _print(console, found))


def _decide(plant: Plant, pairs: tuple[str, ...], accepted: bool, by: str) -> None:
    from twinwright_tools.cmms.assets import memory_of

    memory = memory_of(plant)
    known = {one.id for one in memory.assets()[0]}
    for pair in pairs:
        twin, equals, asset = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} is no pair; write TWIN=ASSET")
        plant.graph.twin(twin)
        if asset not in known:
            raise UnknownNameError.of("asset", asset, known)
        memory.decide(twin, asset, accepted, by, datetime.now(UTC))


def _print(console: Console, found: Matching) -> None:
    console.print(table(["twin", "asset", "known by"], [(one.twin, one.asset, one.how) for one in found.matches]))
    if found.proposals:
        rows = [(one.twin, one.asset, f"{one.score:.2f}", one.why) for one in found.proposals]
        console.print(
            table(["twin", "asset", "alike", "why"], rows, title="Proposed: say --accept TWIN=ASSET, or --reject")
        )
    for twin, assets in found.ambiguous.items():
        console.print(f"{twin} fits several assets, so none was taken: {', '.join(assets)}", markup=False)
    for what, left in (("twins without an asset", found.twins_left), ("assets without a twin", found.assets_left)):
        more = f" and {len(left) - _MOST} more (--json has them)" if len(left) > _MOST else ""
        console.print(f"{what} ({len(left)}): {', '.join(left[:_MOST]) or 'none'}{more}", markup=False)
