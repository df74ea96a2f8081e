"""JSON Patch (RFC 6902) with JSON Pointers (RFC 6901), as Azure Digital Twins takes it.

The service takes `add`, `replace` and `remove` (DigitalTwins Update in its REST reference), nothing else. `add` sets a
value whether or not it is there; `replace` and `remove` need it to be there; and no path is made on the way. That is
little enough that a library, which would also take `move`, `copy`, `test` and the whole document, and names no
operation when it refuses one, would save nothing.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ChangeError, nearest
from ..dtdl.reader import describe

OPERATIONS = ("add", "replace", "remove")
_ESCAPE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """One operation: `path` is the JSON pointer as it was written, `names` what it is made of."""

    op: str
    path: str
    names: tuple[str, ...]
    value: Any = None


def read_patch(value: Any) -> list[PatchOperation]:
    """The operations of a JSON Patch document.

    Raises:
        ChangeError: it isn't one, or uses an operation that the service doesn't take.
    """
    if not isinstance(value, list) or not value:
        raise _invalid(f"a JSON Patch is an array of operations, not {_few(value)}", None)
    return [_operation(each, f"/{index}") for index, each in enumerate(value)]


def _operation(value: Any, at: str) -> PatchOperation:
    if not isinstance(value, dict):
        raise _invalid(f"operation {at[1:]} of the patch must be an object, not {describe(value)}", None)
    op, path = value.get("op"), value.get("path")
    if op not in OPERATIONS:
        hint = '; a condition goes into "ifMatch", with the twin\'s etag' if op == "test" else ""
        near = nearest(op, OPERATIONS, 1) if isinstance(op, str) else []
        text = f"operation {at[1:]}: 'op' must be add, replace or remove, not {_few(op)}{hint}"
        raise _invalid(text, path if isinstance(path, str) else None, near)
    if not isinstance(path, str):
        raise _invalid(f"operation {at[1:]}: 'path' must be a JSON pointer such as /power, not {_few(path)}", None)
    if op != "remove" and "value" not in value:
        raise _invalid(f"{op} needs a 'value'", path)
    return PatchOperation(op, path, _pointer(path), value.get("value"))


def _pointer(path: str) -> tuple[str, ...]:
    if not path.startswith("/"):
        hint = "" if path else "; to replace a whole twin, add it again"
        wanted = f"/{path.replace('.', '/')}" if path else "/power"
        raise _invalid(f"a path begins with a slash, such as {wanted}{hint}", path, [wanted])
    if _ESCAPE.search(path):
        raise _invalid("in a path, ~ is written ~0 and a slash inside of a name ~1", path)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))


def patched(document: dict[str, Any], operations: Sequence[PatchOperation]) -> dict[str, Any]:
    """A copy of the document with all operations applied, in order.

    Raises:
        ChangeError: one of them can't be applied; `path` says which.
    """
    result = copy.deepcopy(document)
    for operation in operations:
        parent: Any = result
        for depth, name in enumerate(operation.names[:-1]):
            parent = _inside(parent, name, operation, depth)
        if isinstance(parent, dict):
            _in_object(parent, operation)
        elif isinstance(parent, list):
            _in_array(parent, operation)
        else:
            raise _no_parts(parent, operation, len(operation.names) - 1)
    return result


def _inside(parent: Any, name: str, operation: PatchOperation, depth: int) -> Any:
    """What stands under a name on the way to the place of an operation."""
    if isinstance(parent, dict) and name in parent:
        return parent[name]
    if isinstance(parent, list) and _INDEX.fullmatch(name) and int(name) < len(parent):
        return parent[int(name)]
    if not isinstance(parent, dict | list):
        raise _no_parts(parent, operation, depth)
    missing = "/" + "/".join(operation.names[: depth + 1])
    near = nearest(name, parent, 1) if isinstance(parent, dict) else []
    hint = f"; did you mean {near[0]!r}?" if near else ""
    if operation.op == "add":
        whole = json.dumps({"op": "add", "path": missing, "value": {operation.names[-1]: operation.value}})
        hint += f" (to set it for the first time, add it as a whole: {whole})"
    raise _invalid(f"there is no {missing!r}{hint}", operation.path, near)


def _in_object(parent: dict[str, Any], operation: PatchOperation) -> None:
    name = operation.names[-1]
    if operation.op == "add" or (operation.op == "replace" and name in parent):
        parent[name] = copy.deepcopy(operation.value)
    elif name in parent:
        del parent[name]
    else:
        near = nearest(name, [each for each in parent if not each.startswith("$")], 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        hint = " (add sets a value for the first time)" if operation.op == "replace" else ""
        text = f"{operation.op} needs a value that is there, and there is no {name!r}{hint}{meant}"
        raise _invalid(text, operation.path, near)


def _in_array(parent: list[Any], operation: PatchOperation) -> None:
    name = operation.names[-1]
    most = len(parent) if operation.op == "add" else len(parent) - 1
    if operation.op == "add" and name == "-":
        name = str(most)
    if not _INDEX.fullmatch(name) or int(name) > most:
        allowed = f"0 to {most}" if most >= 0 else "no place in an empty array"
        more = ", or - for its end" if operation.op == "add" else ""
        raise _invalid(f"{name!r} is no place in the array: {allowed}{more}", operation.path)
    index = int(name)
    if operation.op == "add":
        parent.insert(index, copy.deepcopy(operation.value))
    elif operation.op == "replace":
        parent[index] = copy.deepcopy(operation.value)
    else:
        del parent[index]


def _no_parts(parent: Any, operation: PatchOperation, depth: int) -> ChangeError:
    where = "/" + "/".join(operation.names[:depth])
    return _invalid(f"{where!r} is {describe(parent)}, which has no parts", operation.path)


def _few(value: Any) -> str:
    return "nothing" if value is None else describe(value)


def _invalid(text: str, path: str | None, suggestions: Sequence[str] = ()) -> ChangeError:
    return ChangeError(text, code="change.json_patch_invalid", path=path, suggestions=suggestions)
