"""What `ask`, `chat` and `demo` share: choosing the model, running the investigation, writing the report, printing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from twinwright_tools.errors import UsageError
from twinwright_tools.times import parse_time

from .hints import command_line
from .options import Options
from .order_files import keep_with_orders
from .output import in_zone, working

if TYPE_CHECKING:
    from twinwright_agent.budget import Budget
    from twinwright_agent.ledger import Kept
    from twinwright_agent.result import Investigation, RankedHypothesis, RunUsage
    from twinwright_agent.tracing import Traces
    from twinwright_tools.plant import Plant
    from twinwright_tools.settings import Settings


_SUSPECTS = 4  # twins that people are shown, each by its likeliest signal; --json has every hypothesis


def investigate_question(
    options: Options,
    plant: Plant,
    question: str | None,
    *,
    report: Path | None = None,
    run: str | None = None,
    bounds: Mapping[str, Any] = MappingProxyType({}),
) -> Investigation:
    """Runs (or resumes) one investigation and writes its report; the rules finish where the model can't go on.

    A report that can't be written after all is told on stderr, and costs no answer: `report` is None then.

    Args:
        bounds: of the budget, by name, where they were given; they go before those of `twinwright.toml`.

    Raises:
        UsageError: neither a question nor a run to resume, or the report can't be written where it shall go.
        click.Abort: it was interrupted; the message says how to go on.
    """
    settings = options.settings
    doing = "choosing a model"
    with working(options.as_json, plant.zone, doing=doing) as progress, traces_of(options) as traces:
        # Imported here, as it takes its time.
        from twinwright_agent.loop import investigate, new_run_id
        from twinwright_agent.models.choose import choose_model, why_rules
        from twinwright_agent.models.rules import RulesModel
        from twinwright_agent.store import question_of
        from twinwright_tools.toolbox import standard_registry

        kept = question_of(plant, run) if run is not None else None
        asked = checked_question(question or kept)
        name = run or new_run_id()
        path = checked_report(report or plant.state / "reports" / f"{name}.html")
        chosen = choose_model(settings, progress)
        progress(f"run {name}, model {chosen.name}")
        try:
            found = investigate(
                plant,
                asked,
                model=chosen,
                registry=standard_registry(),
                run=name,
                budget=budget_of(plant, bounds),
                progress=progress,
                fallback=RulesModel() if chosen.name != "rules" else None,
                hand_over=why_rules(settings),
                postgres=settings.postgres,
                traces=traces,
            )
        except KeyboardInterrupt:
            go_on = command_line(settings, "ask", "--resume", name)
            raise click.Abort(f"interrupted; go on with: {go_on}") from None
        progress("writing the report")
        written = _write_report(path, found, plant)
        keep_with_orders(plant, found, written, progress)
    return found.model_copy(update={"report": str(written.resolve()) if written else None})


def checked_report(path: Path) -> Path:
    """The path, if a report can be written there; its folder is made.

    Raises:
        UsageError: it can't.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; --report names the file to write, for example {path / 'report.html'}")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no plain file; --report names the file to write")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        raise UsageError(
            f"no report can be written to {path} ({error.strerror}); name another with --report"
        ) from error


def _write_report(path: Path, found: Investigation, plant: Plant) -> Path | None:
    # Heavy, and needed only now: the first request shouldn't wait for it.
    from twinwright_agent.report import write_report

    try:
        write_report(path, found, plant)
    except OSError as error:
        click.echo(f"error: the report can't be written to {path}: {error.strerror or error}", err=True)
        return None
    return path


def checked_question(question: str | None) -> str:
    """The question, if it is one.

    Raises:
        UsageError: there is none, or it is no text.
    """
    if not question or not question.strip():
        raise UsageError('ask something, for example: twinwright ask "why is line 3 throughput dropping?"')
    if any("\ud800" <= letter <= "\udfff" for letter in question):
        raise UsageError("the question is not valid UTF-8 text; write it again")
    return question


def budget_of(plant: Plant, bounds: Mapping[str, Any]) -> Budget:
    """The budget of an investigation: the defaults, then `[budget]` of the plant, then what the command line says."""
    from twinwright_agent.budget import Budget

    return Budget().with_bounds(plant.config.budget.model_dump()).with_bounds(bounds)


@contextmanager
def traces_of(options: Options) -> Iterator[Traces]:
    """The traces that the environment asks for; what is left of them is sent at the end of the block."""
    from twinwright_agent.tracing import open_traces

    traces = open_traces(options.settings.traces)
    try:
        yield traces
    finally:
        traces.close()


def asked_at(options: Options, run: str) -> datetime:
    """The moment of asking of a run that is to be resumed: newer telemetry must not change what it sees."""
    from twinwright_agent.store import RunStore

    with options.opened() as plant, RunStore(plant) as store:
        return parse_time(store.get(run).at)


def exit_code(found: Investigation) -> int:
    """0 for an answer ("can't be told" is one) with its report, else 1."""
    return 0 if found.status in {"concluded", "cannot_tell"} and found.report else 1


def print_investigation(console: Console, found: Investigation, zone: ZoneInfo, settings: Settings) -> None:
    """An investigation as text: the answer first, then what carries it."""

    def say(text: str, style: str | None = None, whole: bool = False) -> None:
        # What people paste is folded by their terminal, which leaves no line breaks in it.
        console.print(Text(in_zone(text, zone)), style=style, soft_wrap=whole)

    _say_answer(say, found)
    likeliest: dict[str, RankedHypothesis] = {}
    for one in found.hypotheses:
        likeliest.setdefault(one.twin, one)
    for place, one in enumerate(list(likeliest.values())[:_SUSPECTS], 1):
        _say_hypothesis(say, place, one)
        # One answer names one next check: that of the leading hypothesis, unless the answer itself does.
        if place == 1 and one.next_check and one.next_check.rstrip(".") not in found.answer:
            say(f"     next check: {one.next_check}")
    for sentence in found.missing:
        say(f"missing: {sentence}")
    for struck in found.struck:
        say(f"struck (not carried by its evidence): {struck.text} – {struck.reason}")
    if found.ledger:
        print_ledger(say, found.ledger)
    if found.evidence:
        say("evidence", "bold")
    for evidence in found.evidence:
        say(f"  {evidence.id:<4} {evidence.summary}")
        console.print(Text(f"       {evidence.reproduce}"), style="dim", soft_wrap=True)
    _say_drafts(say, found, settings)
    if found.report:
        say(f"report: {found.report}")


def _say_answer(say: Callable[..., None], found: Investigation) -> None:
    say(found.answer or "(no answer)", "bold")
    say(f"[{found.status}; model {found.model}; asked at {found.at}{_cost(found.usage)}]", "dim")
    if found.hand_over is not None:
        say(f"by the built-in rules, because {found.hand_over.because}", "yellow")
    if found.status not in {"concluded", "cannot_tell"} and found.reason:
        say(found.reason, "yellow")
    for sentence in found.assumptions:
        say(f"assumed, not proven: {sentence}")


def _say_drafts(say: Callable[..., None], found: Investigation, settings: Settings) -> None:
    for order in found.work_orders:
        to = f", an addition to open order {order.addition_to.order}" if order.addition_to else ""
        say(f"work order {order.id} (draft, {order.priority}{to}): {order.title}")
        say(f"     submit with: {command_line(settings, 'orders', 'submit', order.id)}", "dim", whole=True)
    for name, reasons in found.tainted.items():
        for reason in reasons:
            say(f"TAINTED {name}: {reason}; check it before anybody acts on it", "bold red")


def print_ledger(say: Callable[..., None], ledger: Sequence[Kept]) -> None:
    """The hypotheses as the model kept them, each with the evidence for and against it."""
    say("hypotheses as they were kept", "bold")
    for one in ledger:
        signal = f".{one.signal}" if one.signal else ""
        sides = [f"+ {', '.join(one.evidence_for)}"] if one.evidence_for else []
        sides += [f"- {', '.join(one.evidence_against)}"] if one.evidence_against else []
        cited = f" ({'; '.join(sides)})" if sides else ""
        say(f"  {one.id:<4} {one.state:<9} {one.twin}{signal}: {one.note}{cited}")


def _cost(usage: RunUsage) -> str:
    if not usage.tokens:
        return ""
    money = "price unknown" if usage.usd is None else f"${usage.usd:.3f}"
    return f"; {usage.turns} turns, {usage.tool_calls} calls, {usage.tokens:,} tokens, {money}"


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
