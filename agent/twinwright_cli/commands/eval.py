"""`twinwright eval`: the offline evaluation suite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from twinwright_tools.errors import UsageError, nearest

from ..options import read_settings
from ..output import number, show, table, working

if TYPE_CHECKING:
    from twinwright_evals.runner import SuiteResult


@click.command("eval", short_help="Run the offline evaluation suite.")
@click.option("--model", default="rules", show_default=True, metavar="rules|claude-…", help="What drives the cases.")
@click.option("--case", "wanted", multiple=True, help="Only this case; may be given several times.")
@click.option("--cases", "folder", type=click.Path(path_type=Path), help="A folder of *.jsonl cases.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def command(model: str, wanted: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Run the cases under evals/cases on the demo plant and score them by code."""
    from twinwright_agent.models.choose import choose_model
    from twinwright_evals.cases import CASES, load_cases
    from twinwright_evals.runner import run_suite

    options = read_settings(as_json=as_json, model=model)
    cases = load_cases(folder or CASES)
    unknown = [name for name in wanted if name not in {case.id for case in cases}]
    if unknown:
        known = nearest(unknown[0], [case.id for case in cases])
        raise UsageError(f"there is no case {unknown[0]!r}", suggestions=known, code="eval.unknown_case")
    chosen = [case for case in cases if not wanted or case.id in wanted]
    with working(as_json) as progress:
        result = run_suite(chosen, choose_model(options.settings), progress)
    show(options.as_json, result.as_dict(), lambda console: _print(console, result))
    click.get_current_context().exit(0 if result.complete else 1)


def _print(console: Console, result: SuiteResult) -> None:
    marks = {True: "yes", False: "NO", None: ""}
    names = list(result.metrics)
    rows = [(one.case, one.top, *(marks[one.scores[name]] for name in names)) for one in result.results]
    console.print(table(["case", "named first", *names], rows))
    console.print(table(["score", "share"], [(name, number(share)) for name, share in result.metrics.items()]))
    console.print(f"model {result.model}: {result.ran} of {result.cases} cases ran, {result.skipped} skipped")
