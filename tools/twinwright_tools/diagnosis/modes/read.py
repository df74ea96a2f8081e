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
    """The error that tells most, where it stands; below it all others with their places, in the file's order."""
    first, *others = _telling(error.errors())
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    places = [(_place(root, tuple(one["loc"])), _words(one)[0]) for one in others]
    rest = [f"{place}: {words}" for (place, _), words in sorted(places, key=lambda each: each[0][1])]
    message, near = _words(first)
    if rest:
        message = "\n".join([message, f"{len(rest)} more:" if len(rest) > 1 else "and:", *rest])
    return _error(file, text, tuple(first["loc"]), message, near)


def _words(one: Any) -> tuple[str, list[str]]:
    """What is wrong, and the names that were probably meant."""
    steps: Steps = tuple(one["loc"])
    message = one["msg"].removeprefix("Value error, ")
    if one["type"] == "extra_forbidden":
        near = nearest(str(steps[-1]), _keys(steps))
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        return f"there is no field {steps[-1]!r} here{hint}", near
    if one["type"] == "missing":
        return f"the field {steps[-1]!r} is missing", []
    if one["type"] == "string_type" and isinstance(one["input"], bool):
        return "has to be a text; put it in quotes (YAML reads on, off, yes and no as true and false)", []
    if isinstance(one.get("input"), str | int | float | bool):
        return f"{message}; it is {one['input']!r}", []
    return message, []


def _telling(errors: Sequence[Any]) -> list[Any]:
    """The errors, the one that tells most first: a field that doesn't exist (rather than the one that is then missing).

    A check is an id or is written out; of what pydantic says of both, only what was meant.
    """
    written = {_plain(one["loc"][:-1]) for one in errors if "CheckEntry" in one["loc"][:-1]}

    def meant(one: Any) -> bool:
        if one["loc"][-1] == "CheckEntry" and one["type"].startswith("model_"):
            return False
        return "constrained-str" not in one["loc"] or _plain(one["loc"]) not in written

    found = [one for one in errors if meant(one)]
    return sorted(found, key=lambda one: one["type"] != "extra_forbidden")


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
    place, position = _place(yaml.compose(text, Loader=yaml.SafeLoader), steps)
    return PlantError(message, file=file, place=place, position=position, code="modes.schema", suggestions=suggestions)


def _plain(steps: Sequence[int | str]) -> Steps:
    """Steps without those that are none: pydantic puts the branch of a union among them ("CheckEntry")."""
    return tuple(step for step in steps if isinstance(step, int) or re.fullmatch(r"[a-z][a-z0-9_]*", step))


def _place(root: Any, steps: Steps) -> tuple[str, int]:
    """Where the steps lead in a YAML document: in words, and the character."""
    plain = _plain(steps)
    node = root
    entry = ""
    for step in plain:
        entry = _id(node) or entry
        found = _child(node, step)
        if found is None:
            break
        node = found
    entry = _id(node) or entry
    mark = node.start_mark
    parts = (f"line {mark.line + 1}", entry and f"entry {entry}", ".".join(str(step) for step in plain))
    return ", ".join(part for part in parts if part), mark.index


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
