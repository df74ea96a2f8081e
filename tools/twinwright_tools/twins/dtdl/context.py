"""The `@context` of an element: the version of DTDL, the extensions and the limits that hold in it.

Source: the specification, section "Context"; limits: "DTDL language extensions", section "Limit extensions".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from .extensions import Adjuncts, adjuncts, extension_schemas, known_versions
from .metamodel import LIMIT_EXTENSIONS, LIMITS, VERSIONS, Limits
from .reader import DefectError, Findings, describe

_SPECIFIER = re.compile(r"(dtmi:[A-Za-z]\w*(?::[A-Za-z]\w*)*);([1-9][0-9]{0,8})(\.[1-9][0-9]{0,5})?(#\w+)?")
_LANGUAGE = "dtmi:dtdl:context"
_MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for an element.

    Attributes:
        version: of DTDL.
        limits: those of the version, or of a limit extension.
        extensions: context specifier without its version, and that version, in order.
        open: whether an extension that isn't known here is among them, so that words can't all be checked.
    """

    version: int
    limits: Limits
    extensions: tuple[tuple[str, int], ...] = ()
    open: bool = False

    @property
    def adjuncts(self) -> Adjuncts:
        """The adjunct types that are known in it, by their words."""
        return adjuncts(self.version, self.extensions)

    @property
    def schemas(self) -> frozenset[str]:
        """The words that its extensions add for schemas."""
        return extension_schemas(self.version, self.extensions)


def read_context(value: Any, path: str, outer: Context | None, findings: Findings) -> Context:
    """The context of an element: what its `@context` says, on top of that of the element around it.

    Raises:
        DefectError: it names no version of DTDL that is known, or is no list of specifiers.
    """
    specifiers = value if isinstance(value, list) else [value]
    if not specifiers and outer is not None:
        return outer
    if not specifiers:
        raise DefectError("dtdl.context", "'@context' is empty; write \"dtmi:dtdl:context;3\"", path)
    context, after = outer, False
    for index, each in enumerate(specifiers):
        name, version = _specifier(each, path, context)
        if name == _LANGUAGE:
            if after:
                text = f"{each!r} stands after an extension; the version of DTDL must come first"
                raise DefectError("dtdl.context", text, path)
            context = _language(specifiers, index, version, path, context)
        elif context is None:
            text = f"'@context' must begin with the version of DTDL such as \"dtmi:dtdl:context;3\", not with {each!r}"
            raise DefectError("dtdl.context", text, path)
        else:
            after = True
            context = _extended(
                context, each, (name, version), specifiers[index - 1] if index else None, path, findings
            )
    assert context is not None  # a context that is empty or begins with anything else was refused above
    return context


def _specifier(value: Any, path: str, context: Context | None) -> tuple[str, int]:
    if not isinstance(value, str):
        text = f"'@context' must hold strings, not {describe(value)}; DTDL allows no definitions of one's own there"
        raise DefectError("dtdl.context", text, path)
    found = _SPECIFIER.fullmatch(value)
    if not found or len(value) > _MAX_LENGTH or (found[3] and context is not None and context.version == 2):
        text = f'{value!r} is no context specifier; one looks like "dtmi:dtdl:context;3", with a version'
        raise DefectError("dtdl.context", text, path)
    return found[1], int(found[2])


def _language(specifiers: list[Any], index: int, version: int, path: str, outer: Context | None) -> Context:
    specifier = specifiers[index]
    _, found, fragment = specifier.partition("#")
    if version not in VERSIONS or (version == VERSIONS[0] and "." in specifier):
        known = f"{', '.join(map(str, VERSIONS[:-1]))} and {VERSIONS[-1]}"
        raise DefectError("dtdl.context", f"DTDL {known} are understood, not the context {specifier}", path)
    if found and version < 4:
        raise DefectError("dtdl.context", f"{specifier!r}: DTDL {version} has no contexts with a '#'", path)
    before, after = (specifiers[at] if 0 <= at < len(specifiers) else None for at in (index - 1, index + 1))
    core = f"{_LANGUAGE};{version}"
    if fragment == "limitless" and after not in (*LIMIT_EXTENSIONS, core, f"{core}#limits"):
        text = f"{specifier!r} must be followed by limits such as {next(iter(LIMIT_EXTENSIONS))!r}"
        raise DefectError("dtdl.context", text, path)
    if found and fragment != "limitless" and not (fragment == "limits" and before == f"{core}#limitless"):
        text = f"{specifier!r} isn't known here; only '#limitless', and '#limits' right after it, are"
        raise DefectError("dtdl.context", text, path)
    return Context(version, LIMITS[version], outer.extensions if outer else (), outer.open if outer else False)


def _extended(
    context: Context, specifier: str, extension: tuple[str, int], before: Any, path: str, findings: Findings
) -> Context:
    """The context with one more extension; one that isn't known is noted, for what it adds can't be checked."""
    name, version = extension
    if name.startswith("dtmi:dtdl:limits:"):
        if specifier in LIMIT_EXTENSIONS and str(before).endswith("#limitless"):
            return replace(context, limits=LIMIT_EXTENSIONS[specifier])
        text = f'limits {specifier!r} must be known and follow "dtmi:dtdl:context;4#limitless"'
        raise DefectError("dtdl.context", text, path)
    if version in known_versions(name):
        kept = tuple(each for each in context.extensions if each[0] != name)
        return replace(context, extensions=(*kept, (name, version)))
    if context.version > 2:
        known = ", ".join(map(str, known_versions(name)))
        hint = f"versions {known} are" if known else "check it with a tool that knows it, or leave it out"
        text = f"the extension {specifier!r} isn't known here, so what it adds can't be checked; {hint}"
        findings.add("warning", "dtdl.extension", text + (" known" if known else ""), path)
    return replace(context, open=True)
