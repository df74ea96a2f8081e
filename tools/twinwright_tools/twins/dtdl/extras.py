"""Rules of extensions that look at several elements at once: indexes, results and errors, annotations.

Sources: "Mqtt extension", "Annotation extension", "Overriding extension".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...errors import nearest
from .elements import Element
from .reader import Findings
from .schemas import standard
from .types import Content, EnumSchema, Property, Schema, Telemetry
from .units import SEMANTIC_TYPES

_SETS = ("contents", "enumValues", "fields")
_PARTS = {"NormalResult": "Result", "ErrorResult": "Result", "ErrorMessage": "Error"}
"""Types of fields, each with the type of the object that they may stand in; one of each at most."""

Doubt = tuple[str, str]
"""The name of an element, and what is wrong with it."""


def check_extras(interface: Element, findings: Findings) -> None:
    """Note what breaks the rules of extensions inside one interface."""
    for element in _all(interface):
        for name in _SETS:
            _check_indexes([each for each in element.members.get(name, []) if isinstance(each, Element)], findings)
        if element.kind == "Object":
            _check_parts(element, findings)


def _all(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children():
        yield from _all(child)


def _check_indexes(elements: list[Element], findings: Findings) -> None:
    seen: dict[int, Element] = {}
    for each in elements:
        index = each.members.get("index")
        if index is not None and seen.setdefault(index, each) is not each:
            text = f"'index' {index} is that of {seen[index].members.get('name')!r} too; give each its own"
            findings.add("warning", "dtdl.duplicate", text, each.at("index"))


def _check_parts(element: Element, findings: Findings) -> None:
    fields = [each for each in element.members.get("fields", []) if isinstance(each, Element)]
    for part, whole in _PARTS.items():
        having = [each for each in fields if part in each.cotypes.words]
        if having and whole not in element.cotypes.words:
            text = f"{part!r} can stand only in an Object that is a {whole!r}"
            findings.add("warning", "dtdl.cotype", text, having[0].at("@type"))
        if len(having) > 1:
            findings.add("warning", "dtdl.cotype", f"only one field may be {part!r}", having[1].at("@type"))
    if "Result" in element.cotypes.words:
        other = [each for each in fields if not {"NormalResult", "ErrorResult"} & set(each.cotypes.words)]
        for each in other:
            text = "a field of a 'Result' must be 'NormalResult' or 'ErrorResult'"
            findings.add("warning", "dtdl.cotype", text, each.at("@type"))


def annotation_doubts(own: Iterable[Content], siblings: Mapping[str, Content]) -> Iterator[Doubt]:
    """What is wrong with annotations and overrides among contents, inherited ones included.

    Args:
        own: the contents to look at.
        siblings: all contents that they can speak of, by name.
    """
    taken: set[tuple[str, str]] = set()
    for content in own:
        if "ValueAnnotation" not in content.cotypes:
            continue
        extras = dict(content.extras)
        name = str(extras.get("annotates"))
        wrong = _annotation_doubt(name, siblings)
        if wrong is None and "Override" in content.cotypes and isinstance(content, Property):
            overridden = str(extras.get("overrides"))
            wrong = _override_doubt(content, overridden, siblings[name])
            if wrong is None and (name, overridden) in taken:
                wrong = f"{overridden!r} of {name!r} is overridden twice"
            taken.add((name, overridden))
        if wrong:
            yield content.name, wrong


def _annotation_doubt(name: str, siblings: Mapping[str, Content]) -> str | None:
    sibling = siblings.get(name)
    if sibling is None:
        near = nearest(name, siblings, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"'annotates' names {name!r}, which the interface hasn't{hint}"
    if not isinstance(sibling, Property | Telemetry):
        return f"'annotates' must name a Property or a Telemetry; {name!r} is none"
    return f"{name!r} is an annotation itself; annotate its value" if "ValueAnnotation" in sibling.cotypes else None


def _override_doubt(content: Property, overridden: str, sibling: Content) -> str | None:
    """Whether the override names something that an extension added to the sibling, and has its schema."""
    added = dict(sibling.extras)
    semantic = sibling.quantity.semantic_type if isinstance(sibling, Property | Telemetry) else None
    if overridden == "unit" and semantic in sibling.cotypes and semantic in SEMANTIC_TYPES:
        unit_type = SEMANTIC_TYPES[semantic]
        return None if _is_unit_schema(content.schema, unit_type) else f"the schema must be {unit_type!r}"
    if overridden in added:
        wanted = "integer" if isinstance(added[overridden], int) else "string"
        return None if content.schema.name == wanted else f"the schema must be {wanted!r}"
    return f"'overrides' names {overridden!r}, which no extension adds to {sibling.name!r}; 'unit' is usual"


def _is_unit_schema(schema: Schema, unit_type: str) -> bool:
    return isinstance(schema, EnumSchema) and schema == standard(unit_type)
