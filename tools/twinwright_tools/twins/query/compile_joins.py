"""What a compiled query reads: the tables of its collections, joined as its steps say, each only where it is needed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ..columns import Layout
from .plan import Binding, CheckedQuery, Path, Step

# System fields by the table that they stand in.
_OWN = {"$dtId": "id", "$relationshipId": "id", "$etag": "etag"}
_LOOKED_UP = {
    "$model": ("models", "model", "number"),
    "$relationshipName": ("relationship_names", "name", "number"),
    "$sourceId": ("twins", "source", "nid"),
    "$targetId": ("twins", "target", "nid"),
}


class Joins:
    """The FROM and the WHERE of a query.

    Attributes:
        bound: the aliases of the collections that are there.
        repeats: whether a row may come more than once, because several walks lead to it.
    """

    def __init__(self, query: CheckedQuery, layout: Layout, start: Binding | None) -> None:
        """Of one collection, to which steps are added."""
        self.query, self.layout = query, layout
        self.bound: set[str] = set()
        self.repeats = False
        self._names = {each.alias: at for at, each in enumerate(query.bindings)}
        self._keys: dict[str, exp.Column] = {}
        self._joined: dict[str, tuple[exp.Table, exp.Expr | None]] = {}
        self._conditions: list[exp.Expr] = []
        # what may not pass the same relationship twice: names, and an edge's number or a walk's list of them
        self._passed: list[tuple[tuple[str, ...], exp.Column, bool]] = []
        if start is not None:
            name = self._name(start)
            self._join("twins" if start.collection == "twin" else "edges", name, None)
            self._bind(start, exp.column("nid" if start.collection == "twin" else "eid", table=name))

    @classmethod
    def of_table(cls, query: CheckedQuery, layout: Layout, table: str) -> Joins:
        """Of a table that has the numbers of all collections of the query, as b0, b1 …"""
        joins = cls(query, layout, None)
        joins._join(table, table, None)
        for at, each in enumerate(query.bindings):
            joins._bind(each, exp.column(f"b{at}", table=table))
        return joins

    @property
    def is_joined(self) -> bool:
        """Whether there is more than one table."""
        return len(self._joined) > 1

    def key(self, binding: Binding) -> exp.Column:
        """The number of a collection's twin or relationship."""
        return self._keys[binding.alias].copy()

    def column(self, binding: Binding, name: str) -> exp.Column:
        """A column of a collection's table."""
        table = self._name(binding)
        if table not in self._joined:
            kind, key = ("twins", "nid") if binding.collection == "twin" else ("edges", "eid")
            self._join(kind, table, exp.EQ(this=exp.column(key, table=table), expression=self.key(binding)))
        return exp.column(name, table=table)

    def system(self, path: Path) -> exp.Column:
        """The column that has a system field."""
        field = path.names[0]
        if field in _OWN:
            return self.column(path.binding, _OWN[field])
        table, column, key = _LOOKED_UP[field]
        name = f"{self._name(path.binding)}_{column}"
        if name not in self._joined:
            own = self.column(path.binding, column)
            self._join(table, name, exp.EQ(this=exp.column(key, table=name), expression=own))
        return exp.column("id", table=name)

    def where(self, condition: exp.Expr) -> None:
        """Add a condition that every row must meet."""
        self._conditions.append(condition)

    def select(self, columns: Sequence[exp.Expr]) -> exp.Select:
        """The query for these columns."""
        found = exp.Select().select(*columns, copy=False)
        for table, on in self._joined.values():
            found = found.from_(table, copy=False) if on is None else found.join(table, on=on, copy=False)
        return found.where(*self._conditions, copy=False) if self._conditions else found

    def step(self, step: Step, backwards: bool, walk: str | None) -> None:
        """Join what a step leads to from an end that is bound; `walk` is the table of the ends of a walk."""
        begin, end = (step.target, step.source) if backwards else (step.source, step.target)
        if walk is not None:
            self._walk(step, begin, end, walk)
        else:
            self._hop(step, begin, end, backwards)

    def _hop(self, step: Step, begin: Binding, end: Binding, backwards: bool) -> None:
        along = is_along(step, backwards)
        name = self._name(step.edge) if along else f"l{self._names[step.edge.alias]}"
        tests, other = hop(name, step, backwards, self.layout)
        tests.insert(0, exp.EQ(this=exp.column("source" if along else "node", table=name), expression=self.key(begin)))
        if end.alias in self.bound:
            tests.append(exp.EQ(this=other, expression=self.key(end)))
        self._join("edges" if along else "links", name, exp.and_(*tests, copy=False))
        number = exp.column("eid", table=name)
        self._bind(step.edge, number)
        self._bind(end, other)
        self._pass(step.names, number, is_trail=False)

    def _walk(self, step: Step, begin: Binding, end: Binding, table: str) -> None:
        tests: list[exp.Expr] = [exp.EQ(this=exp.column("source", table=table), expression=self.key(begin))]
        node = exp.column("node", table=table)
        if end.alias in self.bound:
            tests.append(exp.EQ(this=node, expression=self.key(end)))
        self._join(table, table, exp.and_(*tests, copy=False))
        self._bind(end, node)
        if keeps_trail(self.query, step):
            self.repeats = True
            self._pass(step.names, exp.column("trail", table=table), is_trail=True)

    def _pass(self, names: tuple[str, ...], passed: exp.Column, is_trail: bool) -> None:
        """Take up what a step of a MATCH passes, which no other step may pass."""
        if not self.query.is_match:
            return
        for others, other, other_is_trail in self._passed:
            if not names or not others or set(names) & set(others):
                self.where(_apart(passed, is_trail, other, other_is_trail))
        self._passed.append((names, passed, is_trail))

    def _name(self, binding: Binding) -> str:
        return f"{'t' if binding.collection == 'twin' else 'r'}{self._names[binding.alias]}"

    def _bind(self, binding: Binding, key: exp.Column) -> None:
        self.bound.add(binding.alias)
        self._keys.setdefault(binding.alias, key)

    def _join(self, table: str, name: str, on: exp.Expr | None) -> None:
        self._joined[name] = (exp.table_(table, alias=name if name != table else None), on)


def hop(name: str, step: Step, backwards: bool, layout: Layout) -> tuple[list[exp.Expr], exp.Column]:
    """What a row of `edges` (passed from source to target) or else `links` must meet, and where it leads to."""
    along = is_along(step, backwards)
    tests = [_named(name, step.names, layout)] if step.names else []
    if along:
        return tests, exp.column("target", table=name)
    other, forward = exp.column("other", table=name), exp.column("forward", table=name)
    if step.direction == "either":
        # a relationship from a twin to itself has two links, but is passed once
        differs = exp.NEQ(this=exp.column("node", table=name), expression=other.copy())
        tests.append(exp.paren(exp.or_(forward, differs, copy=False), copy=False))
    else:
        tests.append(exp.Not(this=forward))
    return tests, other


def is_along(step: Step, backwards: bool) -> bool:
    """Whether every relationship is passed from its source to its target."""
    return step.direction == ("backward" if backwards else "forward")


def keeps_trail(query: CheckedQuery, step: Step) -> bool:
    """Whether it matters to other steps which relationships a walk passes."""
    others = [each for each in query.steps if each is not step]
    return query.is_match and any(
        not step.names or not each.names or set(step.names) & set(each.names) for each in others
    )


def _named(table: str, names: tuple[str, ...], layout: Layout) -> exp.Expr:
    """The test for relationships of these names."""
    column = exp.column("name", table=table)
    numbers = sorted(layout.names[each] for each in names if each in layout.names)
    values: list[exp.Expr] = [exp.Literal.number(each) for each in numbers]
    # names that no model declares got their numbers when the store was written
    for each in names:
        if each not in layout.names:
            same = exp.EQ(this=exp.column("id"), expression=exp.Literal.string(each))
            values.append(exp.select("number").from_("relationship_names").where(same).subquery())
    if len(values) == 1:
        return exp.EQ(this=column, expression=values[0])
    return exp.In(this=column, expressions=values)


def _apart(one: exp.Column, one_is_trail: bool, other: exp.Column, other_is_trail: bool) -> exp.Expr:
    """The test that two steps share no relationship."""
    if not one_is_trail and not other_is_trail:
        return exp.NEQ(this=one.copy(), expression=other.copy())
    if one_is_trail and other_is_trail:
        shares = exp.Anonymous(this="list_has_any", expressions=[one.copy(), other.copy()])
    else:
        trail, number = (one, other) if one_is_trail else (other, one)
        shares = exp.Anonymous(this="list_contains", expressions=[trail.copy(), number.copy()])
    return exp.Not(this=shares)
