"""`changes.jsonl`: one operation of the Azure Digital Twins data plane a line, by its name in the REST reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import ChangeError, nearest
from ..dtdl.reader import describe
from .documents import Document, Key
from .patch import PatchOperation, read_patch

Verb = Literal["add", "update", "delete"]
_MOST_ID = 128
# Limits of the service on one request: the JSON body, and a text in it (UTF-8).
_MOST_BODY_BYTES = 32 * 1024
_MOST_TEXT_BYTES = 4 * 1024
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')

_OPERATIONS: dict[str, tuple[Verb, tuple[str, ...]]] = {
    "DigitalTwins_Add": ("add", ("twin",)),
    "DigitalTwins_Update": ("update", ("patch",)),
    "DigitalTwins_UpdateComponent": ("update", ("componentPath", "patch")),
    "DigitalTwins_Delete": ("delete", ()),
    "DigitalTwins_AddRelationship": ("add", ("relationshipId", "relationship")),
    "DigitalTwins_UpdateRelationship": ("update", ("relationshipId", "patch")),
    "DigitalTwins_DeleteRelationship": ("delete", ("relationshipId",)),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line.

    Attributes:
        line: of the file, 1-based.
        request: the line as it was written.
        key: the twin's id, and the relationship's or None.
        document: what is added; `patch`: how it is updated, with the component's name in front of each path.
        if_match: etags without marks, one of which must be the current one; ("*",) for any; () for no condition.
        if_none_match: whether nothing may be there yet.
    """

    line: int
    operation: str
    verb: Verb
    key: Key
    request: Document
    document: Document = field(default_factory=dict)
    patch: tuple[PatchOperation, ...] = ()
    if_match: tuple[str, ...] = ()
    if_none_match: bool = False


def read_changes(text: str) -> Iterator[Change | ChangeError]:
    """Each line of a file as a change, or as the reason why it is none; empty lines are skipped."""
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            try:
                yield _change(_parsed(written), line)
            except ChangeError as error:
                error.line = line
                yield error


def _parsed(text: str) -> Document:
    try:
        value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _bad(f"bad JSON: {error.msg} at column {error.colno}; a line holds one whole JSON object") from None
    except UnicodeEncodeError:
        raise _bad("half of a surrogate pair (\\ud800 to \\udfff) stands for no character") from None
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _bad(f"bad JSON: {what}") from None
    if not isinstance(value, dict):
        raise _bad(f"a line is a JSON object such as {_EXAMPLE}, not {describe(value)}")
    return value


_EXAMPLE = '{"operation": "DigitalTwins_Delete", "id": "pump1"}'


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> Document:
    """An object; a name that stands there twice is more likely a slip than an intention."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def _change(request: Document, line: int) -> Change:
    operation = request.get("operation")
    if not isinstance(operation, str) or operation not in _OPERATIONS:
        near = nearest(operation, _OPERATIONS) if isinstance(operation, str) else []
        given = f"not {operation!r}" if "operation" in request else "and is missing"
        hint = f"; did you mean {near[0]!r}?" if near else ""
        text = f"'operation' must be one of {', '.join(_OPERATIONS)}, {given}{hint}"
        raise _bad(text, near)
    verb, needed = _OPERATIONS[operation]
    _check_names(request, operation, verb, needed)
    twin = _id(request, "id")
    relationship = _id(request, "relationshipId") if "relationshipId" in needed else None
    body = request.get(needed[-1]) if needed else None
    _check_size(body)
    return Change(
        line,
        operation,
        verb,
        (twin, relationship),
        request,
        _object(request, needed[-1]) if verb == "add" else {},
        tuple(_patch(request)) if verb == "update" else (),
        _if_match(request),
        _if_none_match(request),
    )


def _check_names(request: Document, operation: str, verb: Verb, needed: tuple[str, ...]) -> None:
    condition = "ifNoneMatch" if verb == "add" else "ifMatch"
    known = ("operation", "id", *needed, condition)
    for name in ("id", *needed):
        if name not in request:
            raise _bad(f"{operation} needs {name!r}", [name])
    for name in request:
        if name not in known:
            near = nearest(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it takes {', '.join(known[1:])}"
            raise _bad(f"{operation} takes no {name!r}{hint}", near)


def _id(request: Document, name: str) -> str:
    value = request[name]
    if not isinstance(value, str) or not 1 <= len(value) <= _MOST_ID or not value.isprintable():
        text = f"{name!r} must be a text of 1 to {_MOST_ID} characters that can be seen, not {describe(value)}"
        raise _bad(text)
    return value


def _object(request: Document, name: str) -> Document:
    value = request[name]
    if not isinstance(value, dict):
        raise _bad(f"{name!r} must be an object, not {describe(value)}")
    return value


def _patch(request: Document) -> Iterator[PatchOperation]:
    component = request.get("componentPath")
    if "componentPath" in request and (not isinstance(component, str) or not component or "/" in component):
        raise _bad(f"'componentPath' must be a component's name such as motor, not {describe(component)}")
    for each in read_patch(request["patch"]):
        if component is None:
            yield each
        else:
            yield PatchOperation(each.op, f"/{component}{each.path}", (component, *each.names), each.value)


def _if_match(request: Document) -> tuple[str, ...]:
    if "ifMatch" not in request:
        return ()
    value = request["ifMatch"]
    if value == "*":
        return ("*",)
    tags = tuple(_ETAG.findall(value)) if isinstance(value, str) else ()
    if not tags or _ETAG.sub("", value).strip(" ,"):
        raise _bad(f"'ifMatch' must be an etag such as W/\"1f…\" with its quotes, or *, not {describe(value)}")
    return tags


def _if_none_match(request: Document) -> bool:
    if request.get("ifNoneMatch", "*") != "*":
        raise _bad(f"'ifNoneMatch' can only be \"*\", not {describe(request['ifNoneMatch'])}", ["*"])
    return "ifNoneMatch" in request


def same_etag(etag: str, wanted: tuple[str, ...]) -> bool:
    """Whether a current etag is one of those that are wanted, by weak comparison (RFC 9110, 8.8.3.2)."""
    return wanted == ("*",) or etag.removeprefix("W/").strip('"') in wanted


def _check_size(body: Any) -> None:
    size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    if size > _MOST_BODY_BYTES:
        text = f"the body has {size} bytes; Azure Digital Twins takes {_MOST_BODY_BYTES}: split it"
        raise ChangeError(text, code="change.too_large")
    for path, text in _texts(body, ""):
        if len(text.encode()) > _MOST_TEXT_BYTES:
            size = len(text.encode())
            message = f"a text of {size} bytes; Azure Digital Twins takes {_MOST_TEXT_BYTES} in one property"
            raise ChangeError(message, code="change.too_large", path=path)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(each, f"{path}/{name}")


def _bad(text: str, suggestions: list[str] | None = None) -> ChangeError:
    return ChangeError(text, code="change.invalid_argument", suggestions=suggestions or ())
