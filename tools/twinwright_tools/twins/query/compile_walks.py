"""Steps of several hops: tables of the twins that a walk ends in, one hop after the other.

No relationship may be passed twice. Where a walk may be as short as one hop and shares no relationship with another
step, that needs no book-keeping: the shortest way to a twin passes nothing twice, so what is reached at all is reached
so (in either direction, a way back to the start must not end with its first relationship, which is remembered).
Otherwise every way is kept with the relationships that it passed.
"""

from __future__ import annotations

from sqlglot import exp

from ..columns import Layout
from .compile_joins import hop, is_along
from .plan import Step


def walk_tables(
    name: str, step: Step, backwards: bool, seeds: exp.Select, keeps_trail: bool, layout: Layout
) -> list[tuple[str, exp.Query]]:
    """Tables, each of those before it; the last, `name`, has the columns source, node and, where it is kept, trail.

    Args:
        seeds: a query for the numbers of the twins where the walk begins, as the column `number`.
    """
    is_short = step.hops.least <= 1 and not keeps_trail
    state = _state(step, is_short)
    tables: list[tuple[str, exp.Query]] = [(f"{name}_0", _seeds(name, seeds, state))]
    tables += [(f"{name}_{at}", _hop(name, at, step, backwards, state, layout)) for at in range(1, step.hops.most + 1)]
    shown = ("source", "node", "trail") if keeps_trail else ("source", "node")
    parts = [
        exp.Select().select(*shown, copy=False).from_(f"{name}_{at}", copy=False)
        for at in range(step.hops.least, step.hops.most + 1)
    ]
    ends: exp.Query = parts[0].distinct(copy=False) if len(parts) == 1 else exp.union(*parts, distinct=True, copy=False)
    return [*tables, (name, ends)]


def _state(step: Step, is_short: bool) -> str | None:
    """What is remembered of a way: the relationships that it passed, the first of them, or nothing."""
    if not is_short:
        return "trail"
    return "first" if step.direction == "either" else None


def _seeds(name: str, seeds: exp.Select, state: str | None) -> exp.Select:
    number = exp.column("number", table="seeds")
    columns: list[exp.Expr] = [exp.alias_(number, "source"), exp.alias_(number, "node")]
    if state == "trail":
        empty = exp.cast(exp.Array(expressions=[]), "INTEGER[]")
        columns.append(exp.alias_(empty, "trail"))
    if state == "first":
        columns.append(exp.alias_(exp.cast(exp.Null(), "INTEGER"), "first"))
    return exp.Select().select(*columns, copy=False).from_(seeds.subquery("seeds", copy=False), copy=False)


def _hop(name: str, at: int, step: Step, backwards: bool, state: str | None, layout: Layout) -> exp.Select:
    before = f"{name}_{at - 1}"
    along = is_along(step, backwards)
    tests, other = hop("e", step, backwards, layout)
    begin = exp.column("source" if along else "node", table="e")
    tests.insert(0, exp.EQ(this=begin, expression=exp.column("node", table="h")))
    number = exp.column("eid", table="e")
    columns: list[exp.Expr] = [exp.column("source", table="h"), exp.alias_(other, "node", copy=False)]
    if state == "trail":
        trail = exp.column("trail", table="h")
        tests.append(exp.Not(this=exp.Anonymous(this="list_contains", expressions=[trail, number])))
        columns.append(
            exp.alias_(exp.Anonymous(this="list_append", expressions=[trail.copy(), number.copy()]), "trail")
        )
    elif state == "first":
        first = exp.column("first", table="h")
        if at > 1:
            tests.append(exp.NEQ(this=number, expression=first))
        columns.append(exp.alias_(number.copy() if at == 1 else first.copy(), "first"))
    found = exp.Select().select(*columns, copy=False).from_(exp.table_(before, alias="h"), copy=False)
    table = exp.table_("edges" if along else "links", alias="e")
    found = found.join(table, on=exp.and_(*tests, copy=False), copy=False)
    return found if state == "trail" else found.distinct(copy=False)
