"""Compiling conditions: values from typed columns where there are any, from the documents where there are none."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatchmethod
from itertools import pairwise

from sqlglot import exp

from ..columns import JSON_TYPES, NUMBERS, SQL_TYPES, Column, Kind, Layout, pointer
from .compile_joins import Joins
from .plan import (
    ArrayTest,
    Comparison,
    Condition,
    Connection,
    Constant,
    Membership,
    ModelTest,
    Negation,
    Ordering,
    Path,
    TextTest,
    TypeFunction,
    TypeTest,
    ValueType,
)

_COMPARISONS: dict[Ordering, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    ">": exp.GT,
    "<=": exp.LTE,
    ">=": exp.GTE,
}
_TYPES: dict[TypeFunction, tuple[str, ...]] = {
    "IS_NULL": ("NULL",),
    "IS_BOOL": ("BOOLEAN",),
    "IS_NUMBER": NUMBERS,
    "IS_STRING": ("VARCHAR",),
    "IS_OBJECT": ("OBJECT",),
    "IS_PRIMITIVE": ("NULL", "BOOLEAN", "VARCHAR", *NUMBERS),
}
_WHOLE = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT")
_TEXT_FUNCTIONS = {"STARTSWITH": "starts_with", "ENDSWITH": "ends_with", "CONTAINS": "contains"}
# Whole numbers below it are the same as DOUBLE, and no other rounds to one of them.
_EXACT = 1 << 53


class ConditionCompiler:
    """Compiles the conditions on some joined collections."""

    def __init__(self, joins: Joins, layout: Layout) -> None:
        """Columns are taken from the joins, which grow where a condition needs a table."""
        self.joins, self.layout = joins, layout

    @singledispatchmethod
    def condition(self, condition: Condition) -> exp.Expr:
        """A condition in SQL; what is missing in a document makes it unknown, as NULL does."""
        raise TypeError(f"no condition: {condition!r}")

    @condition.register
    def _(self, condition: Comparison) -> exp.Expr:
        kind = _kind(condition.compared_as)
        node = _COMPARISONS[condition.order]
        found = node(this=self._value(condition.left, kind), expression=self._operand(condition.right, kind))
        if kind == "number" and _needs_whole(condition.left, condition.right):
            left, right = self._whole(condition.left), self._whole(condition.right)
            return exp.Coalesce(this=node(this=left, expression=right), expressions=[found])
        return found

    @condition.register
    def _(self, condition: Membership) -> exp.Expr:
        kind = _kind(condition.compared_as)
        values = [self._operand(each, kind) for each in condition.values]
        found: exp.Expr = exp.In(this=self._value(condition.path, kind), expressions=values)
        if kind == "number" and any(_needs_whole(condition.path, each) for each in condition.values):
            wholes = [self._whole(each) for each in condition.values if not isinstance(each.value, float)]
            whole = exp.In(this=self._whole(condition.path), expressions=wholes)
            found = exp.Coalesce(this=whole, expressions=[found])
        return exp.Not(this=exp.Paren(this=found)) if condition.negated else found

    @condition.register
    def _(self, condition: ArrayTest) -> exp.Expr:
        kind = _kind(condition.compared_as)
        types, array = self._json(condition.path, "json_type"), self._json(condition.path, "json_extract")
        elements = exp.Anonymous(this="json_extract", expressions=[array, exp.Literal.string("$[*]")])
        name = exp.to_identifier("each")
        typed = exp.Anonymous(this="json_type", expressions=[exp.column("each")])
        text = exp.Anonymous(this="json_extract_string", expressions=[exp.column("each"), exp.Literal.string("$")])
        value = exp.Case().when(exp.In(this=typed, expressions=_literals(JSON_TYPES[kind])), _cast(text, kind))
        values = exp.Anonymous(
            this="list_transform", expressions=[elements, exp.Lambda(this=value, expressions=[name])]
        )
        holds = exp.Anonymous(this="list_contains", expressions=[values, self._operand(condition.value, kind)])
        # what is no array has no elements to look at: unknown, as a value that isn't there
        return exp.Case().when(exp.EQ(this=types, expression=exp.Literal.string("ARRAY")), holds)

    @condition.register
    def _(self, condition: TextTest) -> exp.Expr:
        arguments = [self._value(condition.path, "text"), self._operand(condition.value, "text")]
        return exp.Anonymous(this=_TEXT_FUNCTIONS[condition.function], expressions=arguments)

    @condition.register
    def _(self, condition: TypeTest) -> exp.Expr:
        path, function = condition.path, condition.function
        if path.is_system:
            there = exp.Not(this=exp.Paren(this=exp.Is(this=self.joins.system(path), expression=exp.Null())))
            return there if function in ("IS_DEFINED", "IS_STRING", "IS_PRIMITIVE") else exp.false()
        columns = self._columns(path)
        found: exp.Expr = self._json(path, "json_exists")
        if function != "IS_DEFINED":
            found = exp.In(this=self._json(path, "json_type"), expressions=_literals(_TYPES[function]))
            # a value that isn't there is of no type: false, so that NOT finds it
            found = exp.Coalesce(this=found, expressions=[exp.false()])
        if not columns:
            return found
        fitting = [each for each in columns.values() if function == "IS_DEFINED" or _is_of(each.kind, function)]
        held = [_is_there(self.joins.column(path.binding, each.name)) for each in fitting]
        return exp.paren(exp.or_(*held, exp.And(this=self._odd(path), expression=found), copy=False), copy=False)

    @condition.register
    def _(self, condition: ModelTest) -> exp.Expr:
        model = self.joins.column(condition.binding, "model")
        numbers = sorted(self.layout.models[each] for each in condition.models if each in self.layout.models)
        tests = [_between(model, *run) for run in _runs(numbers)]
        if not tests:
            return exp.false()
        return exp.paren(exp.or_(*tests, copy=False), copy=False)

    @condition.register
    def _(self, condition: Negation) -> exp.Expr:
        return exp.Not(this=exp.Paren(this=self.condition(condition.condition)))

    @condition.register
    def _(self, condition: Connection) -> exp.Expr:
        parts = [exp.Paren(this=self.condition(each)) for each in condition.conditions]
        return exp.and_(*parts, copy=False) if condition.word == "AND" else exp.or_(*parts, copy=False)

    def _operand(self, operand: Path | Constant, kind: Kind) -> exp.Expr:
        if isinstance(operand, Path):
            return self._value(operand, kind)
        return _time(str(operand.value)) if kind == "time" else exp.convert(operand.value)

    def _value(self, path: Path, kind: Kind) -> exp.Expr:
        """The value at a path where it is of the kind, else NULL."""
        if path.is_system:
            return _cast(self.joins.system(path), kind) if kind in ("text", "time") else exp.Null()
        columns = self._columns(path)
        if kind in columns:
            return self.joins.column(path.binding, columns[kind].name)
        if kind == "time" and "text" in columns:
            return _cast(self.joins.column(path.binding, columns["text"].name), kind)
        value = _cast(self._json(path, "json_extract_string"), kind)
        found = exp.In(this=self._json(path, "json_type"), expressions=_literals(JSON_TYPES[kind]))
        if columns and not (kind == "text" and "time" in columns):
            return exp.Case().when(self._odd(path), exp.Case().when(found, value))
        return exp.Case().when(found, value)

    def _whole(self, operand: Path | Constant) -> exp.Expr:
        """A whole number in full; NULL for any other value."""
        if isinstance(operand, Constant):
            return exp.convert(operand.value)
        found = exp.In(this=self._json(operand, "json_type"), expressions=_literals(_WHOLE))
        text = self._json(operand, "json_extract_string")
        return exp.Case().when(found, exp.TryCast(this=text, to=exp.DataType.build("INT128")))

    def _columns(self, path: Path) -> dict[Kind, Column]:
        return {} if path.is_metadata else self.layout.columns(path.binding.collection, path.names)

    def _odd(self, path: Path) -> exp.Column:
        return self.joins.column(path.binding, "odd")

    def _json(self, path: Path, function: str) -> exp.Expr:
        """A JSON function at the path."""
        document = self.joins.column(path.binding, "document")
        return exp.Anonymous(this=function, expressions=[document, exp.Literal.string(pointer(path.names))])


def _kind(compared_as: ValueType) -> Kind:
    if compared_as == "object" or compared_as == "array":
        raise TypeError(f"nothing is compared as {compared_as}")
    return compared_as


def _cast(text: exp.Expr, kind: Kind) -> exp.Expr:
    return text if kind == "text" else exp.TryCast(this=text, to=exp.DataType.build(SQL_TYPES[kind]))


def _literals(texts: tuple[str, ...]) -> list[exp.Expr]:
    return [exp.Literal.string(each) for each in texts]


def _is_there(column: exp.Column) -> exp.Expr:
    return exp.Not(this=exp.Paren(this=exp.Is(this=column, expression=exp.Null())))


def _is_of(kind: Kind, function: TypeFunction) -> bool:
    return set(JSON_TYPES[kind]) <= set(_TYPES[function])


def _needs_whole(left: Path, right: Path | Constant) -> bool:
    """Whether DOUBLE can't tell the two sides apart."""
    if isinstance(right, Constant):
        return not isinstance(right.value, float | str) and abs(right.value) >= _EXACT
    kinds = {schema.name for each in (left, right) for schema in each.schemas}
    return bool(kinds) and kinds <= {"long", "unsignedLong"}


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Numbers as first and last of each run of neighbours: a range is tested several times faster than a list."""
    if not numbers:
        return []
    breaks = [at for at, (one, other) in enumerate(pairwise(numbers), start=1) if other != one + 1]
    starts = [0, *breaks]
    return [(numbers[begin], numbers[end - 1]) for begin, end in zip(starts, [*breaks, len(numbers)], strict=True)]


def _between(column: exp.Column, first: int, last: int) -> exp.Expr:
    if first == last:
        return exp.EQ(this=column.copy(), expression=exp.Literal.number(first))
    low = exp.GTE(this=column.copy(), expression=exp.Literal.number(first))
    return exp.And(this=low, expression=exp.LTE(this=column.copy(), expression=exp.Literal.number(last)))


def _time(text: str) -> exp.Expr:
    """A checked ISO 8601 time, in the one form of many that every database reads."""
    try:
        text = datetime.fromisoformat(text).isoformat()
    except ValueError:
        # an unchecked query compares with it all the same: nothing is before or after what is no time
        return exp.cast(exp.Null(), "TIMESTAMPTZ")
    return exp.TryCast(this=exp.Literal.string(text), to=exp.DataType.build("TIMESTAMPTZ"))
