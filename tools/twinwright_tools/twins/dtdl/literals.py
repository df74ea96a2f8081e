"""Literal values of members: texts, integers, booleans, and texts in several languages.

Source: the specification, sections "Representational literal" and "Localizable string".
"""

from __future__ import annotations

import re
from typing import Any

from .metamodel import MAX_INTEGER
from .reader import DefectError, describe

_LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_TYPES = {
    "text": ("string", str),
    "integer": ("integer", int),
    "boolean": ("boolean", bool),
}
_XSD = "http://www.w3.org/2001/XMLSchema#"


def single(value: Any, name: str, path: str) -> Any:
    """The one value of a member that may stand in an array; None for an empty array.

    Raises:
        DefectError: there are several.
    """
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        raise DefectError("dtdl.type", f"{name!r} takes one value, not {len(value)}", path)
    if value and value[0] is None:
        raise DefectError("dtdl.type", f"{name!r} holds null; leave it out where it has no value", path)
    return value[0] if value else None


def read_literal(value: Any, kind: str, name: str, path: str, version: int) -> Any:
    """A text, an integer (of 4 bytes), a boolean, or a `literal` (text or integer): bare, or as ``{"@value": …}``.

    Raises:
        DefectError: it is of another type.
    """
    bare = value
    if isinstance(value, dict) and "@value" in value:
        bare = _unwrapped(value, kind, name, path, version)
    for each in ("text", "integer") if kind == "literal" else (kind,):
        if _is(bare, each):
            return int(bare) if each == "integer" else bare
    wanted = {"boolean": "true or false", "integer": "a whole number of at most 4 bytes", "text": "a string"}
    text = (
        f"{name!r} must be {wanted.get(kind, 'a string or a whole number of at most 4 bytes')}, not {describe(value)}"
    )
    raise DefectError("dtdl.type", text, path)


def _is(value: Any, kind: str) -> bool:
    if kind == "integer":
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and not isinstance(value, bool) and -MAX_INTEGER - 1 <= value <= MAX_INTEGER
    return isinstance(value, _TYPES[kind][1])


def _unwrapped(value: dict[str, Any], kind: str, name: str, path: str, version: int) -> Any:
    """What stands in a value object. DTDL 2 lets a language stand beside it; later versions don't."""
    for key in value:
        if key not in ("@value", "@type") and (version > 2 or not key.startswith("@")):
            raise DefectError("dtdl.type", f"{name!r} is a value object and can't hold {key!r}", path)
    stated = value.get("@type")
    kinds = ("text", "integer") if kind == "literal" else (kind,)
    named = [f"{prefix}{_TYPES[each][0]}" for each in kinds for prefix in ("xsd:", _XSD)]
    if stated is not None and stated not in named:
        raise DefectError("dtdl.type", f"'@type' of {name!r} must be {named[0]!r}, not {stated!r}", path)
    return value["@value"]


def read_localized(value: Any, name: str, path: str, version: int) -> dict[str, str]:
    """Language tag to text: of a text (English), a map of languages, or a list of ``{"@value": …, "@language": …}``.

    Raises:
        DefectError: it is of another form, a tag is none, or a language stands there twice.
    """
    if isinstance(value, str):
        return {"en": value}
    if isinstance(value, dict):
        for tag, text in value.items():
            _check_tag(tag, name, path)
            if not isinstance(text, str):
                raise DefectError("dtdl.type", f"{name!r} in {tag!r} must be a string, not {describe(text)}", path)
        return value
    if not isinstance(value, list):
        raise DefectError("dtdl.type", f"{name!r} must be a string or strings by language, not {describe(value)}", path)
    found: dict[str, str] = {}
    for each in value:
        tag, text = _tagged(each, name, path, version)
        if tag in found:
            raise DefectError("dtdl.duplicate", f"{name!r} has two texts in {tag!r}", path)
        found[tag] = text
    return found


def _tagged(value: Any, name: str, path: str, version: int) -> tuple[str, str]:
    if isinstance(value, str):
        return "en", value
    other = set(value) - {"@value", "@language"} if isinstance(value, dict) else set()
    # DTDL 2 advises against other keywords of JSON-LD; later versions forbid them
    allowed = {each for each in other if each.startswith("@") and version == 2}
    if not isinstance(value, dict) or not isinstance(value.get("@value"), str) or other - allowed:
        text = f'in a list, {name!r} must be texts or {{"@value": "…", "@language": "en"}}, not {describe(value)}'
        raise DefectError("dtdl.type", text, path)
    tag = value.get("@language", "en")
    _check_tag(tag, name, path)
    return tag, value["@value"]


def _check_tag(tag: Any, name: str, path: str) -> None:
    if not isinstance(tag, str) or not _LANGUAGE.fullmatch(tag):
        hint = "write en, en-US or zh-Hans-CN"
        raise DefectError("dtdl.language", f"{name!r} has {tag!r} where the tag of a language must stand; {hint}", path)


def in_one_language(texts: dict[str, str]) -> str | None:
    """The English text of several, else the first."""
    english = [tag for tag in sorted(texts) if tag.split("-")[0] == "en"]
    return next((texts[tag] for tag in [*english, *texts]), None)
