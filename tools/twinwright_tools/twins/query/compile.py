"""Compiling a checked query to DuckDB SQL over the tables of `store`.

Names of the query never become names in SQL: tables are t0, t1 … and r1 …; names and values are literals of the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod

from sqlglot import exp

from .plan import (
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

    def select(self, row_limit: int) -> exp.Select:
        query = self.query
        shown = [each.shown for each in query.outputs] or [query.root]
        found = exp.Select()
        if query.count:
            found = found.select(exp.Count(this=exp.Star()))
        else:
            found = found.select(*(column for each in shown for column in self._columns(each)))
        found = found.from_(self._table(query.root))
        for step in query.steps:
            found = self._join(found, step.edge, "source", step.source, "id", name=step.names[0])
            found = self._join(found, step.target, "id", step.edge, "target")
        if query.where is not None:
            found = found.where(self.condition(query.where))
        if not query.count:
            found = found.order_by(*self._order()).limit(min(query.top or row_limit + 1, row_limit + 1))
        return found

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

    def _join(
        self, select: exp.Select, joined: Binding, column: str, other: Binding, key: str, name: str | None = None
    ) -> exp.Select:
        on: exp.Expr = exp.EQ(this=self._column(joined, column), expression=self._column(other, key))
        if name is not None:
            named = exp.EQ(this=self._column(joined, "name"), expression=exp.Literal.string(name))
            on = exp.And(this=on, expression=named)
        return select.join(self._table(joined), on=on)

    def _order(self) -> list[exp.Expr]:
        keys = []
        for binding in self.query.bindings:
            names = ("id",) if binding.collection == "twin" else ("source", "id")
            keys += [self._column(binding, name) for name in names]
        return [exp.Ordered(this=key) for key in keys]

    def _system(self, path: Path) -> exp.Column:
        return self._column(path.binding, _SYSTEM_COLUMNS[path.names[0]])

    def _json(self, function: str, path: Path) -> exp.Expr:
        """A JSON function at the path, which is written as a JSON pointer (RFC 6901)."""
        pointer = "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path.names)
        document = self._column(path.binding, "properties")
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


def _time(text: str) -> exp.Expr:
    """A checked ISO 8601 time, in the one form of many that every database reads."""
    literal = exp.Literal.string(datetime.fromisoformat(text).isoformat())
    return exp.TryCast(this=literal, to=exp.DataType.build("TIMESTAMPTZ"))
