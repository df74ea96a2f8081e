"""`twinwright eval`: the offline evaluation suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from twinwright_tools.errors import UsageError, nearest

from ..options import Options, read_settings
from ..output import show, table, working

if TYPE_CHECKING:
    from twinwright_evals.cases import Case
    from twinwright_evals.clarity import Clarity
    from twinwright_evals.drivers import Driver
    from twinwright_evals.report import Page
    from twinwright_evals.results import SuiteResult

_LAST = Path(".twinwright/evals.json")


@click.command("eval", short_help="Run the offline evaluation suite.")
@click.option(
    "--model",
    default="rules",
    show_default=True,
    metavar="rules|recorded|obeying|claude-…",
    help="What drives the cases: the rules, recordings, a fake that obeys every text it reads, or Claude.",
)
@click.option("--case", "wanted", multiple=True, help="Only this case; may be given several times.")
@click.option("--cases", "folder", type=click.Path(path_type=Path), help="A folder of *.jsonl cases.")
@click.option("--recordings", type=click.Path(path_type=Path), help="A folder of recordings.")
@click.option("--record", is_flag=True, help="Keep what a Claude model says as the cases' new recordings.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that run cases.")
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True, help="How often each case is run.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the report to this .html or .md file too.")
@click.option("--last", type=click.Path(path_type=Path), default=_LAST, show_default=True, help="The runs before.")
@click.option("--judge", metavar="recorded|claude-…", help="A model's opinion of how clear answers are, apart.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def command(
    model: str,
    wanted: tuple[str, ...],
    folder: Path | None,
    recordings: Path | None,
    record: bool,
    jobs: int,
    repeats: int,
    report: Path | None,
    last: Path,
    judge: str | None,
    as_json: bool,
) -> None:
    """Run the cases under evals/cases and score them by code.

    Exit code 1 where a case could not be run or none was: that is no result.
    """
    options = read_settings(as_json=as_json, model=model)
    with working(as_json, doing="reading the cases") as progress:
        # Imported here, as it takes its time.
        from twinwright_evals.cases import CASES, load_cases
        from twinwright_evals.history import keep, last_run
        from twinwright_evals.report import page, write_report
        from twinwright_evals.runner import run_suite

        driver = _driver(options, record, recordings)
        chosen = _chosen(load_cases(folder or CASES), wanted)
        result = run_suite(chosen, driver, progress, jobs=jobs, repeats=repeats)
        if judge is not None or options.settings.model == "recorded":
            progress("asking how clear the answers are")
            result = replace(result, clarity=_clarity(judge or "recorded", options, chosen, result, recordings, record))
    made = page(result, last_run(last, result.model))
    if report is not None:
        write_report(report, made)
    if result.complete and not wanted and folder is None:
        keep(last, result, datetime.now(UTC))
    show(options.as_json, result.as_dict(), lambda console: _print(console, made))
    click.get_current_context().exit(0 if result.complete else 1)


def _chosen(cases: list[Case], wanted: tuple[str, ...]) -> list[Case]:
    known = [case.id for case in cases]
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no case {name!r}", suggestions=nearest(name, known), code="eval.unknown_case")
    return [case for case in cases if not wanted or case.id in wanted]


def _driver(options: Options, record: bool, recordings: Path | None) -> Driver:
    """What the settings' model stands for.

    Raises:
        UsageError: no such model, a Claude model without a key, or something to record that isn't live.
    """
    from twinwright_evals.drivers import Live, Obeying, Recorded, Recorder, Rules
    from twinwright_evals.recordings import RECORDINGS

    settings, folder = options.settings, recordings or RECORDINGS
    offline: dict[str, Driver] = {"rules": Rules(), "obeying": Obeying(), "recorded": Recorded(folder)}
    if settings.model in offline:
        if record:
            raise UsageError("--record keeps what a Claude model says; name one with --model")
        return offline[settings.model]
    if not settings.model.startswith("claude-"):
        near = nearest(settings.model, [*offline, "claude-opus-4-7"])
        raise UsageError(f"there is no model {settings.model!r} to evaluate", suggestions=near)
    if not settings.api_key:
        raise UsageError(
            f"{settings.model} needs a key in ANTHROPIC_API_KEY; rules and recorded need none", code="model.no_key"
        )
    if record:
        return Recorder(settings.model, settings.api_key, settings.base_url, folder=folder)
    return Live(settings.model, settings.api_key, settings.base_url)


def _clarity(
    name: str, options: Options, cases: list[Case], result: SuiteResult, recordings: Path | None, record: bool
) -> Clarity | None:
    """The judge's opinion of the answers to first questions; a recorded judge's of the labelled answers alone.

    Raises:
        UsageError: no such judge, or one without a key.
    """
    from twinwright_evals.clarity import clarity_of, live_judge, recorded_clarity
    from twinwright_evals.recordings import RECORDINGS

    asked = {case.id: case.question for case in cases if not case.follow_ups}
    answers = [(asked[one.case], one.answer) for one in result.results if one.case in asked and not one.skipped]
    settings, folder = options.settings, recordings or RECORDINGS
    if name == "recorded":
        return recorded_clarity(folder)
    if not name.startswith("claude-") or not settings.api_key:
        raise UsageError(f"the judge {name!r} has to be recorded, or a Claude model with a key in ANTHROPIC_API_KEY")
    with live_judge(name, settings.api_key, settings.base_url, folder if record else None) as judge:
        return clarity_of(answers, judge)


def _print(console: Console, made: Page) -> None:
    console.print(made.title, markup=False, style="bold")
    for line in made.lines:
        console.print(line, markup=False)
    for one in made.tables:
        console.print(table(one.columns, one.rows, title=one.heading))
