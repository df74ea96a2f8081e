"""A cassette: the requests and replies of one case, kept so that what is said twice is written once.

A request is its predecessor plus what is new; so is what stands here: after the first request, only how many messages
are those of the request before, the messages that are new, and where the cache marks are. Nothing is lost: reading a
cassette gives every request back exactly, and a request that can't be told that way is written in full.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_MARK = "cache_control"


@dataclass(frozen=True)
class Exchange:
    """A request's JSON, and the reply's body (server-sent events, or JSON) with its content type."""

    request: Json
    reply: str
    content_type: str = "text/event-stream; charset=utf-8"


def write_cassette(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Writes exchanges as JSON that people can read the difference of."""
    told, before = [], None
    for one in exchanges:
        request = {"whole": one.request} if before is None else _delta(before, one.request)
        told.append({"request": request, "type": one.content_type, "reply": one.reply.split("\n")})
        before = one.request
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_cassette(path: Path) -> list[Exchange]:
    """The exchanges, in order."""
    found: list[Exchange] = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        told = entry["request"]
        request = told["whole"] if "whole" in told else _restored(found[-1].request, told)
        found.append(Exchange(request, "\n".join(entry["reply"]), entry["type"]))
    return found


def prefix_breaks(requests: Sequence[Json]) -> list[str]:
    """Which requests aren't their predecessor byte for byte plus what is new, cache marks and compaction left aside.

    A request with fewer messages than its predecessor was compacted, or begins another conversation.
    """
    found = []
    for number, (before, now) in enumerate(itertools.pairwise(requests), 2):
        old, new = _plain(before), _plain(now)
        if len(new["messages"]) <= len(old["messages"]):
            continue
        rest = [name for name in {*old, *new} - {"messages"} if _bytes(old.get(name)) != _bytes(new.get(name))]
        same = sum(1 for _ in _alike(old["messages"], new["messages"]))
        if rest or same < len(old["messages"]):
            found.append(f"request {number}: {', '.join(rest) or f'message {same + 1}'} differs from before")
    return found


def tokens(value: Any) -> int:
    """About how many tokens a part of a request has: four characters each."""
    return len(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) // 4


@dataclass(frozen=True)
class Tokens:
    """Estimated tokens of a recording, as a cache would bill them: read again, written, and given out."""

    read: int
    written: int
    output: int


def estimated(exchanges: Sequence[Exchange]) -> Tokens:
    """What the exchanges would use with every prefix cached."""
    read = written = output = 0
    before = 0
    for one in exchanges:
        whole = tokens(_plain(one.request))
        kept = min(before, whole)
        read, written, before = read + kept, written + whole - kept, whole
        output += tokens(said(one.reply))
    return Tokens(read, written, output)


def said(reply: str) -> str:
    """What a streamed reply says: its text, and the arguments of its calls."""
    parts = []
    for line in reply.split("\n"):
        if line.startswith("data: ") and '"content_block_delta"' in line:
            delta = json.loads(line.removeprefix("data: "))["delta"]
            parts.append(str(delta.get("text") or delta.get("partial_json") or delta.get("thinking") or ""))
    return "".join(parts)


def _delta(before: Json, now: Json) -> Json:
    kept = sum(1 for _ in _alike(_plain(before)["messages"], _plain(now)["messages"]))
    told = {"keeps": kept, "messages": _plain(now["messages"][kept:]), "marks": _marks(now["messages"])}
    told |= {name: value for name, value in now.items() if name != "messages" and before.get(name) != value}
    return told if _restored(before, told) == now else {"whole": now}


def _restored(before: Json, told: Json) -> Json:
    messages = [*_plain(before["messages"])[: told["keeps"]], *json.loads(json.dumps(told["messages"]))]
    for message, block, mark in told["marks"]:
        messages[message]["content"][block][_MARK] = mark
    changed = {name: value for name, value in told.items() if name not in {"keeps", "messages", "marks"}}
    return before | changed | {"messages": messages}


def _alike(old: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    """The messages at the head of both that are the same byte for byte."""
    found = []
    for one, other in zip(old, new, strict=False):
        if _bytes(one) != _bytes(other):
            break
        found.append(one)
    return found


def _marks(messages: Sequence[Json]) -> list[list[Any]]:
    return [
        [place, number, block[_MARK]]
        for place, message in enumerate(messages)
        if isinstance(message["content"], list)
        for number, block in enumerate(message["content"])
        if isinstance(block, dict) and _MARK in block
    ]


def _plain(value: Any) -> Any:
    """The same without cache marks."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != _MARK}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _bytes(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
