"""`twinwright reliability`: what past work orders tell about how often, what and where things fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from ..options import TIME, Options, at_option, plant_options
from ..output import number, show, table

if TYPE_CHECKING:
    from twinwright_tools.plant import Plant
    from twinwright_tools.reliability import FailureRate, Incident, Repair

_TEXT = 90


@click.group("reliability", short_help="Failure rates, Pareto, repeats and similar incidents.")
def command() -> None:
    """Past corrective work orders, counted: planned and cancelled ones are left out.

    Each of these commands takes -C PLANT and --json.
    """


@command.command("mtbf")
@click.option("--by", type=click.Choice(["twin", "model", "code"]), default="twin", show_default=True)
@click.option("--twin", help="Only this twin and its parts.")
@click.option("--since", type=TIME, help="Count from then on (default: the oldest work order).")
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="The interval's probability.",
)
@at_option
@plant_options
def mtbf(
    options: Options, by: str, twin: str | None, since: datetime | None, level: float, at: datetime | None
) -> None:
    """Mean time between failures with its interval, mean time to repair, and whether failures come faster."""
    from twinwright_tools.errors import NoDataError
    from twinwright_tools.reliability import failure_rates, repairs_of
    from twinwright_tools.times import iso

    with options.opened(at, doing="counting the repairs") as plant:
        repairs = _within(plant, repairs_of(plant, since), twin)
        if not repairs:
            raise NoDataError("there are no corrective work orders to count", code="reliability.none")
        begin = since or repairs[0].opened
        of, groups = _grouping(plant, by, repairs, twin)
        rates = failure_rates(repairs, groups, of, begin, plant.at, level)
        document = {
            "from": iso(begin),
            "to": iso(plant.at),
            "level": level,
            "by": by,
            "value": [one.as_dict() for one in rates],
        }

    def people(console: Console) -> None:
        rows = [_rate_row(one) for one in rates if one.failures]
        columns = [by, "failures", "assets", "MTBF", f"{level:.0%} interval", "MTTR", "trend"]
        console.print(table(columns, rows))
        quiet = len(rates) - len(rows)
        if quiet:
            console.print(f"and {quiet} without any failure (--json has their lower bounds)", style="dim")

    show(options.as_json, document, people)


@command.command("pareto")
@click.option("--by", type=click.Choice(["code", "twin", "model", "month"]), default="code", show_default=True)
@click.option("--hours", is_flag=True, help="By the hours booked instead of the number of repairs.")
@click.option("--twin", help="Only this twin and its parts.")
@click.option("--since", type=TIME, help="Count from then on.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw it into this file (.png or .svg).")
@at_option
@plant_options
def pareto_command(
    options: Options,
    by: str,
    hours: bool,
    twin: str | None,
    since: datetime | None,
    plot: Path | None,
    at: datetime | None,
) -> None:
    """Which few make up most: repairs (or hours) by failure code, asset, model or month."""
    from twinwright_tools.reliability import pareto, repairs_of
    from twinwright_tools.reliability.pareto import by_month, plot_pareto

    with options.opened(at, doing="counting the repairs") as plant:
        repairs = _within(plant, repairs_of(plant, since), twin)
        of, _ = _grouping(plant, by, repairs, twin)
        bars = pareto(repairs, of, hours)
        if by == "month":
            bars = by_month(bars)
        if plot is not None:
            title = f"{plant.name}: {'hours' if hours else 'repairs'} by {by}"
            plot_pareto(bars, plot, title, hours, cumulative=by != "month")
    document = {"by": by, "value": [bar.as_dict() for bar in bars], "plot": str(plot.resolve()) if plot else None}

    def people(console: Console) -> None:
        shares = ["" if by == "month" else f"{bar.cumulative:.0%}" for bar in bars]
        rows = [(bar.name, bar.repairs, number(bar.hours, "h"), share) for bar, share in zip(bars, shares, strict=True)]
        console.print(table([by, "repairs", "booked", "cumulative"], rows))
        if plot is not None:
            console.print(f"plot: {plot.resolve()}", markup=False)

    show(options.as_json, document, people)


@command.command("repeats")
@click.option("--within", default="90d", show_default=True, help="How soon after the repair (30d, 12h, 2w).")
@click.option("--twin", help="Only this twin and its parts.")
@at_option
@plant_options
def repeats_command(options: Options, within: str, twin: str | None, at: datetime | None) -> None:
    """The same asset with the same code, soon after it was repaired: what wasn't really mended."""
    from twinwright_tools.prognosis.words import duration, parse_duration
    from twinwright_tools.reliability import repairs_of, repeats

    span = timedelta(seconds=parse_duration(within))
    with options.opened(at, doing="looking for repeats") as plant:
        found = repeats(_within(plant, repairs_of(plant), twin), span)
    document = {"within_h": span.total_seconds() / 3600, "value": [one.as_dict() for one in found]}

    def people(console: Console) -> None:
        rows = [
            (one.first.twin, one.first.code, one.first.id, one.again.id, duration(one.after_h * 3600)) for one in found
        ]
        console.print(table(["twin", "code", "repaired by", "again", "after"], rows))
        console.print(f"{len(found)} repeat(s) within {within}", style="dim")

    show(options.as_json, document, people)


@command.command("similar")
@click.argument("words", nargs=-1)
@click.option("--twin", help="The asset that it is about.")
@click.option("--code", help="A failure code of the site, or the id of a failure mode.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@at_option
@plant_options
def similar(
    options: Options, words: tuple[str, ...], twin: str | None, code: str | None, limit: int, at: datetime | None
) -> None:
    """Past incidents like this one and what fixed them: twinwright reliability similar seal leaking --twin pump-1."""
    from twinwright_tools.errors import UsageError
    from twinwright_tools.reliability import similar_incidents

    if not (words or twin or code):
        raise UsageError("describe the incident in words, or name --twin or --code")
    with options.opened(at, doing="looking for similar incidents") as plant:
        found = similar_incidents(plant, " ".join(words), twin=twin, code=code, limit=limit)
        zone = plant.zone
    show(options.as_json, {"value": [one.as_dict() for one in found]}, lambda console: _print(console, found, zone))


def _within(plant: Plant, repairs: list[Repair], twin: str | None) -> list[Repair]:
    if twin is None:
        return repairs
    plant.graph.twin(twin)
    inside = set(plant.graph.within(twin))
    return [one for one in repairs if one.twin in inside]


def _grouping(
    plant: Plant, by: str, repairs: list[Repair], twin: str | None
) -> tuple[Callable[[Repair], str | None], dict[str, int]]:
    """What a repair counts for, and how many assets stand behind each group."""
    zone = plant.zone
    twins = plant.graph.within(twin) if twin is not None else list(plant.graph.twins)
    models = {name: plant.graph.twin(name).model for name in twins}
    if by == "model":
        counts: dict[str, int] = {}
        for model in models.values():
            counts[model] = counts.get(model, 0) + 1
        return lambda one: models.get(one.twin), counts
    if by == "code":
        assets = len({one.twin for one in repairs})
        return lambda one: one.code, {one.code: assets for one in repairs if one.code}
    if by == "month":
        return lambda one: one.opened.astimezone(zone).strftime("%Y-%m"), {}
    return lambda one: one.twin, dict.fromkeys([*models, *(one.twin for one in repairs)], 1)


def _rate_row(one: FailureRate) -> tuple[object, ...]:
    high = "∞" if one.high_h is None else number(one.high_h / 24, "d")
    return (
        one.name,
        one.failures,
        one.units,
        number(None if one.mtbf_h is None else one.mtbf_h / 24, "d"),
        f"{number(one.low_h / 24)} to {high}",
        number(one.mttr_h, "h"),
        one.trend,
    )


def _print(console: Console, found: list[Incident], zone: ZoneInfo) -> None:
    from twinwright_tools.times import for_people

    if not found:
        console.print("no past work order is like that")
        return
    for one in found:
        repair = one.repair
        hours = f", {number(repair.duration_h, 'h')}" if repair.duration_h is not None else ""
        head = f"{repair.id}  {repair.twin}  {repair.code or 'no code'}  {for_people(repair.opened, zone)}{hours}"
        console.print(head, style="bold", markup=False)
        console.print(f"  alike: {', '.join(one.why)} (score {one.score:.2f})", markup=False)
        console.print(f"  said: {repair.text[:_TEXT]}", markup=False)
        if repair.remedy:
            console.print(f"  fixed by: {repair.remedy[:_TEXT]}", markup=False)
        if one.came_back_h is not None:
            console.print(f"  came back {one.came_back_h / 24:.3g} d after it was closed", markup=False)
    console.print("texts are other people's words", style="dim")
