"""`twinwright analyse`: what the agent tests its ideas with, for people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from twinwright_tools.errors import InputError, UsageError
from twinwright_tools.times import in_words_for_people

from ..options import Options, at_option, plant_options
from ..output import figure, number, show, table

if TYPE_CHECKING:
    from twinwright_tools.evidence import Finding

_CHARS_PER_ROW = 2000
_OPERATIONS = (
    "before_after, residual, balance, command_feedback, cross_correlation, states, first_to_break, "
    "extremes_and_trend, time_to_limit"
)


@click.command("analyse", short_help="Test an idea: SQL over twins, history and aligned signals, or an operation.")
@click.argument("words", nargs=-1, metavar="[OPERATION] [TWIN.SIGNAL…]")
@click.option("--sql", default="", metavar="'SELECT …'", help="Over twins, signals, grid, samples and history.")
@click.option("--from", "start", default="", help="Begin, ISO 8601 with a zone (default: the signals' first sample).")
@click.option("--to", "end", default="", help="End, ISO 8601 with a zone (default: the moment of asking).")
@click.option("--split", default="", help="The time before which all was normal.")
@click.option("--step", default="", help="Length of a step, such as 10s, 5min or 1h (default: one that fits).")
@click.option("--weights", default="", metavar="1,-1,…", help="For balance: one a signal (default: fitted).")
@click.option("--limit", default="", metavar="'above X'", help="For time_to_limit and states: above X or below X.")
@click.option("--max-lag", default="", help="For cross_correlation and command_feedback, such as 30min.")
@click.option("--rows", type=click.IntRange(1, 1000), default=200, show_default=True, help="Rows that may be shown.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw it into this file (.png).")
@at_option
@plant_options
def command(
    options: Options,
    words: tuple[str, ...],
    sql: str,
    start: str,
    end: str,
    split: str,
    step: str,
    weights: str,
    limit: str,
    max_lag: str,
    rows: int,
    plot: Path | None,
    at: datetime | None,
) -> None:
    """Test an idea against the data (see docs/analysis.md).

    OPERATION is before_after, residual, balance, command_feedback, cross_correlation, states, first_to_break,
    extremes_and_trend or time_to_limit; with --sql all words are signals, which become columns of `grid`.
    """
    from twinwright_tools.toolbox.analysis import analysed

    if not sql and not words:
        raise UsageError(f"name an operation ({_OPERATIONS}), or give --sql 'SELECT …'")
    if plot is not None and plot.suffix.lower() != ".png":
        raise UsageError("analyses are drawn as .png")
    arguments = _arguments(
        operation="sql" if sql else words[0],
        signals=list(words if sql else words[1:]),
        sql=sql,
        to=end,
        split=split,
        step=step,
        weights=_weights(weights),
        limit=limit,
        max_lag=max_lag,
        plot=plot is not None,
        **{"from": start},
    )
    with options.opened(at, doing="running the SELECT" if sql else f"working out {words[0]}") as plant:
        found = analysed(arguments, plant, budget=rows * _CHARS_PER_ROW)
        if plot is not None and found.image is not None:
            _copied(Path(found.image.path), plot)
        zone = plant.zone
    document = found.model_dump(mode="json", exclude={"image"}) | {"plot": str(plot.resolve()) if plot else None}
    show(options.as_json, document, lambda console: _print(console, found, plot, zone))


def _arguments(**given: Any) -> Any:
    """The tool's own arguments, so that a person and a model ask for the same."""
    from pydantic import ValidationError

    from twinwright_tools.registry import in_words
    from twinwright_tools.toolbox.analysis import Analyse

    try:
        return Analyse.model_validate(given)
    except ValidationError as error:
        raise UsageError(in_words(error)) from error


def _weights(text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",") if each.strip()]
    except ValueError as error:
        raise UsageError(f"{text!r} are no weights; write for example 1,-1,-0.5") from error


def _copied(made: Path, plot: Path) -> None:
    try:
        plot.write_bytes(made.read_bytes())
    except OSError as error:
        raise InputError(f"{plot} can't be written: {error.strerror}", code="plot.write") from error


def _print(console: Console, found: Finding, plot: Path | None, zone: ZoneInfo) -> None:
    console.print(in_words_for_people(found.summary, zone), markup=False)
    if "rows" in found.data:
        columns = found.data["columns"]
        cells = [[figure("", cell, None, zone) for cell in row] for row in found.data["rows"]]
        console.print(table(columns, cells))
        if "zone" in found.data:
            console.print(f"times are of {found.data['zone']}", style="dim", markup=False)
    else:
        told = [(one.name, figure("", one.value, None, zone) if one.unit is None else number(one.value, one.unit))
                for one in found.facts]  # fmt: skip
        console.print(table(["fact", ""], told))
    if found.quality != "good":
        console.print(f"quality: {in_words_for_people(found.quality, zone)}", markup=False)
    if plot is not None:
        console.print(f"plot: {plot.resolve()}", markup=False)
