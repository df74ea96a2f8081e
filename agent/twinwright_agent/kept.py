"""`read_result`: reads on in a result that is kept whole in the store, where a model saw its head or a compact form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinwright_tools.errors import ToolError, nearest
from twinwright_tools.evidence import Evidence
from twinwright_tools.toolbox.citing import cited

from .rendering import MOST_CHARACTERS, compact, fitting, model_data

READ_RESULT = "read_result"
_ROOM = MOST_CHARACTERS - 400


class ReadResult(BaseModel):
    """Arguments of `read_result`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evidence: str
    member: str = Field(description="facts, data, or a path such as data.rows.")
    start: int = Field(0, description="The first item, from 0.")


def read_on(arguments: dict[str, Any], evidence: Sequence[Evidence]) -> dict[str, Any]:
    """The part of a kept result that was asked for, from `start` on, as far as it fits.

    Raises:
        ToolError: no such evidence or member, or nothing that far; mendable.
    """
    try:
        told = ReadResult.model_validate(arguments)
        found = cited([told.evidence], evidence)[0]
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ToolError(said, mendable=True, code="kept.arguments") from error
    value = _member(found, told.member)
    items = value if isinstance(value, list | str) else compact(value)
    if not 0 <= told.start < max(1, len(items)):
        raise ToolError(
            f"{told.member} of {found.id} has {len(items)}; start has to be below that",
            mendable=True,
            code="kept.start",
        )
    shown = (
        fitting(items[told.start :], _ROOM) if isinstance(items, list) else items[told.start : told.start + _ROOM // 2]
    )
    end = told.start + len(shown)
    return {
        "kind": "kept",
        "id": found.id,
        "source": found.provenance,
        "member": told.member,
        "start": told.start,
        "of": len(items),
        "shown": shown,
        "next_start": end if end < len(items) else None,
    }


def _member(found: Evidence, path: str) -> Any:
    head, *steps = path.split(".")
    if head not in {"facts", "data"}:
        steps = [head, *steps]
    value: Any = [fact.model_dump() for fact in found.facts] if head == "facts" else model_data(found)
    for number, step in enumerate(steps):
        # A key may hold a dot itself (TWIN.SIGNAL): the rest of the path is tried as one.
        rest = ".".join(steps[number:])
        if isinstance(value, dict) and rest in value:
            return value[rest]
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            known = list(value) if isinstance(value, dict) else [f"0 to {len(value) - 1}"] if value else []
            raise ToolError(
                f"{found.id} has no member {path!r} ({step!r} isn't there)",
                mendable=True,
                code="kept.member",
                suggestions=nearest(step, [str(one) for one in known]) or [str(one) for one in known[:5]],
            )
    return value
