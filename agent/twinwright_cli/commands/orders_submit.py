"""`twinwright orders submit`: one draft to the CMMS, once a person has seen it and what is open there already."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click
from rich.console import Console

from twinwright_tools.errors import CmmsError, OrderError, UsageError

from ..options import Options, plant_options
from ..output import PlainConsole, show, working
from .orders_desk import Desk, desk
from .orders_text import match_as_dict, print_matches, print_order

if TYPE_CHECKING:
    from twinwright_tools.cmms.protocol import Connector, NewOrder
    from twinwright_tools.orders.duplicates import Match
    from twinwright_tools.orders.order import WorkOrder
    from twinwright_tools.orders.outbox import Entry


@dataclass
class _Plan:
    """What is about to be done with a draft, as the person sees it."""

    matches: Sequence[Match] = ()
    adds_to: str | None = None
    seen: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@click.command("submit")
@click.argument("order")
@click.option("--yes", is_flag=True, help="You are a person and you mean it; otherwise you are asked.")
@click.option("--as-new", is_flag=True, help="Make an order of its own, though an open one is about the same.")
@click.option("--by", default=None, help="Who submits (default: your account).")
@plant_options
def command(options: Options, order: str, yes: bool, as_new: bool, by: str | None) -> None:
    """Submit one draft to the CMMS; a person has to say yes.

    An open order there that is about the same is shown, and the draft becomes an addition to it unless --as-new is
    given. What was submitted is never lost: it waits in the outbox until the CMMS has it (exit code 1 until then).
    """
    from twinwright_tools.orders.outbox import Outbox

    with desk(options, "submit", by) as at:
        draft, revision = at.book.revision(order)
        with working(options.as_json, doing="asking the CMMS what is open"):
            connector, unasked = _connector(at)
            plan = _plan(at, draft, connector, as_new)
        plan.told += unasked
        _stop_at_filed(draft, plan, as_new)
        _agree(at, draft, plan, yes)
        outbox = Outbox(at.book.store)
        outbox.submit(
            order, _message(at, draft, plan, by), by=at.by, revision=revision, adds_to=plan.adds_to, seen=plan.seen
        )
        with working(options.as_json, doing="sending the order"):
            entry = _send(at, order, connector, plan)
        done, zone = at.book.get(order), at.plant.zone
    if entry is not None and entry.state == "refused":
        from twinwright_tools.orders.sending import refused

        raise refused(entry)

    def people(console: Console) -> None:
        print_order(console, done, zone, entry)
        print_matches(console, plan.matches, zone)
        for text in plan.told:
            console.print(text, markup=False)

    document = done.model_dump(mode="json") | {
        "outbox": entry.as_dict() if entry else None,
        "matches": [match_as_dict(match) for match in plan.matches],
        "told": plan.told,
    }
    show(options.as_json, document, people)
    click.get_current_context().exit(0 if entry is not None and entry.state == "confirmed" else 1)


def _connector(at: Desk) -> tuple[Connector | None, list[str]]:
    try:
        return at.connector(), []
    except CmmsError as error:
        return None, [f"the CMMS can't be reached: {error.message}; the order is queued"]


def _plan(at: Desk, draft: WorkOrder, connector: Connector | None, as_new: bool) -> _Plan:
    """Asks the CMMS what is open, and decides: an order of its own, or an addition to one that is about the same."""
    plan = _Plan()
    before = draft.addition_to.order if draft.addition_to and not as_new else None
    try:
        plan.matches = at.matches(draft, connector) if connector else ()
    except CmmsError as error:
        plan.told.append(f"open orders couldn't be looked at ({error.message}); that is done before it is sent")
        connector = None
    if connector is None:
        plan.matches = at.filed(draft)
        plan.adds_to = before
        return plan
    same = [match.order.id for match in plan.matches if match.verdict == "duplicate" and not match.filed]
    plan.seen = same
    if same and not as_new:
        plan.adds_to = before if before in same else same[0]
        plan.told.append(f"{draft.id} is an addition to open order {plan.adds_to}; --as-new makes one of its own")
    elif before is not None:
        plan.told.append(f"open order {before}, which this was to be added to, isn't open any more: this is a new one")
    return plan


def _stop_at_filed(draft: WorkOrder, plan: _Plan, as_new: bool) -> None:
    """An open order that only the plant's own files know, and that is about the same, is told before one is made."""
    from twinwright_tools.orders.duplicates import about_the_same

    same = [match for match in plan.matches if match.verdict == "duplicate" and match.filed]
    if not same or plan.adds_to is not None:
        return
    said = about_the_same(same[0])
    if not as_new:
        raise OrderError(f"{said}: enter this there, or submit {draft.id} with --as-new", code="order.duplicate")
    plan.told.append(said)


def _agree(at: Desk, draft: WorkOrder, plan: _Plan, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to say yes; add --yes to submit {draft.id}", code="orders.no_yes")
    console = PlainConsole(stderr=True, highlight=False)
    print_order(console, draft, at.plant.zone)
    print_matches(console, plan.matches, at.plant.zone)
    for text in plan.told:
        console.print(text, markup=False)
    what = f"Add {draft.id} to order {plan.adds_to}?" if plan.adds_to else f"Submit {draft.id}?"
    if not click.confirm(what, err=True):
        raise click.Abort


def _message(at: Desk, draft: WorkOrder, plan: _Plan, by: str | None) -> NewOrder:
    from twinwright_tools.orders.assets import asset_mapping
    from twinwright_tools.orders.message import addition_text, new_order

    asset = asset_mapping(at.plant)(draft.asset)
    if asset is None:
        raise OrderError(f"{draft.asset} is no asset of the CMMS yet: match it first", code="order.no_asset")
    message = new_order(draft, asset, by or at.by, at.plant.zone)
    if plan.adds_to is None:
        return message
    return message.model_copy(update={"text": addition_text(draft, by or at.by, at.plant.zone)})


def _send(at: Desk, order: str, connector: Connector | None, plan: _Plan) -> Entry | None:
    """Tries at once; what can't be sent now waits."""
    from twinwright_tools.orders.outbox import Outbox

    if connector is not None:
        try:
            at.sender(connector).send(at.book.get(order).id)
        except OrderError as error:
            plan.told.append(error.message)
    return Outbox(at.book.store).entry(order)
