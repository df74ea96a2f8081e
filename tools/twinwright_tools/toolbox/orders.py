"""`draft_work_order`: a draft in the order book; a person submits it, or doesn't."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from ..evidence import Fact, Finding
from ..registry import Effect, Tool, ToolContext
from .arguments import ToolArguments, between, sized, some_text
from .bounds import command, shortened
from .citing import cited


class DraftWorkOrder(ToolArguments):
    """Arguments of `draft_work_order`."""

    asset: str = Field(description="Twin id of the asset to work on.")
    failure_mode: str | None = Field(description="Failure mode id as rank_causes names it; null where none fits.")
    title: Annotated[str, AfterValidator(some_text)] = Field(description="What is to be done, in under 80 characters.")
    problem: Annotated[str, AfterValidator(some_text)] = Field(
        description="What is wrong and since when, with the figures that show it, for the technician who goes there."
    )
    evidence: Annotated[list[str], AfterValidator(sized(1, 20))] = Field(
        description="Ids of the evidence that it rests on, such as E3."
    )
    likelihood: Annotated[float, AfterValidator(between(0.0, 1.0))] = Field(
        description="Probability between 0 and 1 that this asset is the cause, as rank_causes has it."
    )


def draft_work_order(arguments: DraftWorkOrder, context: ToolContext) -> Finding:
    """Drafts a work order and stores it; the same call of the same run finds the same draft again.

    Raises:
        UnknownNameError: the asset or the failure mode isn't there.
        InputError: evidence is cited that the run doesn't have.
    """
    from ..orders.book import OrderBook
    from ..orders.draft import draft_order

    plant = context.plant
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
    )
    order = OrderBook(plant.state).add(draft)
    isolation = len(order.isolation)
    return Finding(
        summary=(
            f"Drafted work order {order.id} for {order.asset}: {order.title} (priority {order.priority}, "
            f"about {order.duration_h:g} h, {isolation} isolation point{'' if isolation == 1 else 's'}). "
            "It is a draft until a person submits it."
        ),
        facts=[
            Fact(name="work order", value=order.id),
            Fact(name="asset", value=order.asset),
            Fact(name="priority", value=order.priority),
            Fact(name="duration", value=order.duration_h, unit="h"),
            Fact(name="isolation points", value=isolation),
        ],
        data={"work_order": shortened(order.model_dump(mode="json"), 1200)},
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
