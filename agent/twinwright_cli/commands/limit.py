"""`twinwright limit`: when drifting signals cross their limits, and a fleet ranked by it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from twinwright_tools.errors import UsageError

from ..options import Options, at_option, plant_options
from ..output import Progress, number, show, table, working

if TYPE_CHECKING:
    from twinwright_tools.plant import Plant
    from twinwright_tools.prognosis.outlook import Choose, Outlook
    from twinwright_tools.prognosis.ranking import Ranking

_SURE = 0.8


@click.command("limit", short_help="When drifting signals cross their limits; a fleet ranked by it.")
@click.argument("signals", nargs=-1, metavar="[TWIN.SIGNAL…]")
@click.option("--above", metavar="X", help="The upper limit, in the signal's unit (80, or '80 °C').")
@click.option("--below", metavar="X", help="The lower limit, in the signal's unit.")
@click.option("--fleet", metavar="MODEL.SIGNAL|all", help="All twins of a model; all: every signal with a limit.")
@click.option("--horizon", default="30d", show_default=True, help="How far ahead (30d, 12h, 2w).")
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="The interval's probability.",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the first twelve into this file (.png or .svg).")
@at_option
@plant_options
def command(
    options: Options,
    signals: tuple[str, ...],
    above: str | None,
    below: str | None,
    fleet: str | None,
    horizon: str,
    level: float,
    plot: Path | None,
    at: datetime | None,
) -> None:
    """When signals cross a limit if their present trend goes on, with an interval, or why that can't be said.

    The limit is given, or else the one that the plant states: [limits] in twinwright.toml, or a property of the twin
    that is named like the signal (vibrationHighLimit, maxVibration).
    """
    from twinwright_tools.prognosis.ranking import ranked
    from twinwright_tools.prognosis.words import parse_duration
    from twinwright_tools.times import iso

    _check_words(signals, above, below, fleet)
    horizon_s = parse_duration(horizon)
    with options.opened(at) as plant, working(options.as_json, plant.zone, doing="choosing the signals") as progress:
        told = _told(
            plant, (signals, fleet), _choose(plant, above, below, required=fleet != "all"), horizon_s, level, progress
        )
        ranking = ranked(told, _SURE)
        ordered = told if fleet is None else _in_order(ranking)
        if plot is not None:
            from twinwright_tools.prognosis.plot import plot_outlooks

            progress("drawing the plot")
            plot_outlooks(plant, ordered, plot)
        zone, moment = plant.zone, plant.at
    document = {
        "at": iso(moment),
        "horizon_s": horizon_s,
        "level": level,
        "value": [one.as_dict() | _place(one, ranking) for one in ordered],
        "plot": str(plot.resolve()) if plot else None,
    }

    def people(console: Console) -> None:
        if fleet is None:
            for one in ordered:
                _print_one(console, one, zone)
        else:
            _print_fleet(console, ranking, zone)
        if plot is not None:
            console.print(f"plot: {plot.resolve()}", markup=False)

    show(options.as_json, document, people)


def _check_words(signals: tuple[str, ...], above: str | None, below: str | None, fleet: str | None) -> None:
    if bool(signals) == (fleet is not None):
        raise UsageError("name signals (TWIN.SIGNAL …), or a fleet (--fleet MODEL.SIGNAL), one of the two")
    if above is not None and below is not None:
        raise UsageError("give --above or --below, not both; ask twice for both")
    if fleet == "all" and (above is not None or below is not None):
        raise UsageError("--fleet all goes by the limits that the plant states; leave --above and --below out")


def _choose(plant: Plant, above: str | None, below: str | None, required: bool) -> Choose:
    from twinwright_tools.prognosis.limits import given_limit
    from twinwright_tools.prognosis.outlook import need_limit, plants_own

    if above is not None:
        return lambda info: [given_limit(above, "rising", info.unit, str(info.key))]
    if below is not None:
        return lambda info: [given_limit(below, "falling", info.unit, str(info.key))]
    stated = plants_own(plant)
    return (lambda info: need_limit(info, stated(info))) if required else stated


def _told(
    plant: Plant,
    asked: tuple[tuple[str, ...], str | None],
    choose: Choose,
    horizon_s: float,
    level: float,
    progress: Progress,
) -> list[Outlook]:
    from twinwright_tools.prognosis.outlook import fleet_keys, outlooks
    from twinwright_tools.telemetry.series import parse_key

    signals, fleet = asked
    keys = [parse_key(text, plant.graph.twins) for text in signals] if fleet is None else fleet_keys(plant, fleet)
    told = outlooks(plant, list(dict.fromkeys(keys)), choose, horizon_s, level, progress)
    if not told:
        raise UsageError(
            "no signal has a stated limit; state some in twinwright.toml, section [limits]", code="limit.none"
        )
    return told


def _in_order(ranking: Ranking) -> list[Outlook]:
    return [*ranking.beyond, *(one for group in ranking.groups for one in group), *ranking.unanswered]


def _place(one: Outlook, ranking: Ranking) -> dict[str, Any]:
    rank = next((place for place, group in enumerate(ranking.groups, 1) if one in group), None)
    return {"rank": rank, "undecided_with": [str(key) for key in ranking.undecided.get(one.key, ())]}


def _limit(one: Outlook) -> str:
    return f"{one.limit.side} {number(one.limit.value, one.info.unit)}"


def _when(micros: int | None, zone: ZoneInfo) -> str:
    from twinwright_tools.times import for_people, from_micros

    return "–" if micros is None else for_people(from_micros(micros), zone)


def _print_one(console: Console, one: Outlook, zone: ZoneInfo) -> None:
    found = one.found
    console.print(f"{one.key}  {_limit(one)}  ({one.limit.source})", style="bold", markup=False)
    if found.reason is None:
        console.print(f"  crosses about {_when(found.crossing, zone)}, {found.text}", markup=False)
        interval = f"{_when(found.low, zone)} to {_when(found.high, zone)}"
        console.print(f"  {found.level:.0%} interval: {interval}", markup=False)
    else:
        console.print(f"  {found.reason.replace('_', ' ')}: {found.text}", markup=False)
    if found.since is not None:
        console.print(f"  since {_when(found.since, zone)}", markup=False)
    if found.probability is not None:
        console.print(f"  probability of crossing within the horizon: {found.probability:.0%}", markup=False)
    if found.trend is not None:
        unit = f"{one.info.unit or ''} per day".lstrip()
        slope = number(found.trend.slope * 86_400, unit)
        console.print(f"  trend: {slope}, {found.trend.shape}, since {_when(found.trend.begin, zone)}", markup=False)
    for note in found.notes:
        console.print(f"  - {note}", markup=False)


def _print_fleet(console: Console, ranking: Ranking, zone: ZoneInfo) -> None:
    if ranking.beyond:
        past = [(str(one.key), _limit(one), _when(one.found.since, zone)) for one in ranking.beyond]
        console.print(table(["signal", "limit", "since"], past, title="Beyond the limit already"))
    rows = [
        (
            f"{place}" if len(group) == 1 else f"{place} (tie)",
            str(one.key),
            _limit(one),
            _when(one.found.crossing, zone),
            f"{_when(one.found.low, zone)} to {_when(one.found.high, zone)}",
            f"{one.found.probability:.0%}" if one.found.probability is not None else "–",
        )
        for place, group in enumerate(ranking.groups, 1)
        for one in group
    ]
    if rows:
        columns = ["rank", "signal", "limit", "crosses about", "interval", "within the horizon"]
        console.print(table(columns, rows, title="Soonest first, if the present trends go on"))
    for place, group in enumerate(ranking.groups, 1):
        if len(group) > 1:
            names = ", ".join(str(one.key) for one in group)
            console.print(f"- rank {place} is a tie: which of {names} comes first isn't decided", markup=False)
    if ranking.unanswered:
        rest = [
            (str(one.key), _limit(one), (one.found.reason or "").replace("_", " "), one.found.text)
            for one in ranking.unanswered
        ]
        console.print(table(["signal", "limit", "why", ""], rest, title="No answer"))
