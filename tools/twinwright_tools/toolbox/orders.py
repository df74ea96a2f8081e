"""`draft_work_order`: a draft in the order book; a person submits it, or doesn't."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from ..errors import CmmsError, InputError
from ..evidence import Evidence, Fact, Finding
from ..registry import Effect, Tool, ToolContext
from ..taint import taint_of
from ..times import for_people
from .arguments import ToolArguments, between, sized, some_text
from .bounds import command, shortened
from .citing import cited

if TYPE_CHECKING:
    from ..orders.book import Drafting
    from ..orders.duplicates import Match
    from ..orders.order import WorkOrder
    from ..plant import Plant

_MOST_RELATED = 3
_DRAFTED: dict[Drafting, str] = {
    "new": "Drafted work order {}",
    "renewed": "Brought the unsent draft of the same failure up to date: work order {}",
    "in hand": "A person has worked on the unsent draft of the same failure, so it is left as it is: work order {}",
    "later": "The unsent draft of the same failure tells of a later moment, so it is left as it is: work order {}",
}


class DraftWorkOrder(ToolArguments):
    """Arguments of `draft_work_order`."""

    asset: str
    failure_mode: str | None = None
    title: Annotated[str, AfterValidator(some_text)] = Field(description="What is to be done, under 80 characters.")
    problem: Annotated[str, AfterValidator(some_text)] = Field(
        description="For the technician: what is wrong, since when, and the figures that show it."
    )
    evidence: Annotated[list[str], AfterValidator(sized(1, 20))]
    likelihood: Annotated[float, AfterValidator(between(0.0, 1.0))] = Field(
        description="Probability that it is the cause, 0 to 1."
    )


def draft_work_order(arguments: DraftWorkOrder, context: ToolContext) -> Finding:
    """Drafts a work order and stores it; the same call of the same run finds the same draft again.

    An unsent draft of the same failure is brought up to date instead, unless somebody had it in hand.
    The CMMS is asked first: where an open order is about the same, the draft is an addition to that.

    Raises:
        UnknownNameError: the asset or the failure mode isn't there.
        InputError: evidence is cited that the run doesn't have.
        OrderError: who runs this may not draft orders.
    """
    from ..orders.book import OrderBook
    from ..orders.draft import draft_order
    from ..orders.duplicates import about_the_same
    from ..orders.order import Addition
    from ..orders.rights import account, read_rights

    plant = context.plant
    read_rights(plant.folder).demand(account(), "draft")
    behind = cited(arguments.evidence, context.evidence)
    draft = draft_order(
        plant,
        asset=arguments.asset,
        failure_mode=arguments.failure_mode,
        title=arguments.title,
        problem=arguments.problem,
        evidence=[one.id for one in behind],
        likelihood=arguments.likelihood,
        run=context.run,
        call=context.call,
        onset=_onset(arguments, context.evidence),
        taint=taint_of(arguments.asset, context.evidence, context.asked),
    )
    matches, unasked = _matches(plant, draft)
    duplicates = [one for one in matches if one.verdict == "duplicate"]
    unasked += [about_the_same(one) for one in duplicates if one.filed]
    same = next((one for one in duplicates if not one.filed), None)
    if same is not None:
        found = same.order
        addition = Addition(order=found.id, title=found.title, url=found.url, reasons=list(same.reasons))
        draft = draft.model_copy(update={"addition_to": addition})
    notes = [*draft.notes, *unasked, *_before_due(plant, draft, behind)]
    order, how = OrderBook(plant.state).draft(draft.model_copy(update={"notes": notes}))
    return _finding(order, _DRAFTED[how], [one for one in matches if one.verdict == "related"], unasked)


def _matches(plant: Plant, draft: WorkOrder) -> tuple[list[Match], list[str]]:
    """What the open orders in the CMMS are to the draft, or a sentence that it couldn't be asked."""
    from ..cmms.choose import connect
    from ..orders.assets import asset_mapping
    from ..orders.duplicates import filed_matches, open_matches

    try:
        return open_matches(plant, draft, connect(plant, os.environ), asset_mapping(plant)), []
    except (CmmsError, InputError) as error:
        return filed_matches(plant, draft), [
            f"the CMMS couldn't be asked for open orders ({error.message}); it is asked before this is sent"
        ]


def _before_due(plant: Plant, draft: WorkOrder, behind: Sequence[Evidence]) -> list[str]:
    """Limits that the cited evidence foresees as crossed before the work is due.

    The due window follows from priority, calendar and crew alone; that there is less time is for a planner to see.
    """
    if draft.window is None:
        return []
    inside, found = set(plant.graph.within(draft.asset)), []
    foreseen = [one for one in behind if one.tool == "analyse" and one.arguments.get("operation") == "time_to_limit"]
    for by, row in ((one.id, row) for one in foreseen for row in one.data["signals"]):
        crossing = datetime.fromisoformat(row["crossing"]) if row["crossing"] else draft.window.due
        if row["twin"] in inside and crossing < draft.window.due:
            when = f"{for_people(crossing, plant.zone)} if its trend goes on ({by})"
            found.append(f"this is due only after {row['key']} crosses its limit: at {when}")
    return found


def _onset(arguments: DraftWorkOrder, evidence: Sequence[Evidence]) -> datetime | None:
    """When the engine says that this began."""
    for one in reversed(evidence):
        rows = one.data.get("hypotheses", []) if isinstance(one.data, dict) else []
        for row in rows:
            if row.get("twin") == arguments.asset and row.get("mode") == arguments.failure_mode and row.get("onset"):
                return datetime.fromisoformat(row["onset"])
    return None


def _finding(order: WorkOrder, drafted: str, related: Sequence[Match], unasked: Sequence[str]) -> Finding:
    isolation = len(order.isolation)
    points = f"{isolation} isolation point{'' if isolation == 1 else 's'}"
    said = (
        f"{drafted.format(order.id)} for {order.asset}: {order.title} (priority {order.priority}, "
        f"about {order.duration_h:g} h, {points}). "
    )
    facts = [
        Fact(name="work order", value=order.id),
        Fact(name="asset", value=order.asset),
        Fact(name="priority", value=order.priority),
        Fact(name="duration", value=order.duration_h, unit="h"),
        Fact(name="isolation points", value=isolation),
    ]
    data: dict[str, Any] = {"work_order": shortened(order.model_dump(mode="json"), 1200)}
    if order.addition_to is not None:
        to = order.addition_to
        said += f"This is an addition to the open order {to.order}, not a new one: {'; '.join(to.reasons)}. "
        facts.append(Fact(name="addition to order", value=to.order))
    if related:
        data["related_orders"] = [
            {"id": one.order.id, "title": shortened(one.order.title), "reasons": list(one.reasons)}
            for one in related[:_MOST_RELATED]
        ]
    said += "".join(f"{sentence[0].upper()}{sentence[1:]}. " for sentence in unasked)
    return Finding(
        summary=f"{said}It is a draft until a person submits it.",
        facts=facts,
        data=data,
        reproduce=command("orders", "show", order.id),
        provenance="orders",
    )


DRAFT_WORK_ORDER = Tool(
    name="draft_work_order",
    description="Drafts a work order for one asset; only a person submits it.",
    arguments=DraftWorkOrder,
    function=draft_work_order,
    effect=Effect.DRAFT,
)
