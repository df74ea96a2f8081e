"""Compiling a checked query to DuckDB SQL over the tables of `store`.

Names of the query never become names in SQL: tables are t0, t1 … and r1 …; names and values are literals of the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod

from sqlglot import exp

from .plan import (
    ArrayTest,
    Binding,
    CheckedQuery,
    Comparison,
    Condition,
    Connection,
    Constant,
    Membership,
    ModelTest,
    Negation,
    Path,
    Step,
    TextTest,
    TypeTest,
    ValueType,
)

TWIN_COLUMNS = ("id", "model", "etag", "properties")
RELATIONSHIP_COLUMNS = ("id", "name", "source", "target", "properties")

_SYSTEM_COLUMNS = {
    "$dtId": "id",
    "$model": "model",
    "$etag": "etag",
    "$relationshipId": "id",
    "$relationshipName": "name",
    "$sourceId": "source",
    "$targetId": "target",
}
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    ">": exp.GT,
    "<=": exp.LTE,
    ">=": exp.GTE,
}
_SQL_TYPES: dict[ValueType, str] = {"number": "DOUBLE", "boolean": "BOOLEAN", "time": "TIMESTAMPTZ"}
_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE")
_JSON_TYPES: dict[str, tuple[str, ...]] = {
    "IS_NULL": ("NULL",),
    "IS_BOOL": ("BOOLEAN",),
    "IS_NUMBER": _NUMBERS,
    "IS_STRING": ("VARCHAR",),
    "IS_OBJECT": ("OBJECT",),
    "IS_PRIMITIVE": ("NULL", "BOOLEAN", "VARCHAR", *_NUMBERS),
}
_TEXT_FUNCTIONS = {"STARTSWITH": "starts_with", "ENDSWITH": "ends_with", "CONTAINS": "contains"}


def compile_query(query: CheckedQuery, row_limit: int) -> exp.Select:
    """The query as DuckDB SQL that yields at most one row more than the limit, in a stable order."""
    return _Compiler(query).select(row_limit)


def columns_of(shown: Binding | Path) -> int:
    """How many columns of the result make up one output."""
    if isinstance(shown, Path):
        return 1
    return len(TWIN_COLUMNS if shown.collection == "twin" else RELATIONSHIP_COLUMNS)


@dataclass
class _Compiler:
    query: CheckedQuery

    def __post_init__(self) -> None:
        letters = {"twin": "t", "relationship": "r"}
        self.tables = {
            binding.alias: f"{letters[binding.collection]}{index}" for index, binding in enumerate(self.query.bindings)
        }
        self._passed: list[exp.Expr] = []

    def select(self, row_limit: int) -> exp.Select:
        query = self.query
        shown = [each.shown for each in query.outputs] or [query.root]
        found = exp.Select()
        if query.count:
            found = found.select(exp.Count(this=exp.Star()))
        else:
            found = found.select(*(column for each in shown for column in self._columns(each)))
        found = found.from_(self._table(query.root))
        bound = {query.root.alias}
        for index, step in enumerate(query.steps):
            found = self._follow(found, index, step, bound)
        if query.where is not None:
            found = found.where(self.condition(query.where))
        if any(step.is_walk for step in query.steps):
            # a walk has as many rows as there are ways; one of each is enough
            keys = [exp.column(each.this.name, table=each.this.table) for each in self._order()]
            if query.count:
                found = exp.select("COUNT(*)").from_(
                    found.select(*_numbered(keys), append=False).distinct().subquery("d")
                )
            else:
                found.set("distinct", exp.Distinct(on=exp.Tuple(expressions=keys)))
        if not query.count:
            found = found.order_by(*self._order()).limit(min(query.top or row_limit + 1, row_limit + 1))
        return found

    def _follow(self, select: exp.Select, index: int, step: Step, bound: set[str]) -> exp.Select:
        """Add one step: its relationship, or the table of its walks, and its target."""
        start = self._column(step.source, "id")
        if step.is_walk:
            walks = f"w{index}"
            select = select.with_(walks, as_=_walks(step), recursive=True)
            select = select.join(exp.table_(walks), on=exp.EQ(this=exp.column("start", walks), expression=start))
            end: exp.Expr = exp.column("finish", walks)
            passed: exp.Expr = exp.column("path", walks)
        else:
            edge = self.tables[step.edge.alias]
            select = select.join(self._table(step.edge), on=exp.and_(_leaves(step, edge, start), _named(step, edge)))
            end, passed = _other_end(step, edge, start), exp.Array(expressions=[_key(edge)])
        if self.query.is_match:
            for before in self._passed:
                shared = exp.Anonymous(this="list_has_any", expressions=[before, passed])
                select = select.where(exp.Not(this=shared))
            self._passed.append(passed)
        arrived = exp.EQ(this=self._column(step.target, "id"), expression=end)
        if step.target.alias in bound:
            return select.where(arrived)
        bound.add(step.target.alias)
        return select.join(self._table(step.target), on=arrived)

    def _table(self, binding: Binding) -> exp.Table:
        table = "twins" if binding.collection == "twin" else "relationships"
        return exp.table_(table, alias=self.tables[binding.alias])

    def _column(self, binding: Binding, name: str) -> exp.Column:
        return exp.column(name, table=self.tables[binding.alias])

    def _columns(self, shown: Binding | Path) -> list[exp.Expr]:
        if isinstance(shown, Binding):
            names = TWIN_COLUMNS if shown.collection == "twin" else RELATIONSHIP_COLUMNS
            return [self._column(shown, name) for name in names]
        if shown.is_system:
            return [exp.Anonymous(this="to_json", expressions=[self._system(shown)])]
        return [self._json("json_extract", shown)]

    def _order(self) -> list[exp.Expr]:
        keys = []
        for binding in self.query.bindings:
            names = ("id",) if binding.collection == "twin" else ("source", "id")
            keys += [self._column(binding, name) for name in names]
        return [exp.Ordered(this=key) for key in keys]

    def _system(self, path: Path) -> exp.Expr:
        column = _SYSTEM_COLUMNS[path.names[0]]
        if path.binding.collection == "relationship" and column == "etag":
            return exp.Cast(this=exp.Null(), to=exp.DataType.build("VARCHAR"))
        return self._column(path.binding, column)

    def _json(self, function: str, path: Path) -> exp.Expr:
        """A JSON function at the path, which is written as a JSON pointer (RFC 6901)."""
        pointer = "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path.names)
        document: exp.Expr = self._column(path.binding, "properties")
        if path.names == ("$metadata",):
            pointer, model = "", exp.Literal.string("$model")
            document = exp.Anonymous(this="json_object", expressions=[model, self._column(path.binding, "model")])
        return exp.Anonymous(this=function, expressions=[document, exp.Literal.string(pointer)])

    def _value(self, operand: Path | Constant, compared_as: ValueType) -> exp.Expr:
        if isinstance(operand, Constant):
            return _time(str(operand.value)) if compared_as == "time" else exp.convert(operand.value)
        text = self._system(operand) if operand.is_system else self._json("json_extract_string", operand)
        if compared_as not in _SQL_TYPES:
            return text
        return exp.TryCast(this=text, to=exp.DataType.build(self._sql_type(operand, compared_as)))

    def _sql_type(self, path: Path, compared_as: ValueType) -> str:
        whole = {"integer", "long", "enum"}
        exact = compared_as == "number" and path.schemas and all(each.name in whole for each in path.schemas)
        return "BIGINT" if exact else _SQL_TYPES[compared_as]

    @singledispatchmethod
    def condition(self, condition: Condition) -> exp.Expr:
        """A condition in SQL; what is missing in a document makes it unknown, as NULL does."""
        raise TypeError(f"no condition: {condition!r}")

    @condition.register
    def _(self, condition: Comparison) -> exp.Expr:
        left = self._value(condition.left, condition.compared_as)
        right = self._value(condition.right, condition.compared_as)
        return _COMPARISONS[condition.order](this=left, expression=right)

    @condition.register
    def _(self, condition: Membership) -> exp.Expr:
        values = [self._value(each, condition.compared_as) for each in condition.values]
        found = exp.In(this=self._value(condition.path, condition.compared_as), expressions=values)
        return exp.Not(this=exp.Paren(this=found)) if condition.negated else found

    @condition.register
    def _(self, condition: ArrayTest) -> exp.Expr:
        array = self._json("json_extract", condition.path)
        value = exp.Anonymous(this="to_json", expressions=[exp.convert(condition.value.value)])
        return exp.Anonymous(this="json_contains", expressions=[array, value])

    @condition.register
    def _(self, condition: TextTest) -> exp.Expr:
        arguments = [self._value(condition.path, "text"), self._value(condition.value, "text")]
        return exp.Anonymous(this=_TEXT_FUNCTIONS[condition.function], expressions=arguments)

    @condition.register
    def _(self, condition: TypeTest) -> exp.Expr:
        path = condition.path
        if path.is_system:
            there = exp.Not(this=exp.Paren(this=exp.Is(this=self._system(path), expression=exp.Null())))
            if condition.function in ("IS_DEFINED", "IS_STRING", "IS_PRIMITIVE"):
                return there
            return exp.false()
        if condition.function == "IS_DEFINED":
            return self._json("json_exists", path)
        types = [exp.Literal.string(each) for each in _JSON_TYPES[condition.function]]
        found = exp.In(this=self._json("json_type", path), expressions=types)
        # a value that isn't there is of no type: false, so that NOT finds it
        return exp.Coalesce(this=found, expressions=[exp.false()])

    @condition.register
    def _(self, condition: ModelTest) -> exp.Expr:
        model = self._column(condition.binding, "model")
        literal = exp.Literal.string(condition.model)
        if condition.exact:
            return exp.EQ(this=model, expression=literal)
        lineage = exp.select("model").from_("model_lineage")
        return exp.In(
            this=model, query=lineage.where(exp.EQ(this=exp.column("ancestor"), expression=literal)).subquery()
        )

    @condition.register
    def _(self, condition: Negation) -> exp.Expr:
        return exp.Not(this=exp.Paren(this=self.condition(condition.condition)))

    @condition.register
    def _(self, condition: Connection) -> exp.Expr:
        parts = [exp.Paren(this=self.condition(each)) for each in condition.conditions]
        return exp.and_(*parts) if condition.word == "AND" else exp.or_(*parts)


def _numbered(keys: list[exp.Column]) -> list[exp.Expr]:
    return [exp.alias_(key, f"k{index}") for index, key in enumerate(keys)]


def _named(step: Step, edge: str) -> exp.Expr:
    """That a relationship has one of the step's names."""
    if not step.names:
        return exp.true()
    return exp.In(this=exp.column("name", edge), expressions=[exp.Literal.string(each) for each in step.names])


def _leaves(step: Step, edge: str, start: exp.Expr) -> exp.Expr:
    """That a relationship touches the twin where a step, or a hop of it, begins."""
    source, target = (exp.EQ(this=exp.column(end, edge), expression=start.copy()) for end in ("source", "target"))
    found: dict[str, exp.Expr] = {
        "forward": source,
        "backward": target,
        "either": exp.Paren(this=exp.or_(source, target)),
    }
    return found[step.direction]


def _other_end(step: Step, edge: str, start: exp.Expr) -> exp.Expr:
    source, target = exp.column("source", edge), exp.column("target", edge)
    if step.direction != "either":
        return target if step.direction == "forward" else source
    return exp.Case().when(exp.EQ(this=source, expression=start.copy()), target).else_(source)


def _key(edge: str) -> exp.Expr:
    parts = [exp.column("source", edge), exp.Literal.string("\x1f"), exp.column("id", edge)]
    return exp.Anonymous(this="concat", expressions=parts)


def _walks(step: Step) -> exp.Expr:
    """All ways of a step's hops that pass no relationship twice: start, finish, and the path as a list of keys."""
    start, finish = exp.column("start", "w"), exp.column("finish", "w")
    path, hops = exp.column("path", "w"), exp.column("hops", "w")
    key = _key("r")
    names = ("start", "finish", "path", "hops")
    first = exp.select("id AS start", "id AS finish", "CAST([] AS VARCHAR[]) AS path", "0 AS hops").from_("twins")
    longer = (
        exp.select(start, _other_end(step, "r", finish))
        .select(
            exp.Anonymous(this="list_append", expressions=[path, key]), exp.Add(this=hops, expression=exp.convert(1))
        )
        .from_("w")
        .join(exp.table_("relationships", alias="r"), on=exp.and_(_leaves(step, "r", finish), _named(step, "r")))
        .where(exp.LT(this=hops, expression=exp.convert(step.hops.most)))
        .where(exp.Not(this=exp.Anonymous(this="list_contains", expressions=[path, key])))
    )
    every = exp.union(first, longer, distinct=False)
    found = exp.select(*names[:3]).from_("w").with_("w", as_=every, recursive=True)
    return found.where(exp.GTE(this=exp.column("hops"), expression=exp.convert(step.hops.least)))


def _time(text: str) -> exp.Expr:
    """A checked ISO 8601 time, in the one form of many that every database reads."""
    literal = exp.Literal.string(datetime.fromisoformat(text).isoformat())
    return exp.TryCast(this=literal, to=exp.DataType.build("TIMESTAMPTZ"))
