"""`twinwright orders feedback`: was it that?"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console

from twinwright_tools.errors import OrderError, UsageError

from ..options import Options, plant_options
from ..output import show, table
from .orders_desk import Desk, desk

if TYPE_CHECKING:
    from twinwright_tools.diagnosis.calibration import Verdict
    from twinwright_tools.orders.feedback import Feedback, Score
    from twinwright_tools.orders.order import WorkOrder
    from twinwright_tools.plant import Plant

_WORDS = ("right", "asset", "wrong", "nothing")


@click.command("feedback")
@click.argument("order", required=False)
@click.option(
    "--found",
    type=click.Choice(_WORDS),
    help="right: it was that; asset: the asset, another mode; wrong: another asset; nothing: nothing was wrong.",
)
@click.option("--twin", help="What it was instead.")
@click.option("--mode", help="The failure mode that it was instead.")
@click.option("--read", "reading", is_flag=True, help="Read it from the failure codes of orders that the CMMS closed.")
@plant_options
def feedback(
    options: Options, order: str | None, found: str | None, twin: str | None, mode: str | None, reading: bool
) -> None:
    """Say what an order's hypothesis came to; without an order, show the scores and what confidence makes of them.

    --read takes it from the CMMS, as `orders sync` last saw it, for orders of which nobody has said anything.
    """
    from twinwright_tools.diagnosis.calibration import keep
    from twinwright_tools.orders.feedback import FeedbackBook, recalibration, scores

    if order is None and (found or twin or mode):
        raise UsageError("name the order that it is about: twinwright orders feedback WO-0001 --found right")
    with desk(options, "edit" if order or reading else None) as at:
        plant, book = at.plant, FeedbackBook(at.plant.state)
        if order is not None:
            book.keep(_said(plant, at.book.get(order), found, (twin, mode), at.by))
        if reading:
            for one in _read(at, book.all()):
                book.keep(one)
        said = book.all()
        verdict = recalibration(said)
        keep(plant.state, verdict.calibration)
    document = {
        "value": [one.as_dict() for one in said],
        "scores": [one.as_dict() for one in scores(said)],
        "calibration": verdict.calibration.as_dict() if verdict.calibration else None,
        "why": verdict.why,
    }
    show(options.as_json, document, lambda console: _print(console, said, scores(said), verdict))


def _read(at: Desk, said: list[Feedback]) -> list[Feedback]:
    from twinwright_tools.diagnosis.failure_modes import modes_of_plant
    from twinwright_tools.orders.feedback import read_back
    from twinwright_tools.orders.outbox import Outbox

    orders = {one.id: one for one in at.book.list()}
    return read_back(Outbox(at.book.store).entries(), orders, modes_of_plant(at.plant).modes, said)


def _said(
    plant: Plant, order: WorkOrder, found: str | None, instead: tuple[str | None, str | None], by: str
) -> Feedback:
    from twinwright_tools.diagnosis.failure_modes import modes_of_plant
    from twinwright_tools.errors import UnknownNameError
    from twinwright_tools.orders.feedback import Feedback

    if order.raw_likelihood is None:
        raise OrderError(f"{order.id} was drafted without a likelihood to hold this against", code="feedback.none")
    twin, mode = instead
    if twin is not None:
        plant.graph.twin(twin)
    if mode is not None and mode not in (modes := modes_of_plant(plant).modes):
        raise UnknownNameError.of("failure mode", mode, modes)
    word = found or _asked(order)
    if word == "right" and (twin or mode):
        raise UsageError("--found right needs no --twin and --mode: it was that")
    return Feedback(
        order=order.id,
        twin=order.asset,
        mode=order.failure_mode,
        confidence=order.raw_likelihood,
        found=word,  # type: ignore[arg-type]  # click's Choice of the same words
        found_twin=twin,
        found_mode=mode,
        by=by,
        at=datetime.now(UTC),
    )


def _asked(order: WorkOrder) -> str:
    from twinwright_tools.orders.feedback import FOUND

    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to ask; add --found {'|'.join(_WORDS)}", code="orders.no_answer")
    click.echo(f"{order.id}: {order.failure_mode or 'no mode'} on {order.asset}. Was it that?", err=True)
    for word, meaning in FOUND.items():
        click.echo(f"  {word:8} {meaning}", err=True)
    return str(click.prompt("found", type=click.Choice(_WORDS), err=True))


def _print(console: Console, said: list[Feedback], scored: list[Score], verdict: Verdict) -> None:
    if not said:
        console.print("nothing was said yet: twinwright orders feedback WO-0001 --found right")
        return
    rows = [
        (one.mode, one.orders, one.asset_right, one.mode_right, f"{one.low:.0%} to {one.high:.0%}") for one in scored
    ]
    console.print(table(["failure mode", "orders", "asset right", "mode right", "asset right, 90 %"], rows))
    console.print(f"confidence: {verdict.why}", markup=False)
    if verdict.calibration is not None:
        examples = ", ".join(f"{shown:.0%} → {verdict.calibration.of(shown):.0%}" for shown in (0.3, 0.6, 0.9))
        console.print(f"what the engine says is now put right: {examples}", markup=False)
