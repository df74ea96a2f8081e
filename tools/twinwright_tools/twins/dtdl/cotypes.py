"""The words beside an element's class in its `@type`: adjunct and semantic types.

Source: the specification, rules for `@type` of each class; the documents of the extensions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import nearest
from .context import Context
from .extensions import Adjunct
from .metamodel import ABSTRACT, CLASSES, Member, members
from .names import is_dtmi, term
from .reader import Findings
from .types import GEOSPATIAL, PRIMITIVES_OF, Quantity
from .units import SEMANTIC_TYPES, SYMBOLS, UNIT_TYPES, units_of

_RESERVED_2 = frozenset(
    {"unit", *UNIT_TYPES, *SYMBOLS, *PRIMITIVES_OF[2], *GEOSPATIAL}
    | {name for kind in CLASSES for name in members(2, kind)}
)
"""Words of DTDL 2 that can't be types, though it lets unknown ones stand."""

_EXTENSION_CLASS = re.compile(r"dtmi:dtdl:extension:(\w+):v(\d+):class:(\w+)")


@dataclass(frozen=True, slots=True)
class Cotypes:
    """What extensions say of an element.

    Attributes:
        words: those that its context knows, in order.
        adjuncts: what each of them adds.
        members: all members that they add.
        informal: whether there are words that nothing here knows, so that members can't all be checked.
        quantity: what it measures, as it is written, whether its context knows it or not.
    """

    words: tuple[str, ...] = ()
    adjuncts: tuple[Adjunct, ...] = ()
    members: Mapping[str, Member] = field(default_factory=dict)
    informal: bool = False
    quantity: Quantity = field(default_factory=Quantity)


@dataclass
class _Reading:
    kind: str
    context: Context
    path: str
    findings: Findings

    def doubt(self, text: str, code: str = "dtdl.cotype", at: str = "@type") -> None:
        self.findings.add("warning", code, text, f"{self.path}.{at}" if at else self.path)


def read_cotypes(
    kind: str, words: list[str], context: Context, value: dict[str, Any], path: str, findings: Findings
) -> Cotypes:
    """The adjunct types of an element of that class. What is wrong with them is noted; the element is kept."""
    reading = _Reading(kind, context, path, findings)
    found: dict[str, Adjunct] = {}
    informal = semantic = None
    for raw in words:
        word = _word(raw, context)
        semantic = semantic or (word if word in SEMANTIC_TYPES else None)
        adjunct = context.adjuncts.get(word)
        if adjunct is not None:
            _check_place(reading, word, adjunct)
            found[word] = adjunct
        elif word not in SEMANTIC_TYPES or context.version == 2:
            informal = _unknown(reading, raw) or informal
    added: dict[str, Member] = {}
    for word, adjunct in found.items():
        _check_beside(reading, word, adjunct, found, added)
        added |= adjunct.members
    quantity = _quantity(
        reading, semantic, value, found, open_=bool(informal) or (context.open and context.version > 2)
    )
    return Cotypes(tuple(found), tuple(found.values()), added, bool(informal), quantity)


def _word(raw: str, context: Context) -> str:
    """The short word of a type that may be written as an identifier."""
    match = _EXTENSION_CLASS.fullmatch(raw)
    if match and (f"dtmi:dtdl:extension:{match[1]}", int(match[2])) in context.extensions:
        return match[3]
    return term(raw, "class", context.version) if context.version == 2 else raw


def _check_place(reading: _Reading, word: str, adjunct: Adjunct) -> None:
    if reading.kind not in adjunct.on:
        reading.doubt(f"{word!r} can stand beside {', '.join(adjunct.on)}, not beside {reading.kind}")
    elif reading.context.version not in adjunct.versions:
        versions = " and ".join(map(str, adjunct.versions))
        text = f"{word!r} of this version of its extension is for DTDL {versions}, not {reading.context.version}"
        reading.doubt(f"{text}; name another version of the extension in '@context'")


def _check_beside(
    reading: _Reading, word: str, adjunct: Adjunct, found: Mapping[str, Adjunct], added: Mapping[str, Member]
) -> None:
    if adjunct.needs and adjunct.needs not in found:
        reading.doubt(f"{word!r} needs {adjunct.needs!r} beside it in '@type'")
    for name in adjunct.members.keys() & added.keys():
        reading.doubt(f"{word!r} and another type both add {name!r}; leave one of them out")


def _unknown(reading: _Reading, word: str) -> bool:
    """Note a word that the context doesn't know; true where DTDL lets it stand."""
    version = reading.context.version
    if word in ABSTRACT or word in CLASSES or (version == 2 and word in _RESERVED_2):
        reading.doubt(f"{word!r} is a word of DTDL that no element can have as its type")
        return False
    if word.startswith("dtmi:"):
        if not reading.context.open or not is_dtmi(word, version):
            reading.doubt(f"{word!r} is no type that the context knows")
        return reading.context.open
    if version == 2 or reading.context.open:
        return True
    near = nearest(word, [*reading.context.adjuncts, *SEMANTIC_TYPES], 1)
    hint = f"did you mean {near[0]!r}?" if near else "name the extension that has it in '@context'"
    reading.doubt(f"unknown type {word!r} beside the element's own; {hint}")
    return False


def _quantity(
    reading: _Reading, semantic: str | None, value: dict[str, Any], found: Mapping[str, Adjunct], *, open_: bool
) -> Quantity:
    """What an element measures. A unit that doesn't fit is kept and noted: it is still what people wrote.

    Where words are `open_`, one that nobody knows may be what the unit belongs to.
    """
    version = reading.context.version
    stated = value.get("unit", value.get("dtmi:dtdl:property:unit;2"))
    stated = stated[0] if isinstance(stated, list) and len(stated) == 1 else stated
    unit = term(stated, "unit", 2) if isinstance(stated, str) else None
    unit_types = [adjunct.unit_type for adjunct in found.values() if adjunct.unit_type]
    at = "unit" if "unit" in value else ""
    if unit_types:
        required = semantic is not None and value.get("unit") in (None, [])
        doubt = _unit_doubt(unit, unit_types[0], version, required=required)
    elif semantic and version == 2:
        doubt = None  # a semantic type that only later versions have is a word like any other here
    elif semantic and not open_:
        extension = f"dtmi:dtdl:extension:quantitativeTypes;{version - 2}"
        doubt = f"semantic types and units need {extension!r} in '@context'"
    elif "unit" in value and not open_:
        doubt = f"unit {stated!r} needs a semantic type such as 'Temperature' beside the element's own type"
    else:
        doubt = None
    if doubt:
        reading.doubt(doubt, "dtdl.unit", at)
    return Quantity(semantic, unit)


def _unit_doubt(unit: str | None, unit_type: str, version: int, *, required: bool) -> str | None:
    units = units_of(unit_type, version)
    if unit is None:
        return f"'unit' is missing; it is one of {', '.join(units)}" if required else None
    if unit in units:
        return None
    known = [each for names in UNIT_TYPES.values() for each in names]
    near = nearest(unit, units, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; {unit_type} has {', '.join(units[:6])}"
    return f"{unit!r} is no unit {'here' if unit in known else 'of DTDL'}{hint}"
