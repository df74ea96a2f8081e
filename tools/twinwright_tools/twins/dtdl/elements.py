"""Reading JSON into a tree of elements by the metamodel: classes, members, identifiers, words of extensions.

References are left as they stand; `build` follows them. Source: the specification, section "DTDL element".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...errors import nearest
from .context import Context, read_context
from .cotypes import Cotypes, read_cotypes
from .literals import read_literal, read_localized, single
from .metamodel import CLASSES, CONTENTS, LIMITS, Member, members
from .names import MAX_DTMI, MAX_ELEMENT_DTMI, is_dtmi, is_name, is_reserved, term
from .patterns import check_pattern
from .reader import DefectError, Findings, describe
from .types import GEOSPATIAL, PRIMITIVES, PRIMITIVES_OF

_INFERRED = frozenset(
    {"CommandPayload", "CommandRequest", "CommandResponse", "EnumValue", "Field", "MapKey", "MapValue"}
)
_MAX_NESTING = 100
_KEYWORDS = ("@context", "@id", "@type")
_MENDED = frozenset({"comment", "description", "displayName"})
"""Members that are left out alone where they are wrong: nothing else depends on them."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The identifier of an element that stands elsewhere, and where it is named."""

    id: str
    path: str


@dataclass(slots=True)
class Element:
    """One JSON object of a model.

    Attributes:
        kind: its class, such as ``Telemetry``.
        id: the DTMI that it states, or None.
        members: literals; `str` for standard schemas; elements and references, in lists where the member is a set.
        value: the JSON that it was read from.
    """

    kind: str
    path: str
    context: Context
    id: str | None
    cotypes: Cotypes
    value: dict[str, Any]
    members: dict[str, Any] = field(default_factory=dict)

    def at(self, name: str) -> str:
        """The path of one of its members."""
        return f"{self.path}.{name}"

    def children(self) -> list[Element]:
        """The elements that stand in it, in order."""
        listed = [each if isinstance(each, list) else [each] for each in self.members.values()]
        return [each for group in listed for each in group if isinstance(each, Element)]


@dataclass
class ElementReader:
    """Reads the elements of one document.

    Attributes:
        inline: interfaces that stand inside others, put aside for reading: value, path, context around it.
    """

    findings: Findings
    inline: list[tuple[Any, str, Context]] = field(default_factory=list)
    _depth: int = 0

    def read(self, value: Any, path: str, classes: tuple[str, ...], outer: Context | None) -> Element:
        """The element in a JSON object.

        Args:
            classes: those that may stand here.
            outer: the context of the element around it; None at the top.

        Raises:
            DefectError: it can't be used.
        """
        if not isinstance(value, dict):
            raise DefectError("dtdl.type", f"{_listed(classes)} must be an object, not {describe(value)}", path)
        if self._depth >= _MAX_NESTING:
            raise DefectError("dtdl.depth", "elements are nested too deeply", path)
        context = self._context(value, path, outer)
        kind, words = _types(value, path, _in_version(classes, context.version), context.version)
        cotypes = read_cotypes(kind, words, context, value, path, self.findings)
        element = Element(kind, path, context, self._id(value, path, kind, context.version), cotypes, value)
        self._depth += 1
        try:
            self._members(element)
        finally:
            self._depth -= 1
        return element

    def _context(self, value: dict[str, Any], path: str, outer: Context | None) -> Context:
        if "@context" not in value:
            if outer is None:
                raise DefectError("dtdl.context", "'@context' is missing; it is \"dtmi:dtdl:context;3\"", path)
            return outer
        context = read_context(value["@context"], f"{path}.@context", outer, self.findings)
        if outer is not None and context.version > outer.version:
            text = f"an element of DTDL {context.version} can't stand in one of DTDL {outer.version}"
            raise DefectError("dtdl.context", text, f"{path}.@context")
        return context

    def _id(self, value: dict[str, Any], path: str, kind: str, version: int) -> str | None:
        if "@id" not in value:
            return None
        stated, most = value["@id"], MAX_DTMI if kind == "Interface" else MAX_ELEMENT_DTMI
        if not is_dtmi(stated, version) or len(stated) > most or is_reserved(stated):
            text = f"{stated!r} can't identify an element; write dtmi:com:example:Pump;1, {most} characters at most"
            raise DefectError("dtdl.dtmi", text, f"{path}.@id")
        return str(stated)

    def _members(self, element: Element) -> None:
        version, value = element.context.version, element.value
        known = members(version, element.kind)
        for raw, each in value.items():
            if raw.startswith("@"):
                self._keyword(raw, element)
                continue
            name = term(raw, "property", version)
            if name in element.members or (name != raw and name in value):
                self.findings.add("warning", "dtdl.duplicate", f"{raw!r} and {name!r} are the same", element.at(raw))
            member = known.get(name) or element.cotypes.members.get(name)
            if member is None:
                self._unknown(element, raw, [*known, *element.cotypes.members])
            else:
                self._member(element, name, member, each, element.at(raw))
        missing = [name for name, member in known.items() if member.required and name not in element.members]
        if missing:
            raise DefectError("dtdl.missing_field", f"{missing[0]!r} is missing; {element.kind} needs it", element.path)
        for name, member in element.cotypes.members.items():
            if member.required and name not in element.members and name != "unit":
                text = f"{name!r} is missing; {' and '.join(element.cotypes.words)} needs it"
                self.findings.add("warning", "dtdl.missing_field", text, element.path)

    def _keyword(self, raw: str, element: Element) -> None:
        if raw not in _KEYWORDS and (element.context.version > 2 or raw == "@graph"):
            text = f"{raw!r} has no meaning in DTDL; take it out"
            self.findings.add("warning", "dtdl.keyword", text, element.at(raw))

    def _unknown(self, element: Element, raw: str, known: list[str]) -> None:
        if raw == "unit" or element.cotypes.informal:
            return
        near = nearest(raw, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "take it out, or put it into 'comment'"
        text = f"unknown field {raw!r} of {element.kind}; {hint}"
        self.findings.add("warning", "dtdl.unknown_field", text, element.at(raw))

    def _member(self, element: Element, name: str, member: Member, value: Any, path: str) -> None:
        try:
            self._note_null(member, name, value, path)
            read = None if value is None else _READERS[member.kind](self, element, name, member, value, path)
        except DefectError as defect:
            if name not in _MENDED and name not in element.cotypes.members:
                raise
            self.findings.add("warning", defect.code, defect.text, defect.path)
            return
        if read is not None:
            element.members[name] = read

    def _note_null(self, member: Member, name: str, value: Any, path: str) -> None:
        if value is None and not member.required:
            text = f"{name!r} is null; leave it out where it has no value"
            self.findings.add("warning", "dtdl.type", text, path)

    def _literal(self, element: Element, name: str, member: Member, value: Any, path: str) -> Any:
        bare = single(value, name, path)
        if bare is None:
            return None
        found = read_literal(bare, member.kind, name, path, element.context.version)
        least, most = member.least, member.most
        if member.kind == "integer" and not ((least is None or found >= least) and (most is None or found <= most)):
            code = "dtdl.multiplicity" if "Multiplicity" in name else "dtdl.range"
            wanted = f"{least}" if least == most else f"from {least} to {most}"
            raise DefectError(code, f"{name!r} must be {wanted}, not {found}", path)
        if member.kind == "text":
            self._text(element, name, found, path)
        return found

    def _text(self, element: Element, name: str, text: str, path: str) -> None:
        version = element.context.version
        if name == "name" and not is_name(text, version):
            most = LIMITS[version].name
            words = f"{text!r} is no DTDL name: letters, digits and _ (first a letter, last no _), {most} at most"
            raise DefectError("dtdl.name", words, path)
        if name == "comment":
            self._length(name, text, element.context.limits.comment, path)
        check_pattern(name, text, path)

    def _length(self, name: str, text: str, most: int, path: str) -> None:
        if len(text) > most:
            words = f"{name!r} is {len(text)} characters long, {most} at most are allowed"
            self.findings.add("warning", "dtdl.length", words, path)

    def _localized(self, element: Element, name: str, member: Member, value: Any, path: str) -> Any:
        found, limits = read_localized(value, name, path, element.context.version), element.context.limits
        for text in found.values():
            self._length(name, text, limits.display_name if name == "displayName" else limits.description, path)
        return found

    def _dtmi(self, element: Element, name: str, member: Member, value: Any, path: str) -> Any:
        found = single(value, name, path)
        if found is not None and (not is_dtmi(found, element.context.version) or len(found) > MAX_ELEMENT_DTMI):
            raise DefectError("dtdl.dtmi", f"{name!r} must be a DTMI, not {describe(found)}", path)
        return found

    def _term(self, element: Element, name: str, member: Member, value: Any, path: str) -> Any:
        found = single(value, name, path)
        if found is not None and not isinstance(found, str):
            raise DefectError("dtdl.type", f"{name!r} must be a string, not {describe(found)}", path)
        kind = {"unit": "unit", "commandType": "CommandType"}.get(name, "Schema")
        word = found and term(found, kind, element.context.version)
        if word is not None and member.only and word not in member.only:
            code = {"Enum": "dtdl.enum", "MapKey": "dtdl.map"}.get(element.kind, "dtdl.type")
            raise DefectError(code, f"{name!r} must be {' or '.join(member.only)}, not {found!r}", path)
        return word

    def _schema(self, element: Element, name: str, member: Member, value: Any, path: str) -> Any:
        found = single(value, name, path)
        if isinstance(found, str):
            return standard_schema(found, element.context) or _reference(found, element.context, path)
        return None if found is None else self._nested(found, path, member.classes, element.context)

    def _element(self, element: Element, name: str, member: Member, value: Any, path: str) -> Any:
        if not member.many:
            found = single(value, name, path)
            return None if found is None else self._nested(found, path, member.classes, element.context)
        listed = [(each, f"{path}[{index}]") for index, each in enumerate(value)] if isinstance(value, list) else []
        kept = []
        for each, where in listed or ([] if isinstance(value, list) else [(value, path)]):
            try:
                kept.append(self._nested(each, where, member.classes, element.context))
            except DefectError as defect:
                if name not in ("contents", "schemas"):
                    raise
                self.findings.defect(defect)
        count = len(value) if isinstance(value, list) else 1
        if count < (member.least or 0) or (member.most is not None and count > member.most):
            text = f"{name!r} has {count} values; from {member.least or 0} to {member.most} are allowed"
            self.findings.add("warning", "dtdl.count", text, path)
        return kept

    def _nested(self, value: Any, path: str, classes: tuple[str, ...], context: Context) -> Element | Reference:
        """An element that stands inside another, or the reference in its place."""
        if isinstance(value, str):
            return _reference(value, context, path, interface="Interface" in classes)
        if isinstance(value, dict) and list(value) == ["@id"] and is_dtmi(value["@id"], context.version):
            text = f"write the identifier {value['@id']!r} itself, not an object that holds it"
            self.findings.add("warning", "dtdl.type", text, path)
            return Reference(value["@id"], path)
        if "Interface" not in classes:
            return self.read(value, path, classes, context)
        if not isinstance(value, dict) or not is_dtmi(value.get("@id"), context.version):
            text = f"{describe(value)} is no interface; name one, like dtmi:com:example:Pump;1, or give it an '@id'"
            raise DefectError("dtdl.dtmi", text, path)
        self.inline.append((value, path, context))
        return Reference(value["@id"], path)


_Reader = Callable[[ElementReader, Element, str, Member, Any, str], Any]
_READERS: dict[str, _Reader] = {
    "boolean": ElementReader._literal,
    "dtmi": ElementReader._dtmi,
    "element": ElementReader._element,
    "integer": ElementReader._literal,
    "literal": ElementReader._literal,
    "localized": ElementReader._localized,
    "schema": ElementReader._schema,
    "term": ElementReader._term,
    "text": ElementReader._literal,
}


def standard_schema(value: str, context: Context) -> str | None:
    """The word of a schema that DTDL or an extension in the context has, or None."""
    word = term(term(value, "Schema", context.version), "schema", context.version)
    known = PRIMITIVES_OF[context.version] | GEOSPATIAL | context.schemas
    if word in known or (word == "scaledDecimal" and context.version >= 4):
        return word
    return word if word in ("geopoint", "vector") and word != value else None


def _reference(value: str, context: Context, path: str, interface: bool = False) -> Reference:
    if is_dtmi(value, context.version) and not is_reserved(value):
        return Reference(value, path)
    if interface:
        raise DefectError("dtdl.dtmi", f"{value!r} is no interface; it looks like dtmi:com:example:Pump;1", path)
    known = PRIMITIVES_OF[context.version] | GEOSPATIAL | context.schemas
    near = nearest(value, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else "; name a primitive such as double, or a DTMI from 'schemas'"
    later = "; DTDL 4 has it" if value in (*PRIMITIVES, "scaledDecimal") else hint
    raise DefectError("dtdl.unknown_schema", f"{value!r} is no schema of DTDL {context.version}{later}", path)


def _in_version(classes: tuple[str, ...], version: int) -> tuple[str, ...]:
    """The classes as an element of an earlier version in its place has them."""
    return ("CommandPayload",) if version == 2 and classes[0].startswith("CommandRe") else classes


def _types(value: dict[str, Any], path: str, classes: tuple[str, ...], version: int) -> tuple[str, list[str]]:
    """Its class and the other words of its `@type`.

    Raises:
        DefectError: its class is none of those that may stand here, or it states several.
    """
    raw = value.get("@type", [])
    words = list(dict.fromkeys(raw)) if isinstance(raw, list) and all(isinstance(each, str) for each in raw) else [raw]
    if not all(isinstance(each, str) for each in words):
        raise DefectError("dtdl.type", "'@type' must be a string or strings", f"{path}.@type")
    if not words and "@type" not in value and len(classes) == 1 and classes[0] in _INFERRED:
        return classes[0], []
    named = {each: term(each, "class", version) for each in words}
    kinds = list(dict.fromkeys(each for each in named.values() if each in CLASSES and members(version, each)))
    if len(kinds) != 1 or kinds[0] not in classes:
        code = "dtdl.schema" if "Array" in classes else "dtdl.type"
        text = f"'@type' must hold {_listed(classes)}, not {describe(raw) if '@type' in value else 'nothing'}"
        raise DefectError(code, text, f"{path}.@type" if "@type" in value else path)
    return kinds[0], [each for each, word in named.items() if word != kinds[0]]


def _listed(classes: tuple[str, ...]) -> str:
    if classes == CONTENTS:
        return f"exactly one of {', '.join(classes)}"
    return " or ".join(classes)
