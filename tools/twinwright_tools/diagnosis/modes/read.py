"""Reading files of failure modes: every error names the file, the line, the entry and the field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ...errors import PlantError, nearest
from .schema import CheckEntry, ModeEntry, ModesFile, RoleEntry, SharedCheck, SignEntry
from .types import Check, FailureMode, Library, Role

Steps = tuple[int | str, ...]


@dataclass(frozen=True)
class Source:
    """A file as it was read: its text, for telling where in it something is wrong, and its entries."""

    file: Path
    text: str
    entries: ModesFile

    def error(self, steps: Steps, message: str, suggestions: Sequence[str] = ()) -> PlantError:
        """An error at a place in the file."""
        return _error(self.file, self.text, steps, message, suggestions)


def read_source(file: Path) -> Source:
    """One file of roles, checks and failure modes.

    Raises:
        PlantError: it can't be read, is no YAML, or an entry breaks the schema; `position` counts characters from 0.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PlantError(f"can't be read: {error.strerror}", file=file, code="modes.missing") from error
    except UnicodeDecodeError as error:
        raise PlantError("is no UTF-8 text", file=file, place=f"byte {error.start}", code="modes.syntax") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        raise _syntax(file, error) from error
    except (ValueError, RecursionError) as error:  # a date that is none, or lists nested without end
        raise PlantError(f"is no usable YAML: {error}", file=file, code="modes.syntax") from error
    if not isinstance(document, dict):
        raise PlantError(
            "has to be a mapping with `modes:` (and `roles:`, `checks:`)", file=file, position=0, code="modes.schema"
        )
    _no_duplicates(file, text, loader)
    try:
        return Source(file, text, ModesFile.model_validate(document))
    except ValidationError as error:
        raise _schema(file, text, error) from error


def build(sources: Iterable[Source], base: Library | None = None, shared: Mapping[str, Check] | None = None) -> Library:
    """The modes and roles of all sources, over those of a library; a later entry with the same id replaces the earlier.

    Args:
        shared: checks by id that the sources may name beside their own.

    Raises:
        PlantError: an entry names a role, a check or a mode that isn't there, or one file has an id twice.
    """
    sources = list(sources)
    checks = dict(shared or {})
    roles: dict[str, Role] = dict(base.roles) if base else {}
    known = set(base.modes) if base else set()
    for source in sources:
        _unique(source)
        roles.update({role.id: role.made() for role in source.entries.roles})
        checks.update({check.id: check.made() for check in source.entries.checks})
        known.update(mode.id for mode in source.entries.modes)
    modes: dict[str, FailureMode] = dict(base.modes) if base else {}
    for source in sources:
        _whole(source, roles, checks, known)
        modes.update({mode.id: mode.made(checks, str(source.file)) for mode in source.entries.modes})
    return Library(modes, roles)


def shared_checks(sources: Iterable[Source]) -> dict[str, Check]:
    """The checks of the sources that modes name by id."""
    return {check.id: check.made() for source in sources for check in source.entries.checks}


def _unique(source: Source) -> None:
    lists: dict[str, Sequence[RoleEntry | SharedCheck | ModeEntry]] = {
        "roles": source.entries.roles,
        "checks": source.entries.checks,
        "modes": source.entries.modes,
    }
    for section, entries in lists.items():
        seen: set[str] = set()
        for place, entry in enumerate(entries):
            if entry.id in seen:
                raise source.error((section, place, "id"), f"{entry.id!r} stands twice in this file")
            seen.add(entry.id)


def _whole(source: Source, roles: Mapping[str, Role], checks: Mapping[str, Check], known: set[str]) -> None:
    """Refuses names of things that aren't there, and what says nothing."""
    for place, check in enumerate(source.entries.checks):
        _tells(source, ("checks", place), check, known)
    for place, mode in enumerate(source.entries.modes):
        here: Steps = ("modes", place)
        for number, sign in enumerate(mode.signature):
            _named(source, (*here, "signature", number, "role"), "role", sign.role, roles)
        for number, one in enumerate(mode.checks):
            if isinstance(one, str):
                _named(source, (*here, "checks", number), "check", one, checks)
            else:
                _tells(source, (*here, "checks", number), one, known)
        _says_something(source, here, mode, checks)


def _says_something(source: Source, here: Steps, mode: ModeEntry, checks: Mapping[str, Check]) -> None:
    if not any(_weight(sign) > 0 for sign in mode.signature):
        text = "no sign speaks for the mode: give one a higher `seen`, or narrower `kinds` or `direction`"
        raise source.error((*here, "signature"), text)
    for number, one in enumerate(mode.checks):
        tells = checks[one].tells if isinstance(one, str) else one.tells
        if mode.id not in tells:
            text = f"`tells` of this check has to say how likely {mode.id} makes it come out positive"
            raise source.error((*here, "checks", number), text)


def _weight(sign: SignEntry) -> float:
    return sign.made().weight


def _tells(source: Source, here: Steps, check: CheckEntry, known: set[str]) -> None:
    for mode in check.tells:
        _named(source, (*here, "tells", mode), "failure mode", mode, known)


def _named(source: Source, steps: Steps, kind: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        near = nearest(name, names)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise source.error(steps, f"there is no {kind} {name!r}{hint}", near)


def _syntax(file: Path, error: yaml.YAMLError) -> PlantError:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    if mark is None:
        return PlantError(f"is no YAML: {what}", file=file, code="modes.syntax")
    place = f"line {mark.line + 1}, column {mark.column + 1}"
    return PlantError(f"is no YAML: {what}", file=file, place=place, position=mark.index, code="modes.syntax")


def _schema(file: Path, text: str, error: ValidationError) -> PlantError:
    first = _telling(error.errors())
    steps: Steps = tuple(first["loc"])
    more = f" ({error.error_count() - 1} more errors)" if error.error_count() > 1 else ""
    message = first["msg"].removeprefix("Value error, ")
    near: list[str] = []
    if first["type"] == "extra_forbidden":
        near = nearest(str(steps[-1]), _keys(steps))
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        message = f"there is no field {steps[-1]!r} here{hint}"
    elif first["type"] == "missing":
        message = f"the field {steps[-1]!r} is missing"
    elif first["type"] == "string_type" and isinstance(first["input"], bool):
        message = "has to be a text; put it in quotes (YAML reads on, off, yes and no as true and false)"
    elif isinstance(first.get("input"), str | int | float | bool):
        message = f"{message}; it is {first['input']!r}"
    return _error(file, text, steps, message + more, near)


def _telling(errors: Sequence[Any]) -> Any:
    """The error that tells most: a field that doesn't exist (rather than the one that is then missing), else the first.

    Of a check that is written out, what is wrong inside it, not "it is no id".
    """
    inside = [one for one in errors if "CheckEntry" in one["loc"] and not one["type"].startswith("model_")] or errors
    return next((one for one in inside if one["type"] == "extra_forbidden"), inside[0])


def _keys(steps: Steps) -> list[str]:
    names: dict[str, type[BaseModel]] = {
        "roles": RoleEntry,
        "signature": SignEntry,
        "checks": SharedCheck if steps[0] == "checks" else CheckEntry,
        "modes": ModeEntry,
    }
    sections = [names[str(step)] for step in steps[:-1] if step in names]
    return list(sections[-1].model_fields if sections else ModesFile.model_fields)


def _error(file: Path, text: str, steps: Steps, message: str, suggestions: Sequence[str] = ()) -> PlantError:
    # pydantic puts the branch of a union ("CheckEntry", "constrained-str") among the steps; no field is called so.
    plain = tuple(step for step in steps if isinstance(step, int) or re.fullmatch(r"[a-z][a-z0-9_]*", step))
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    entry = ""
    for step in plain:
        entry = _id(node) or entry
        found = _child(node, step)
        if found is None:
            break
        node = found
    entry = _id(node) or entry
    mark = node.start_mark
    place = ", ".join(
        part
        for part in (f"line {mark.line + 1}", entry and f"entry {entry}", ".".join(str(step) for step in plain))
        if part
    )
    return PlantError(
        message, file=file, place=place, position=mark.index, code="modes.schema", suggestions=suggestions
    )


def _child(node: Any, step: int | str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _id(node: Any) -> str:
    found = _child(node, "id") if isinstance(node, yaml.MappingNode) else None
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""


def _no_duplicates(file: Path, text: str, loader: Any) -> None:
    """YAML takes the last of two equal keys without a word; what a person wrote first would be lost."""
    waiting = [yaml.compose(text, Loader=loader)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        if not isinstance(node, yaml.MappingNode):
            continue
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise PlantError(
                    f"the field {key.value!r} stands twice in one mapping",
                    file=file,
                    place=f"line {key.start_mark.line + 1}",
                    position=key.start_mark.index,
                    code="modes.schema",
                )
            seen.add(str(key.value))
            waiting.append(value)
