"""`twinwright simulate`: a physics model driven by the recorded inputs, beside what was measured; and what-ifs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from twinwright_tools.errors import SimulationError, TimeFormatError, UsageError
from twinwright_tools.times import for_people, parse_time

from ..options import TIME, Options, plant_options
from ..output import number, show, table, working

if TYPE_CHECKING:
    from twinwright_tools.plant import Plant
    from twinwright_tools.simulation.simulate import Simulation, Tell
    from twinwright_tools.simulation.whatif import WhatIf

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|m|h|d)")
_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
_LOOK_BACK = timedelta(hours=8)


class TimeOrDuration(click.ParamType[datetime | timedelta]):
    """An ISO 8601 time with a zone, or a duration such as ``90min``, ``6h`` or ``2d``."""

    name = "time|duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        if isinstance(value, datetime | timedelta):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            try:
                return parse_time(str(value))
            except TimeFormatError as error:
                raise TimeFormatError(
                    f"{error.message}; a duration is written 90min, 6h or 2d",
                    code=error.code,
                    suggestions=error.suggestions,
                ) from None
        seconds = float(found[1]) * _SECONDS[found[2]]
        if not 0 < seconds <= 366 * 86_400:
            raise UsageError(f"{value!r} is no duration between 0 and 366 d")
        return timedelta(seconds=seconds)


class Setting(click.ParamType[tuple[str, float]]):
    """``PARAMETER=NUMBER``."""

    name = "param=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not equals or not name.strip() or not math.isfinite(found):
            raise UsageError(f"{value!r} sets nothing; write PARAMETER=NUMBER, for example fouling=0.5")
        return name.strip(), found


@click.command("simulate", short_help="Try a what-if in the physics model attached to a twin.")
@click.argument("twin", metavar="TWIN")
@click.option("--set", "settings", type=Setting(), multiple=True, metavar="PARAM=VALUE", help="Change a parameter.")
@click.option("--from", "start", type=TIME, help="Begin (default: 8 h before the end); with --mode: the assumed onset.")
@click.option("--until", type=TimeOrDuration(), help="End, or how long (default: the newest telemetry).")
@click.option("--mode", help="A failure mode: is it for or against what was measured since its onset?")
@click.option(
    "--plot", type=click.Path(path_type=Path), help="Draw simulated and measured into this file (.png, .svg)."
)
@click.option(
    "--using", metavar="FILE|fmu|mo", help="Which of the attached model files (default: the first that runs)."
)
@click.option(
    "--limit", type=click.FloatRange(1, 3600), default=300.0, show_default=True, help="Seconds for all runs together."
)
@plant_options
def command(
    options: Options,
    twin: str,
    settings: tuple[tuple[str, float], ...],
    start: datetime | None,
    until: datetime | timedelta | None,
    mode: str | None,
    plot: Path | None,
    using: str | None,
    limit: float,
) -> None:
    """Drive the model attached to TWIN with the recorded inputs and compare its outputs with the measured signals.

    With --mode, a failure mode is tried instead: its severity is fitted to what was measured since the onset, and the
    result speaks for the mode, against it, or decides nothing. Models are attached in the plant folder's
    simulation/*.toml; they run as code in a process of their own.
    """
    from twinwright_tools.simulation.plot import check_plot

    if mode is not None and settings:
        raise UsageError("--mode fits its own parameters; give either --mode or --set")
    if plot is not None:
        check_plot(plot)
    asked = _Asked(twin, mode, dict(settings), start, until, using, limit)
    found: WhatIf | None = None
    with _told_in_a_clone(), options.opened() as plant, working(options.as_json, plant.zone) as progress:
        zone = plant.zone
        if mode is None:
            run = _simulated(plant, asked, progress)
            document, runs = run.as_dict(), [("simulated", run)]
        else:
            found = _tried(plant, asked, progress)
            named = (("sound model", found.healthy), (f"with {mode}", found.mode_run))
            document, runs = found.as_dict(), [(name, made) for name, made in named if made is not None]
    document["plot"] = _drawn(runs, plot, zone, twin)

    def people(console: Console) -> None:
        if found is None:
            _print_run(console, runs[0][1], zone)
        else:
            _print_what_if(console, found, zone)
        if document["plot"]:
            console.print(f"plot: {document['plot']}", markup=False)

    show(options.as_json, document, people)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command's words."""

    twin: str
    mode: str | None
    settings: dict[str, float]
    start: datetime | None
    until: datetime | timedelta | None
    using: str | None
    limit_s: float


@contextmanager
def _told_in_a_clone() -> Iterator[None]:
    """Where an extra is missing, also says how it is installed where Twinwright itself came from no registry."""
    try:
        yield
    except SimulationError as error:
        if error.code == "simulation.extra":
            error.message += " (in a clone: .venv/bin/python -m pip install -e '.[simulate]')"
        raise


def _simulated(plant: Plant, asked: _Asked, progress: Tell) -> Simulation:
    from twinwright_tools.simulation.attachment import attachment_of
    from twinwright_tools.simulation.simulate import open_model

    attachment = attachment_of(plant, asked.twin)
    begin, end = _window(plant, asked.start, asked.until)
    progress(f"simulating {attachment.name}")
    with open_model(plant, attachment, limit_s=asked.limit_s, only=asked.using, tell=progress) as runner:
        return runner.simulate(begin, end, asked.settings)


def _tried(plant: Plant, asked: _Asked, progress: Tell) -> WhatIf:
    from twinwright_tools.simulation.whatif import compare_hypothesis

    if isinstance(asked.until, timedelta) and asked.start is None:
        raise UsageError("with --mode, --until as a duration needs --from, the assumed onset")
    return compare_hypothesis(
        plant,
        asked.twin,
        asked.mode or "",
        onset=asked.start,
        end=_window(plant, asked.start, asked.until)[1],
        limit_s=asked.limit_s,
        only=asked.using,
        tell=progress,
    )


def _window(plant: Plant, start: datetime | None, until: datetime | timedelta | None) -> tuple[datetime, datetime]:
    if isinstance(until, timedelta):
        begin = start or plant.at - until
        return begin, min(begin + until, plant.at)
    end = min(until or plant.at, plant.at)
    begin = start or end - _LOOK_BACK
    if begin >= end:
        raise UsageError(f"the window ends at {for_people(end, plant.zone)}, before it begins")
    return begin, end


def _drawn(runs: list[tuple[str, Simulation]], plot: Path | None, zone: ZoneInfo, twin: str) -> str | None:
    if plot is None or not runs:
        return None
    from twinwright_tools.simulation.plot import plot_simulations

    plot_simulations(runs, plot, zone, f"{twin}: {runs[0][1].kind} model {runs[0][1].file}")
    return str(plot.resolve())


def _print_run(console: Console, run: Simulation, zone: ZoneInfo) -> None:
    console.print(f"{run.attachment.twin}: {run.file} ({run.kind})", style="bold", markup=False)
    console.print(f"{for_people(run.start, zone)} to {for_people(run.end, zone)}", markup=False)
    rows = []
    for one in run.comparisons:
        share = one.rmse / one.spread if one.spread > 0 else None
        figures = [number(value, one.unit) for value in (one.rmse, one.bias)]
        rows.append((one.name, str(one.key), *figures, number(share), int(one.compared.sum())))
    console.print(table(["output", "signal", "RMSE", "bias", "RMSE / std", "samples"], rows))
    set_to = ", ".join(f"{name} {value:.4g}" for name, value in run.parameters.items())
    console.print(f"parameters: {set_to or 'as the model states them'}", markup=False)
    for note in run.notes:
        console.print(f"- {note}", markup=False)


def _print_what_if(console: Console, found: WhatIf, zone: ZoneInfo) -> None:
    console.print(f"{found.verdict}: {found.mode} of {found.twin}", style="bold", markup=False)
    console.print(f"assumed since {for_people(found.onset, zone)}", markup=False)
    console.print(found.text, markup=False)
    if found.outputs:
        rows = [
            (one.signal, number(one.before, one.unit), number(one.healthy, one.unit), number(one.mode, one.unit))
            for one in found.outputs
        ]
        heads = ["RMSE of", "sound model, healthy past", "sound model since", f"with {found.mode} since"]
        console.print(table(heads, rows))
