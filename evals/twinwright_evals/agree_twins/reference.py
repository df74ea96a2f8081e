"""A slow, obvious evaluator of checked queries over plain documents: what compiled queries must agree with.

It follows what `plan` says a query means, word for word, and shares nothing with the compiler but these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twinwright_tools.twins.query.plan import (
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

Document = dict[str, Any]
Row = dict[str, Document]
MISSING = object()


@dataclass(frozen=True)
class Documents:
    """Twins and relationships as the query API shows them."""

    twins: list[Document]
    relationships: list[Document]


def evaluate(query: CheckedQuery, documents: Documents) -> list[Document]:
    """The whole answer, in the order of the ids of the query's collections."""
    rows = [row for row in distinct(query, all_rows(query, documents)) if holds(query.where, row) is True]
    rows.sort(key=lambda row: [identity(row[each.alias]) for each in query.bindings])
    if query.count:
        return [{query.count: len(rows)}]
    rows = rows[: query.top] if query.top is not None else rows
    return [shown(query, row) for row in rows]


def all_rows(query: CheckedQuery, documents: Documents) -> Iterator[Row]:
    """All combinations that the steps allow, WHERE aside; the same one may come several times."""
    first = documents.twins if query.root.collection == "twin" else documents.relationships
    states: list[tuple[Row, list[tuple[str, str]]]] = [({query.root.alias: each}, []) for each in first]
    for step in query.steps:
        states = [found for row, passed in states for found in after(step, row, passed, documents, query.is_match)]
    for row, _ in states:
        yield row


def after(
    step: Step, row: Row, passed: list[tuple[str, str]], documents: Documents, is_match: bool
) -> Iterator[tuple[Row, list[tuple[str, str]]]]:
    """The rows that a step makes of one, with the relationships passed so far."""
    begin = row[step.source.alias]
    for edges, end in ways(step, begin, passed if is_match else [], documents):
        if step.target.alias in row and row[step.target.alias] is not end:
            continue
        found = row | {step.target.alias: end}
        if not step.is_walk:
            found[step.edge.alias] = edges[0]
        yield found, passed + [key(each) for each in edges]


def ways(
    step: Step, begin: Document, passed: list[tuple[str, str]], documents: Documents
) -> Iterator[tuple[list[Document], Document]]:
    """Every way of a step from a twin: the relationships along it, and where it ends."""
    by_id = {each["$dtId"]: each for each in documents.twins}
    waiting: list[tuple[list[Document], Document]] = [([], begin)]
    while waiting:
        edges, at = waiting.pop()
        if len(edges) >= step.hops.least:
            yield edges, at
        if len(edges) == step.hops.most:
            continue
        for edge in documents.relationships:
            other = across(edge, at["$dtId"], step)
            if other is not None and key(edge) not in passed and edge not in edges:
                waiting.append(([*edges, edge], by_id[other]))


def across(edge: Document, at: str, step: Step) -> str | None:
    """Where a relationship leads from a twin in the direction of a step, or None."""
    if step.names and edge["$relationshipName"] not in step.names:
        return None
    if edge["$sourceId"] == at and step.direction in ("forward", "either"):
        return str(edge["$targetId"])
    if edge["$targetId"] == at and step.direction in ("backward", "either"):
        return str(edge["$sourceId"])
    return None


def distinct(query: CheckedQuery, rows: Iterator[Row]) -> list[Row]:
    """Rows that differ in a twin or a relationship."""
    found = {tuple(identity(row[each.alias]) for each in query.bindings): row for row in rows}
    return list(found.values())


def key(edge: Document) -> tuple[str, str]:
    """What tells relationships apart."""
    return edge["$sourceId"], edge["$relationshipId"]


def identity(document: Document) -> tuple[str, ...]:
    """What tells documents of a kind apart, and orders them."""
    return (document["$dtId"],) if "$dtId" in document else key(document)


def shown(query: CheckedQuery, row: Row) -> Document:
    """One row of the answer."""
    if not query.outputs:
        return row[query.root.alias]
    found: Document = {}
    for each in query.outputs:
        value = row[each.shown.alias] if isinstance(each.shown, Binding) else value_at(each.shown, row)
        if value is not MISSING:
            found[each.name] = value
    return found


def value_at(path: Path, row: Row) -> Any:
    """What stands at a path, or MISSING."""
    names = ("$metadata", "$model") if path.names == ("$model",) else path.names
    value: Any = row[path.binding.alias]
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def typed(value: Any, kind: ValueType) -> Any:
    """The value where it is of the kind, else None."""
    if kind == "number":
        return value if is_number(value) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    return moment(value) if kind == "time" else value


def moment(text: str) -> datetime | None:
    """An ISO 8601 time; one without a zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_number(value: Any) -> bool:
    """Whether it is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def operand(each: Path | Constant, row: Row, kind: ValueType) -> Any:
    """The value of one side of a comparison, or None where there is none of the kind."""
    return typed(value_at(each, row) if isinstance(each, Path) else each.value, kind)


def holds(condition: Condition | None, row: Row) -> bool | None:
    """Whether a condition is met; None if that is unknown."""
    if condition is None:
        return True
    if isinstance(condition, Negation):
        inner = holds(condition.condition, row)
        return None if inner is None else not inner
    if isinstance(condition, Connection):
        parts = [holds(each, row) for each in condition.conditions]
        decisive = condition.word == "OR"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if isinstance(condition, ModelTest):
        return row[condition.binding.alias]["$metadata"]["$model"] in condition.models
    if isinstance(condition, TypeTest):
        return has_type(value_at(condition.path, row), condition.function)
    if isinstance(condition, TextTest):
        return text_test(condition, row)
    if isinstance(condition, ArrayTest):
        array = value_at(condition.path, row)
        wanted = operand(condition.value, row, condition.compared_as)
        elements = [typed(each, condition.compared_as) for each in array] if isinstance(array, list) else None
        return None if elements is None or wanted is None else wanted in [each for each in elements if each is not None]
    if isinstance(condition, Membership):
        value = operand(condition.path, row, condition.compared_as)
        values = [operand(each, row, condition.compared_as) for each in condition.values]
        return None if value is None else (value in values) != condition.negated
    return compare(condition, row)


def compare(condition: Comparison, row: Row) -> bool | None:
    """Two values in an order."""
    left = operand(condition.left, row, condition.compared_as)
    right = operand(condition.right, row, condition.compared_as)
    if left is None or right is None:
        return None
    results: dict[str, bool] = {"=": left == right, "!=": left != right}
    if condition.order in results:
        return results[condition.order]
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[condition.order])


def text_test(condition: TextTest, row: Row) -> bool | None:
    """STARTSWITH, ENDSWITH or CONTAINS."""
    text, part = operand(condition.path, row, "text"), operand(condition.value, row, "text")
    if text is None or part is None:
        return None
    if condition.function == "CONTAINS":
        return part in text
    return bool(text.startswith(part) if condition.function == "STARTSWITH" else text.endswith(part))


def has_type(value: Any, function: str) -> bool:
    """IS_DEFINED and its kin."""
    if value is MISSING:
        return False
    tests = {
        "IS_DEFINED": True,
        "IS_NULL": value is None,
        "IS_BOOL": isinstance(value, bool),
        "IS_NUMBER": is_number(value),
        "IS_STRING": isinstance(value, str),
        "IS_OBJECT": isinstance(value, dict),
        "IS_PRIMITIVE": value is None or isinstance(value, bool | int | float | str),
    }
    return tests[function]
