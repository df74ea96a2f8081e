"""`twinwright demo`: the demo plant with a fault in it, or two, investigated from the flagship question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from twinwright_tools.errors import UnknownNameError, UsageError
from twinwright_tools.times import for_people, iso

from ..demo_folder import fresh_folder
from ..hints import command_line
from ..investigating import checked_report, exit_code, investigate_question, print_investigation
from ..options import read_settings
from ..output import show, table, working

if TYPE_CHECKING:
    from twinwright_plant import Fault, Truth

QUESTION = "why is line {} throughput dropping?"  # of the line that feels the fault; 3 where all do


@click.command("demo", short_help="Make the demo plant, break something in it, and find out what.")
@click.option("--fault", help="What to break (see --list-faults; default: the first of them); A+B: two.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Everything random follows from it.")
@click.option("--list-faults", is_flag=True, help="List the faults and stop.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo-plant"), show_default=True)
@click.option("--force", is_flag=True, help="Make the folder anew, whatever people did in it.")
@click.option("--model", default="auto", show_default=True, metavar="auto|rules|claude-…")
@click.option("--report", type=click.Path(path_type=Path), help="Where the HTML report goes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def command(
    fault: str | None,
    seed: int,
    list_faults: bool,
    folder: Path,
    force: bool,
    model: str,
    report: Path | None,
    as_json: bool,
) -> None:
    """Make a bottling plant with a fault in it and ask why line 3's throughput is dropping (or that of another line,
    where the fault sits there).

    The plant folder stays, so that every other command can be tried on it; where somebody did, the next demo doesn't
    make it anew without --force. What was broken is told only at the end; it never enters the plant folder.
    """
    from twinwright_plant import FAULTS, make_plant

    if list_faults:
        _list_faults(as_json)
        return
    fault = fault or next(iter(FAULTS))
    question = QUESTION.format(_named(fault)[0].line)
    with fresh_folder(folder, force) as free:
        if report is not None:
            checked_report(report)
        options = read_settings(free, as_json=as_json, model=model)
        with working(as_json, doing=f"simulating 48 h of the bottling plant into {free}"):
            truth = make_plant(free, fault, seed)
        with options.opened() as plant:
            found = investigate_question(options, plant, question, report=report)
            zone = plant.zone
    document = found.model_dump(mode="json") | {"truth": _truth(truth)}

    def people(console: Console) -> None:
        print_investigation(console, found, zone, options.settings)
        for one in (truth, *truth.also):
            began = for_people(one.onset, zone) if one.onset else "never"
            console.print(f"the truth, told only now: {one.twin}, {one.mode}, since {began}", markup=False)
        go_on = (command_line(options.settings, *words) for words in (("check",), ("orders", "list")))
        console.print(f"go on: {'; '.join(go_on)}", markup=False, style="dim", soft_wrap=True)

    show(options.as_json, document, people)
    click.get_current_context().exit(exit_code(found))


def _named(words: str) -> tuple[Fault, ...]:
    """The faults of ``A`` or ``A+B``.

    Raises:
        UnknownNameError: there is no such fault; the nearest names are suggested.
        UsageError: both sit on one asset.
    """
    from twinwright_plant import FAULTS
    from twinwright_plant.faults import named

    for name in words.split("+"):
        if name not in FAULTS:
            raise UnknownNameError.of("fault", name, FAULTS)
    try:
        return named(words)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _list_faults(as_json: bool) -> None:
    from twinwright_plant import FAULTS

    faults = [{"id": one.id, "twin": one.twin, "mode": one.mode} for one in FAULTS.values()]
    options = read_settings(as_json=as_json)
    show(
        options.as_json,
        {"faults": faults},
        lambda console: console.print(table(["fault", "twin", "mode"], [list(one.values()) for one in faults])),
    )


def _truth(truth: Truth) -> dict[str, Any]:
    told: dict[str, Any] = {"twin": truth.twin, "mode": truth.mode, "onset": iso(truth.onset) if truth.onset else None}
    return told | ({"also": [_truth(one) for one in truth.also]} if truth.also else {})
