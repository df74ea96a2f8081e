"""Compiling a checked query to one statement of DuckDB SQL over the tables of `store`.

Names of the query never become names in SQL: tables are t0, t1 … and r1 …; names and values are literals of the tree.
"""

from __future__ import annotations

from sqlglot import exp

from ..columns import Layout, pointer
from .compile_conditions import ConditionCompiler
from .compile_joins import Joins, keeps_trail
from .compile_walks import walk_tables
from .cost import aliases, conjuncts, identities
from .plan import Binding, CheckedQuery, Condition, Path, Step


def compile_query(query: CheckedQuery, layout: Layout, limit: int, offset: int = 0) -> exp.Select:
    """The query as SQL for at most `limit` rows after the first `offset`, in the order of the ids of its collections.

    A row has one column for each output: a JSON document, or the JSON value at a path (NULL where there is none);
    without outputs that of the root; or one number, for a count.
    """
    return _Compiler(query, layout).select(limit, offset)


class _Compiler:
    def __init__(self, query: CheckedQuery, layout: Layout) -> None:
        self.query, self.layout = query, layout
        pinned = identities(query)
        self.start = next((each for each in query.bindings if each.alias in pinned), query.root)
        self.steps = ordered(query, self.start)
        self.tables: list[tuple[str, exp.Query]] = []

    def select(self, limit: int, offset: int) -> exp.Select:
        query = self.query
        joins = self._joined(len(self.steps))
        if joins.repeats:
            joins = self._distinct(joins)
        if query.count:
            found = joins.select([exp.Count(this=exp.Star())])
        else:
            shown = [each.shown for each in query.outputs] or [query.root]
            found = joins.select([_column(joins, each) for each in shown])
            # a table alone is read in the order of its numbers; to sort it would take longer than to read it
            if joins.is_joined or self.tables or self.start.alias in identities(query):
                found = found.order_by(*(joins.key(each) for each in query.bindings), copy=False)
            found = found.limit(limit, copy=False)
            found = found.offset(offset, copy=False) if offset else found
        for name, table in self.tables:
            found = found.with_(name, as_=table, materialized=True, copy=False)
        return found

    def _joined(self, count: int) -> Joins:
        """The first steps, with every condition on what they bind."""
        joins = Joins(self.query, self.layout, self.start)
        for at, (step, backwards) in enumerate(self.steps[:count]):
            joins.step(step, backwards, self._walk(at, step, backwards) if step.is_walk else None)
        for condition in self._conditions(joins):
            joins.where(ConditionCompiler(joins, self.layout).condition(condition))
        return joins

    def _conditions(self, joins: Joins) -> list[Condition]:
        return [each for each in conjuncts(self.query.where) if aliases(each) <= joins.bound]

    def _walk(self, at: int, step: Step, backwards: bool) -> str:
        """The name of the table of a walk's ends, which is made where it isn't there yet."""
        name = f"w{at}"
        if name not in dict(self.tables):
            before = self._joined(at)
            number = exp.alias_(before.key(step.target if backwards else step.source), "number", copy=False)
            seeds = before.select([number]).distinct(copy=False)
            self.tables += walk_tables(name, step, backwards, seeds, keeps_trail(self.query, step), self.layout)
        return name

    def _distinct(self, joins: Joins) -> Joins:
        """Each row once, where several ways lead to it."""
        keys = [exp.alias_(joins.key(each), f"b{at}", copy=False) for at, each in enumerate(self.query.bindings)]
        self.tables.append(("found", joins.select(keys).distinct(copy=False)))
        return Joins.of_table(self.query, self.layout, "found")


def ordered(query: CheckedQuery, start: Binding) -> list[tuple[Step, bool]]:
    """The steps in an order in which one end of each is known, with whether it is passed from its target."""
    known, waiting, found = {start.alias}, list(query.steps), []
    while waiting:
        step = next(each for each in waiting if {each.source.alias, each.target.alias} & known)
        waiting.remove(step)
        found.append((step, step.source.alias not in known))
        known |= {step.source.alias, step.target.alias}
    return found


def _column(joins: Joins, shown: Binding | Path) -> exp.Expr:
    if isinstance(shown, Binding):
        return joins.column(shown, "document")
    if shown.is_system:
        return exp.Anonymous(this="to_json", expressions=[joins.system(shown)])
    arguments = [joins.column(shown.binding, "document"), exp.Literal.string(pointer(shown.names))]
    return exp.Anonymous(this="json_extract", expressions=arguments)
