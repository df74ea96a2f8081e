"""`twinwright modes`: the library of failure modes, and checking one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import number, show, table

if TYPE_CHECKING:
    from twinwright_tools.diagnosis.failure_modes import FailureMode, Library


@click.group("modes", invoke_without_command=True, short_help="List failure modes, show one, check your own.")
@click.option("--equipment", metavar="WORDS", help='Only those that can happen to it, such as "centrifugal pump".')
@plant_options
@click.pass_context
def command(context: click.Context, options: Options, equipment: str | None) -> None:
    """List the failure modes: those that come along, and the plant's own (see docs/failure-modes.md).

    `twinwright modes show ID` shows one, `twinwright modes lint FILE` checks a file of your own.
    """
    if context.invoked_subcommand is not None:
        return
    library = _library(options)
    modes = [mode for mode in library.modes.values() if equipment is None or _happens(mode, equipment)]

    def people(console: Console) -> None:
        rows = [(mode.id, mode.name, ", ".join(mode.equipment), mode.failure) for mode in modes]
        console.print(table(["id", "name", "equipment", "failure mode"], rows))
        console.print(f"{len(modes)} failure modes", style="dim")

    show(options.as_json, {"value": [_document(mode) for mode in modes]}, people)


@command.command("show")
@click.argument("mode")
@plant_options
def show_mode(options: Options, mode: str) -> None:
    """Show one failure mode: its signs, the checks that tell it apart, and the repair."""
    from twinwright_tools.errors import UnknownNameError

    modes = _library(options).modes
    if mode not in modes:
        raise UnknownNameError.of("failure mode", mode, modes)
    found = modes[mode]
    show(options.as_json, _document(found), lambda console: _print_mode(console, found))


@command.command("lint")
@click.argument("file", type=click.Path(path_type=Path))
@plant_options
def lint(options: Options, file: Path) -> None:
    """Check a file of failure modes of your own; exit code 2 and the place where something is wrong."""
    from twinwright_tools.diagnosis.failure_modes import lint_modes

    report = lint_modes(file, _plant_files(options))

    def people(console: Console) -> None:
        console.print(f"{file}: {len(report['modes'])} failure mode(s), {len(report['roles'])} role(s)", markup=False)
        if report["overrides"]:
            console.print(f"replaces: {', '.join(report['overrides'])}", markup=False)
        for warning in report["warnings"]:
            console.print(f"warning: {warning}", markup=False)

    show(options.as_json, report, people)


def _plant_files(options: Options) -> list[Path]:
    """The files of the plant in which one stands; none where it is no plant."""
    from twinwright_tools.diagnosis.failure_modes import failure_mode_files
    from twinwright_tools.plant.config import read_config
    from twinwright_tools.plant.places import plant_folder

    folder = plant_folder(options.settings.plant)
    return failure_mode_files(folder, read_config(folder))


def _library(options: Options) -> Library:
    from twinwright_tools.diagnosis.failure_modes import load_library

    return load_library(_plant_files(options))


def _happens(mode: FailureMode, equipment: str) -> bool:
    from twinwright_tools.diagnosis.failure_modes import happens_to, words_of

    return happens_to(mode, [words_of(equipment)])


def _document(mode: FailureMode) -> dict[str, Any]:
    return {
        "id": mode.id,
        "name": mode.name,
        "equipment": list(mode.equipment),
        "anywhere": mode.anywhere,
        "iso_class": mode.iso_class,
        "failure": mode.failure,
        "mechanism": mode.mechanism,
        "frequency": mode.frequency,
        "signature": [
            {
                "role": sign.role,
                "at": sign.at,
                "direction": {1: "up", -1: "down", 0: "either"}[sign.direction],
                "kinds": list(sign.counted),
                "seen": sign.seen,
                "weight_nats": round(sign.weight, 3),
            }
            for sign in mode.signature
        ],
        "checks": [
            {
                "text": check.text,
                "finding": check.finding,
                "minutes": check.minutes,
                "skill": check.skill,
                "tells": check.tells,
                "default": check.default,
            }
            for check in mode.discriminating
        ],
        "tasks": list(mode.tasks),
        "parts": list(mode.parts),
        "skills": list(mode.skills),
        "duration_h": mode.duration_h,
        "source": Path(mode.source).name,
    }


def _print_mode(console: Console, mode: FailureMode) -> None:
    console.print(f"{mode.id}  {mode.name}", style="bold", markup=False)
    iso = f" (ISO 14224 class {mode.iso_class})" if mode.iso_class else ""
    anywhere = ", or any twin with signals" if mode.anywhere else ""
    console.print(f"equipment     {', '.join(mode.equipment)}{anywhere}{iso}", markup=False)
    console.print(f"failure mode  {mode.failure}\nmechanism     {mode.mechanism}", markup=False)
    signs = [(sign.text, f"{sign.seen:.0%}", f"{sign.weight:+.1f} nats") for sign in mode.signature]
    console.print(table(["sign", "seen in", "speaks for it"], signs))
    checks = [
        (check.text, check.finding, number(check.minutes, "min"), check.skill, f"{check.tells[mode.id]:.0%}")
        for check in mode.discriminating
    ]
    console.print(table(["check", "positive if", "takes", "skill", "if it is this"], checks))
    for name, listed in (("tasks", mode.tasks), ("parts", mode.parts), ("skills", mode.skills)):
        console.print(f"{name:13} {'; '.join(listed) or '–'}", markup=False)
    console.print(f"duration      {number(mode.duration_h, 'h')}", markup=False)
