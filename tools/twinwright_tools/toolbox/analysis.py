"""`analyse`: SQL over twins, history and aligned telemetry, and named operations on signals.

One tool with an `operation` and flat arguments, and not one tool an operation or a union of argument objects: strict
schemas are compiled into one grammar with a bound on its size, on unions (16) and on optional arguments (24) of all
tools of a request together. So there is no union here, and what an operation doesn't need is left out, not null. And a
model that learned to name signals, window and split once has learned it for all operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from ..analysis.names import Operation
from ..errors import InputError
from ..evidence import Fact, Finding, Image, Provenance
from ..registry import Tool, ToolContext
from ..times import iso, iso_local, parse_time, to_micros
from .arguments import ToolArguments, sized
from .bounds import BUDGET_CHARS, command, fitting, shortened, size
from .history import row_facts
from .provenance import source_of

if TYPE_CHECKING:
    from ..analysis.answer import Panel
    from ..analysis.signals import Chosen
    from ..analysis.statement import Selected
    from ..plant import Plant

_MOST_WORDS = 60
# Columns of a grid; how many values it may hold in all is another bound.
_SQL_SIGNALS = 400
_ROW_FACTS = 8
# Where fewer rows than these fit, it's their width that is too much.
_FEW_ROWS = 10
# Id, names of members, quality and age, beside summary, facts and data.
_REST_CHARS = 400


class Analyse(ToolArguments):
    """Arguments of `analyse`."""

    operation: Literal["sql", Operation]
    signals: Annotated[list[str], AfterValidator(sized(0, _MOST_WORDS))] = Field(
        default_factory=list, description="The explained one, or the command, first."
    )
    start: str = Field("", alias="from", description="ISO 8601 with a zone.")
    to: str = Field("", description="Usually the moment of asking.")
    split: str = Field("", description="Before it all was normal.")
    step: str = Field("", description="Such as 10s, 5min, 1h.")
    sql: str = ""
    weights: Annotated[list[float], AfterValidator(sized(0, 12))] = Field(
        default_factory=list, description="Of balance; without, the first is fitted on the others."
    )
    limit: str = Field("", description="Such as 'above 2.5 bar'.")
    max_lag: str = Field("", description="Such as 30min.")
    plot: bool = Field(False, description="Shows you a picture too.")


def analyse(arguments: Analyse, context: ToolContext) -> Finding:
    """The finding of one analysis.

    Raises:
        SqlError: the statement was refused; `position` and the nearest names say where and what was meant.
        InputError: arguments that don't go together, or a result that is too large; what would do is said.
    """
    return analysed(arguments, context.plant)


def analysed(arguments: Analyse, plant: Plant, budget: int = BUDGET_CHARS) -> Finding:
    """The same, with a result of at most `budget` characters of JSON."""
    if arguments.operation == "sql":
        return _selected(arguments, plant, budget)
    return _performed(arguments.operation, arguments, plant, budget)


def _performed(operation: Operation, arguments: Analyse, plant: Plant, budget: int) -> Finding:
    from ..analysis.run import Request, perform

    if arguments.sql.strip():
        raise InputError("sql goes with the operation sql", code="analyse.arguments")
    request = Request(
        operation=operation,
        signals=arguments.signals,
        start=_time(arguments.start),
        end=_time(arguments.to),
        split=_time(arguments.split),
        step_s=_seconds(arguments.step),
        weights=arguments.weights,
        limit=arguments.limit,
        most_lag_s=_seconds(arguments.max_lag),
    )
    done = perform(plant, request)
    window = {"from": done.aligned.time(0), "to": _iso(done.aligned.end), "step_s": done.aligned.step_s}
    facts = fitting([one.model_dump(exclude_none=True) for one in done.answer.facts], budget * 2 // 5)
    room = budget - size(facts) - size(done.answer.summary) - size(done.quality) - _REST_CHARS
    data, left_out = _fitted(shortened({**window, **done.answer.data}), room)
    image = None
    if arguments.plot:
        from ..analysis.plot import MOST_PANELS, signal_panels

        own = list(done.answer.panels)
        image = _image(plant, [*signal_panels(done.aligned, MOST_PANELS - len(own)), *own], request.split, arguments)
    return Finding(
        summary=f"{done.answer.summary}{left_out}",
        facts=done.answer.facts[: len(facts)],
        data=data,
        reproduce=reproduced(arguments, plant),
        provenance=source_of(plant, [one.key for one in done.columns], "telemetry"),
        age_s=done.age_s,
        quality=done.quality,
        image=image,
    )


def _selected(arguments: Analyse, plant: Plant, budget: int) -> Finding:
    from ..analysis.relations import Window
    from ..analysis.signals import choose, matching
    from ..analysis.statement import select

    if not arguments.sql.strip():
        raise InputError("the operation sql needs a SELECT in sql", code="analyse.arguments")
    words, unmatched = matching(plant, arguments.signals)
    columns = choose(plant, words, _SQL_SIGNALS) if words else []
    first = min((one.info.first for one in columns), default=None) or (plant.telemetry.span() or (None, None))[0]
    start, end = _time(arguments.start) or first, _time(arguments.to) or plant.at
    found = select(plant, arguments.sql, Window(columns, start, end, _seconds(arguments.step)))
    rows = [shortened(row) for row in found.result.rows]
    units = {one.name: one.unit for one in columns}
    hints = "".join(f" But {hint}." for hint in unmatched) + "".join(f" But {hint}" for hint in found.result.hints)
    facts = [Fact(name="rows", value=len(rows))]
    # Of a few rows each figure has a name to be cited by; of many, they stand in the data alone.
    for row in rows if len(rows) <= _ROW_FACTS else []:
        facts += row_facts(found.result.columns, row, units)
    told = size(hints) + size(found.result.columns) + sum(len(unit or "") for unit in units.values())
    _check_fits(found, rows, budget - told - _REST_CHARS)
    telemetry = {"grid", "samples", "signals"} & set(found.reads)
    ages = [(plant.at - one.info.last).total_seconds() for one in columns]
    shown = f" over {', '.join(found.reads)}" if found.reads else ""
    return Finding(
        summary=f"The query{shown} gave {len(rows)} row{'' if len(rows) == 1 else 's'}.{hints}",
        facts=facts,
        data={"columns": found.result.columns, "rows": rows} | _window(found, columns, start, end, plant.zone),
        reproduce=reproduced(arguments, plant),
        provenance=_provenance(plant, found.reads, columns),
        age_s=max(ages) if ages and telemetry else None,
        image=_image(plant, _panels(found), None, arguments) if arguments.plot else None,
    )


def _check_fits(found: Selected, rows: Sequence[Any], budget: int) -> None:
    """Rows are given whole or not at all: an answer cut off in the middle looks like an answer."""
    shown = fitting(rows, budget)
    if len(shown) == len(rows) and not found.result.truncated and size(rows) <= budget:
        return
    many = f"more than {len(rows)}" if found.result.truncated else str(len(rows))
    if len(shown) < _FEW_ROWS:
        wide, fits = len(found.result.columns), max(1, len(found.result.columns) * len(shown) // len(rows))
        raise InputError(
            f"{many} rows of {wide} columns are too much: select about {fits} columns, or aggregate them (GROUP BY)",
            code="analyse.too_large",
        )
    how = "aggregate them (GROUP BY), select fewer columns"
    if "grid" in found.reads or "samples" in found.reads:
        how = "aggregate them (GROUP BY time_bucket(INTERVAL 1 HOUR, time)), take a longer step, select fewer columns"
    raise InputError(
        f"the result has {many} rows, and about {len(shown)} of these fit: {how}, or ORDER BY … LIMIT {len(shown)}",
        code="analyse.too_large",
    )


def _window(
    found: Selected, columns: Sequence[Chosen], start: datetime | None, end: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    told: dict[str, Any] = {"zone": found.result.zone} if found.result.zone else {}
    if not {"grid", "samples", "signals"} & set(found.reads):
        return told
    told["from"] = iso_local(start.astimezone(zone)) if start else None
    told["to"] = iso_local(end.astimezone(zone))
    if "grid" in found.reads:
        told["units"] = {one.name: one.unit for one in columns if one.unit}
    return told


def _provenance(plant: Plant, reads: Sequence[str], columns: Sequence[Chosen]) -> Provenance:
    """History's texts are other people's, whatever else was read beside them; then those of tags are."""
    if "history" in reads:
        return "history"
    if not {"grid", "samples", "signals"} & set(reads):
        return "twin graph"
    every = plant.telemetry.free_texts if "signals" in reads else ()
    return source_of(plant, [*every, *(one.key for one in columns)], "telemetry")


def _panels(found: Selected) -> list[Panel]:
    """A panel for each numeric column of a result whose first column is a time."""
    import numpy as np

    from ..analysis.answer import Panel

    columns, rows = found.result.columns, found.result.rows
    try:
        times = np.array([to_micros(parse_time(str(row[0]))) for row in rows], dtype=np.int64)
    except InputError as error:
        text = "a plot of a query needs a time as its first column, and numbers after it"
        raise InputError(text, code="analyse.plot") from error
    order = np.argsort(times, kind="stable")
    panels = []
    for place, name in enumerate(columns[1:], 1):
        cells = [row[place] for row in rows]
        if all(cell is None or isinstance(cell, int | float) for cell in cells):
            values = np.array([np.nan if cell is None else float(cell) for cell in cells])
            panels.append(Panel(name, None, times[order], values[order]))
    return panels


def _image(plant: Plant, panels: Sequence[Panel], split: datetime | None, arguments: Analyse) -> Image:
    from ..analysis.plot import drawn, kept

    path: Path = kept(drawn(panels, plant.zone, to_micros(split) if split else None), plant.state)
    titles = ", ".join(panel.title for panel in panels[:6])
    marked = f"; dashed: {iso(split)}" if split else ""
    return Image(path=str(path.resolve()), alt=f"{arguments.operation}: {titles} over time{marked}")


def _fitted(data: dict[str, Any], budget: int) -> tuple[dict[str, Any], str]:
    """The data with its lists cut to what fits, most telling first, and a sentence that says so."""
    lists = {name: item for name, item in data.items() if isinstance(item, list) and size(item) > budget // 4}
    room = max(budget - size({name: item for name, item in data.items() if name not in lists}), budget // 4)
    words = []
    for name, item in lists.items():
        data[name] = fitting(item, room // len(lists))
        if len(data[name]) < len(item):
            words.append(
                f" The {len(data[name])} most telling of {len(item)} {name} are shown; name fewer for the rest."
            )
    return data, "".join(words)


def _time(text: str) -> datetime | None:
    return parse_time(text) if text.strip() else None


def _seconds(text: str) -> float | None:
    from ..prognosis.words import parse_duration

    return parse_duration(text) if text.strip() else None


def _iso(micros: int) -> str:
    from ..times import from_micros

    return iso(from_micros(micros))


def reproduced(arguments: Analyse, plant: Plant) -> str:
    """The command line that does the same."""
    words = ["analyse", "--sql", arguments.sql] if arguments.operation == "sql" else ["analyse", arguments.operation]
    words += arguments.signals
    options = {
        "--from": arguments.start,
        "--to": arguments.to,
        "--split": arguments.split,
        "--step": arguments.step,
        "--weights": ",".join(f"{weight:g}" for weight in arguments.weights),
        "--limit": arguments.limit,
        "--max-lag": arguments.max_lag,
        "--at": iso(plant.at),
    }
    for name, value in options.items():
        words += [f"{name}={value}"] if value.strip() else []
    return command(*words)


ANALYSE = Tool(
    name="analyse",
    description="Read-only SQL over twins, history and aligned telemetry, and named operations on signals.",
    arguments=Analyse,
    function=analyse,
)
