"""What `ask`, `chat` and `demo` share: choosing the model, running the investigation, writing the report, printing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from twinwright_tools.errors import UsageError
from twinwright_tools.times import in_words_for_people, parse_time

from .options import Options
from .order_files import keep_with_orders
from .output import working

if TYPE_CHECKING:
    from twinwright_agent.result import Investigation, RankedHypothesis
    from twinwright_tools.plant import Plant


_SUSPECTS = 4  # twins that people are shown, each by its likeliest signal; --json has every hypothesis


def investigate_question(
    options: Options,
    plant: Plant,
    question: str | None,
    *,
    report: Path | None = None,
    run: str | None = None,
) -> Investigation:
    """Runs (or resumes) one investigation and writes its report.

    Raises:
        UsageError: neither a question nor a run to resume.
    """
    from twinwright_agent.loop import investigate, new_run_id
    from twinwright_agent.models.choose import choose_model
    from twinwright_agent.report import write_report
    from twinwright_agent.store import question_of
    from twinwright_tools.toolbox import standard_registry

    if run is not None:
        kept = question_of(plant, run)
        question = question or kept
    if not question or not question.strip():
        raise UsageError('ask something, for example: twinwright ask "why is line 3 throughput dropping?"')
    if any("\ud800" <= letter <= "\udfff" for letter in question):
        raise UsageError("the question is not valid UTF-8 text; write it again")
    name = run or new_run_id()
    path = report or plant.state / "reports" / f"{name}.html"
    if path.is_dir():
        raise UsageError(f"{path} is a folder; --report names the file to write, for example {path / 'report.html'}")
    with working(options.as_json) as progress:
        chosen = choose_model(options.settings, progress)
        progress(f"run {name}, model {chosen.name}")
        try:
            found = investigate(
                plant, question, model=chosen, registry=standard_registry(), run=name, progress=progress
            )
        except KeyboardInterrupt:
            click.echo(f"interrupted; go on with: twinwright ask -C {plant.folder} --resume {name}", err=True)
            raise
        progress("writing the report")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_report(path, found, plant)
        keep_with_orders(plant, found, path, progress)
    return found.model_copy(update={"report": str(path.resolve())})


def asked_at(options: Options, run: str) -> datetime:
    """The moment of asking of a run that is to be resumed: newer telemetry must not change what it sees."""
    from twinwright_agent.store import RunStore

    with options.opened() as plant, RunStore(plant) as store:
        return parse_time(store.get(run).at)


def exit_code(found: Investigation) -> int:
    """0 for an answer ("can't be told" is one), 1 for none."""
    return 0 if found.status in {"concluded", "cannot_tell"} else 1


def print_investigation(console: Console, found: Investigation, zone: ZoneInfo) -> None:
    """An investigation as text: the answer first, then what carries it."""

    def say(text: str, style: str | None = None) -> None:
        console.print(Text(in_words_for_people(text, zone)), style=style)

    say(found.answer or "(no answer)", "bold")
    say(f"[{found.status}; model {found.model}; asked at {found.at}]", "dim")
    likeliest: dict[str, RankedHypothesis] = {}
    for one in found.hypotheses:
        likeliest.setdefault(one.twin, one)
    for place, one in enumerate(list(likeliest.values())[:_SUSPECTS], 1):
        _say_hypothesis(say, place, one)
    for sentence in found.missing:
        say(f"missing: {sentence}")
    for struck in found.struck:
        say(f"struck (not carried by its evidence): {struck.text} – {struck.reason}")
    if found.evidence:
        say("evidence", "bold")
    for evidence in found.evidence:
        say(f"  {evidence.id:<4} {evidence.summary}")
        console.print(Text(f"       {evidence.reproduce}"), style="dim")
    for order in found.work_orders:
        to = f", an addition to open order {order.addition_to.order}" if order.addition_to else ""
        say(f"work order {order.id} (draft, {order.priority}{to}): {order.title}")
        say(f"     submit with: twinwright orders submit {order.id}", "dim")
    if found.report:
        say(f"report: {found.report}")


def _say_hypothesis(say: Callable[..., None], place: int, one: RankedHypothesis) -> None:
    signal = f".{one.signal}" if one.signal else ""
    since = f", since {one.onset}" if one.onset else ""
    say(f"{place}. {one.twin}{signal}: {one.mode or 'no failure mode named'} ({one.confidence:.0%}{since})")
    if one.chain:
        say(f"     {' → '.join(one.chain)}", "dim")
    for claim in one.supports:
        say(f"     + {claim.text} [{', '.join(claim.evidence)}]")
    for claim in one.contradicts:
        say(f"     - {claim.text} [{', '.join(claim.evidence)}]")
    if one.next_check:
        say(f"     next check: {one.next_check}")
