"""JSON Patch against a slow, obvious reference: a document as the flat list of its leaves."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import ChangeError
from twinwright_tools.twins.changes.patch import patched, read_patch

NAMES = st.sampled_from(["a", "b", "c", "a/b", "~", "~1", "", "0", "1"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", ""])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)
OPERATIONS = st.tuples(
    st.sampled_from(["add", "replace", "remove"]), st.lists(NAMES | st.just("-"), min_size=1, max_size=4), VALUES
)
Leaves = dict[tuple[str | int, ...], Any]


def flat(value: Any, way: tuple[str | int, ...] = ()) -> Leaves:
    """Every place of a value, containers as their type."""
    if isinstance(value, dict):
        return {way: dict} | {k: v for name, each in value.items() for k, v in flat(each, (*way, name)).items()}
    if isinstance(value, list):
        return {way: list} | {k: v for index, each in enumerate(value) for k, v in flat(each, (*way, index)).items()}
    return {way: ("scalar", type(value), value)}


def reference(leaves: Leaves, op: str, names: list[str], value: Any) -> Leaves | None:
    """The leaves after one operation, or None where RFC 6902 has an error."""
    way: tuple[str | int, ...] = ()
    for name in names[:-1]:
        way = step(leaves, way, name)
        if way not in leaves:
            return None
    kind, last = leaves[way], names[-1]
    if kind not in (dict, list):
        return None
    if kind is dict:
        target: tuple[str | int, ...] = (*way, last)
        if op != "add" and target not in leaves:
            return None
        kept = {k: v for k, v in leaves.items() if k[: len(target)] != target}
        return kept if op == "remove" else kept | flat(value, target)
    count = sum(1 for k in leaves if len(k) == len(way) + 1 and k[: len(way)] == way)
    if last == "-" and op == "add":
        last = str(count)
    if not (last == "0" or (last.isdigit() and last[0] != "0")) or int(last) >= count + (op == "add"):
        return None
    index, moved = int(last), {"add": 1, "remove": -1, "replace": 0}[op]
    found: Leaves = {}
    for k, v in leaves.items():
        inside = len(k) > len(way) and k[: len(way)] == way
        here = k[len(way)] if inside else -1
        if isinstance(here, str) or here < index or (here == index and op == "add"):
            shifted = here == index and op == "add"
            found[(*way, index + 1, *k[len(way) + 1 :]) if shifted else k] = v
        elif here > index:
            found[(*way, here + moved, *k[len(way) + 1 :])] = v
    return found if op == "remove" else found | flat(value, (*way, index))


def step(leaves: Leaves, way: tuple[str | int, ...], name: str) -> tuple[str | int, ...]:
    return (*way, int(name) if leaves[way] is list and (name == "0" or name in "123456789") and name else name)


def pointer(names: list[str]) -> str:
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


@settings(max_examples=500, deadline=None)
@given(document=DOCUMENTS, operations=st.lists(OPERATIONS, min_size=1, max_size=4))
def test_a_patch_does_what_the_reference_does(
    document: dict[str, Any], operations: list[tuple[str, list[str], Any]]
) -> None:
    leaves: Leaves | None = flat(document)
    for op, names, value in operations:
        leaves = reference(leaves, op, names, value) if leaves is not None else None
    patch = read_patch([{"op": op, "path": pointer(names), "value": value} for op, names, value in operations])
    before = copy.deepcopy(document)
    try:
        result = patched(document, patch)
    except ChangeError as error:
        assert leaves is None
        assert error.path in {pointer(names) for _, names, _ in operations}
    else:
        assert flat(result) == leaves
    assert document == before


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_any_value_is_a_patch_or_a_refusal(value: Any) -> None:
    try:
        read_patch(value)
    except ChangeError as error:
        assert error.code == "change.json_patch_invalid"


def test_a_patched_value_is_a_copy() -> None:
    value = {"b": [1]}
    first, second = read_patch([{"op": "add", "path": f"/{name}", "value": value} for name in "ac"])
    result = patched({}, [first, second])
    result["a"]["b"].append(2)
    assert result["c"] == {"b": [1]} == value


@pytest.mark.parametrize("index", ["01", "-1", "1e0", "²", " 0", "9999999999"])
def test_only_plain_numbers_are_places_of_an_array(index: str) -> None:
    with pytest.raises(ChangeError):
        patched({"a": [1, 2]}, read_patch([{"op": "replace", "path": f"/a/{index}", "value": 3}]))
