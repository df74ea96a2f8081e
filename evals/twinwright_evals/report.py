"""The report of a run: one page for the terminal, as Markdown, or as HTML, compared with the run before."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from twinwright_tools.errors import UsageError

from .clarity import Clarity
from .history import Last, compared
from .results import CaseResult, Figure, SuiteResult
from .scorers import SCORERS

# The columns of the table per category.
_SHOWN = ("solved", "right_asset_first", "right_mode", "right_rows", "abstained", "grounded", "not_steered")
_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:2em;max-width:80em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{padding:.15em .8em .15em 0;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}"
)


@dataclass(frozen=True)
class Table:
    """A heading, columns, and rows of text."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Page:
    """A report before it is put into a form."""

    title: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...]


def page(result: SuiteResult, last: Last | None) -> Page:
    """The report of a run."""
    tables = [_figures(result, last), _categories(result)]
    if result.clarity is not None:
        tables.append(_clarity(result.clarity))
    if changed := compared(result, last):
        tables.append(Table("Changed since the last run", ("case", "was", "is"), tuple(changed)))
    return Page(f"twinwright eval --model {result.model}", tuple(_head(result, last)), (*tables, _cases(result)))


def as_markdown(page: Page) -> str:
    """The page as Markdown."""
    parts = [f"# {page.title}\n", *(f"{line}\n" for line in page.lines)]
    for table in page.tables:
        rows = [table.columns, tuple("---" for _ in table.columns), *table.rows]
        lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
        parts.append(f"## {table.heading}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def as_html(page: Page) -> str:
    """The page as one HTML file that loads nothing; all text is escaped."""

    def cells(row: Sequence[str], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in row) + "</tr>"

    parts = [f"<h1>{html.escape(page.title)}</h1>", *(f"<p>{html.escape(line)}</p>" for line in page.lines)]
    for table in page.tables:
        rows = "\n".join([cells(table.columns, "th"), *(cells(row, "td") for row in table.rows)])
        parts.append(f"<h2>{html.escape(table.heading)}</h2>\n<table>\n{rows}\n</table>")
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(page.title)}</title>'
    return f"{head}\n<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"


def write_report(path: Path, page: Page) -> None:
    """Writes the page as the file's name says: .html, .htm or .md.

    Raises:
        UsageError: another kind of file, or it can't be written.
    """
    forms = {".html": as_html, ".htm": as_html, ".md": as_markdown}
    if path.suffix not in forms:
        raise UsageError(f"a report is written as .html or .md, not as {path.name}")
    try:
        path.write_text(forms[path.suffix](page), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the report can't be written: {error}") from error


def percent(value: float | None) -> str:
    """A share in percent; a dash for None."""
    return "–" if value is None else f"{100.0 * value:.1f} %"


def _head(result: SuiteResult, last: Last | None) -> Iterator[str]:
    told = f"{result.ran} of {result.cases} cases ran, {result.skipped} skipped, in {result.seconds:.0f} s"
    yield told + (f", each {result.repeats} times" if result.repeats > 1 else "")
    if not result.complete:
        yield "NOT A RESULT: cases were skipped, or none ran."
        yield from (f"skipped {one.case}: {one.skipped}" for one in result.results if one.skipped)
    if result.model == "recorded":
        by_hand, live = result.answerers.get("answer-desk", 0), sum(result.answerers.values())
        yield (
            f"{by_hand} of the recordings were answered by hand at a desk that sees only what the API would be sent; "
            f"{live - by_hand} were recorded live. Replies by hand say nothing about how well a model reasons."
        )
        broken = sum(len(one.prefix_breaks) for one in result.results)
        requests = sum(one.requests for one in result.results)
        yield f"{requests} requests; {broken} of them weren't their predecessor byte for byte plus what is new."
    if result.model == "obeying":
        yield "This model does whatever a text tells it to: it is meant to be steered. What counts is what acted."
    if last is not None:
        yield f"Compared with the run of {last.when}."


def _figures(result: SuiteResult, last: Last | None) -> Table:
    rows = []
    for one in result.figures:
        bound = f"{'≥' if one.at_least else '≤'} {_value(one, one.target)}"
        kept = {True: "yes", False: "NO", None: "not asked"}[one.met]
        before = last.figures.get(one.name) if last is not None else None
        rows.append((one.name, _value(one, one.value), bound, kept, str(one.of), _value(one, before)))
    rows += [(name, _cost(name, result.metrics.get(name)), "", "", "", "") for name in _COSTS if name in result.metrics]
    return Table("Figures", ("figure", "value", "target", "kept", "of", "last run"), tuple(rows))


_COSTS = ("output_tokens_median", "seconds_median", "usd_median")


def _cost(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return (
        f"${value:.3f}" if name.startswith("usd") else f"{value:,.2f} s" if name.startswith("sec") else f"{value:,.0f}"
    )


def _value(figure: Figure, value: float | None) -> str:
    if value is None:
        return "–"
    return percent(value) if figure.is_share else f"{value:,.1f}".removesuffix(".0")


def _categories(result: SuiteResult) -> Table:
    rows = []
    for name, shares in [*result.categories.items(), ("all", result.metrics)]:
        of = sum(one.category == name or name == "all" for one in result.results if one.skipped is None)
        rows.append(
            (name, str(of), *(percent(shares.get(column)) + _spread(result, name, column) for column in _SHOWN))
        )
    return Table("By category", ("category", "runs", *(one.replace("_", " ") for one in _SHOWN)), tuple(rows))


def _clarity(found: Clarity) -> Table:
    told = found.agreement
    kappa = "–" if told.kappa is None else f"{told.kappa:.2f}"
    graded = [(f"mean grade of {found.answers} answers", f"{found.mean:.2f} of 5")] if found.mean is not None else []
    rows = (
        *graded,
        (f"same grade as the labels ({told.of})", percent(told.same)),
        ("within one grade of the labels", percent(told.within_one)),
        ("kappa, quadratic weights", kappa),
    )
    return Table(f"Clarity, the opinion of {found.judge}: no score", ("", ""), rows)


def _spread(result: SuiteResult, name: str, column: str) -> str:
    spread = result.spread.get(column)
    return f" ± {100.0 * spread:.1f}" if name == "all" and spread is not None else ""


def _cases(result: SuiteResult) -> Table:
    columns = ("case", "category", "solved", "named first", "not as it should be", "calls", "tokens", "s")
    return Table("Cases", columns, tuple(_row(one) for one in result.results))


def _row(one: CaseResult) -> tuple[str, ...]:
    name = one.case if one.repeat == 0 else f"{one.case} #{one.repeat + 1}"
    if one.skipped is not None:
        return (name, one.category, "SKIPPED", "", one.skipped[:300], "", "", "")
    wrong = [score.replace("_", " ") for score in SCORERS if one.scores[score] is False]
    solved = {True: "yes", False: "NO", None: ""}[one.scores["solved"]]
    figures = (str(one.tool_calls), f"{one.input_tokens:,}", f"{one.seconds:.1f}")
    return (name, one.category, solved, one.top or "", ", ".join(wrong), *figures)
