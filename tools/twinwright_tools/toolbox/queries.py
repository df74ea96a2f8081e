"""`query_twins`: the twin graph, asked in the Azure Digital Twins query language."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from ..evidence import Fact, Finding
from ..registry import Tool, ToolContext
from .arguments import ToolArguments, some_text
from .bounds import WHOLE_CHARS, command, fitting, shortened


class QueryTwins(ToolArguments):
    """Arguments of `query_twins`."""

    query: Annotated[str, AfterValidator(some_text)] = Field(
        description=(
            "In the Azure Digital Twins query language, such as "
            "SELECT T.$dtId FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:com:example:Pump;1') AND T.ratedPower > 5"
        )
    )


def query_twins(arguments: QueryTwins, context: ToolContext) -> Finding:
    """Rows of a validated twin query."""
    result = context.plant.query(arguments.query)
    rows = [shortened(row) for row in result.value]
    shown = fitting(rows, WHOLE_CHARS)
    facts = [Fact(name="rows", value=len(rows))]
    if len(rows) == 1:
        facts += [Fact(name=name, value=value) for name, value in rows[0].items() if _is_scalar(value)]
    more = " (and more: the limit of rows was reached)" if result.truncated else ""
    left = (
        f"; {len(shown)} are shown: select fewer columns, add a WHERE, or use TOP(n)" if len(shown) < len(rows) else ""
    )
    if len(shown) < len(rows):
        facts.append(Fact(name="rows shown", value=len(shown)))
    return Finding(
        summary=f"The query gave {len(rows)} row{'' if len(rows) == 1 else 's'}{more}{left}.",
        facts=facts,
        data={"value": shown},
        reproduce=command("query", arguments.query),
        provenance="twin graph",
    )


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


QUERY_TWINS = Tool(
    name="query_twins",
    description="The twin graph, asked in the Azure Digital Twins query language.",
    arguments=QueryTwins,
    function=query_twins,
)
