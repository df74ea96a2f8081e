"""A policy's source (YAML or JSON, written by people) to the compiled table.

The YAML is read without any guessing: every scalar is text but a plain ``null``, no key may stand twice, and anchors,
aliases and tags are refused. So ``no`` is no boolean, ``1e3`` no number, ``.nan`` nothing, and a date no date: the
schema alone says what a text has to be.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from .errors import PolicyError
from .notation import SOURCE
from .policy import Policy
from .strict import Malformed, load

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 16
_NULLS = ("null", "~", "")


def read_source(path: Path) -> Policy:
    """The policy that a source file describes, compiled; not linted yet.

    Raises:
        PolicyError: it can't be read, or doesn't follow the schema; `faults` has every place.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path} can't be read: {error.strerror}") from error
    return parse_source(raw, str(path), is_json=path.suffix == ".json")


def parse_source(raw: bytes, name: str, *, is_json: bool = False) -> Policy:
    """The policy in a source's bytes; `name` is for messages.

    Raises:
        PolicyError: as `read_source`.
    """
    try:
        document = load(raw, MAX_BYTES, MAX_DEPTH) if is_json else _yaml(raw)
    except (Malformed, yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name} can't be read: {error}") from error
    return _validated(document, name, SOURCE)


def parse_compiled(document: dict[str, Any], name: str) -> Policy:
    """The policy in a compiled table.

    Raises:
        PolicyError: it doesn't follow the schema; `faults` has every place.
    """
    return _validated(document, name, None)


def _validated(document: Any, name: str, context: dict[str, str] | None) -> Policy:
    try:
        return Policy.model_validate_json(json.dumps(document), context=context)
    except ValidationError as error:
        faults = tuple(
            f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise PolicyError(f"{name} is no policy: {faults[0]}", faults) from error


def _yaml(raw: bytes) -> Any:
    if len(raw) > MAX_BYTES:
        raise yaml.YAMLError(f"larger than {MAX_BYTES} bytes")
    text = raw.decode("utf-8")
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise yaml.YAMLError(f"anchors, aliases and tags are refused{_line(event)}")
    node = yaml.compose(text, Loader=yaml.BaseLoader)
    if node is None:
        raise yaml.YAMLError("it is empty")
    return _plain(node, 0)


def _plain(node: yaml.Node, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise yaml.YAMLError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in found:
                raise yaml.YAMLError(f"a key is no text, or stands twice{_line(key)}")
            found[key.value] = _plain(value, depth + 1)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, depth + 1) for one in node.value]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return None if plain and node.value in _NULLS else str(node.value)


def _line(found: yaml.Event | yaml.Node) -> str:
    return f" (line {found.start_mark.line + 1})" if found.start_mark is not None else ""
