"""What interfaces say of each other: ids once only, bases and components that exist, no circles, no name twice.

Source: the specification, sections "Limits and exclusions" and "Context" (versions that may refer to each other).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ...errors import nearest
from ...plant.problems import Problem, Severity
from .extras import annotation_doubts
from .metamodel import LIMITS, Limits
from .types import Component, Content, Interface

MAX_EXTENDS = LIMITS[3].extends_depth

Models = dict[str, Interface]
_Check = Callable[[Models, list[Problem]], Models]


def check_interfaces(interfaces: Iterable[Interface], problems: list[Problem]) -> Models:
    """The interfaces that hold together, by DTMI. What is left out is added to the problems."""
    models: Models = {}
    for interface in interfaces:
        if interface.id in models:
            _report(
                problems, interface, "dtdl.duplicate_model", "a model of this id was already read; this one is left out"
            )
        else:
            models[interface.id] = interface
    for check in _CHECKS:
        models = check(models, problems)
    return models


def _report(
    problems: list[Problem],
    interface: Interface,
    code: str,
    text: str,
    severity: Severity = "error",
    content: str | None = None,
) -> None:
    place = dict(interface.places).get(content or "", interface.place)
    problems.append(Problem(severity, code, f"{interface.id}: {text}", interface.file, place))


def _limits(interface: Interface) -> Limits:
    return interface.limits or LIMITS[interface.version]


def _unique_ids(models: Models, problems: list[Problem]) -> Models:
    """Note identifiers that elements of two interfaces have, or an element and an interface."""
    owners: dict[str, str] = dict.fromkeys(models, "an interface")
    for interface in models.values():
        for each, place in interface.ids:
            if each in owners:
                text = f"{interface.id}: the identifier {each!r} is taken by {owners[each]}; give this element another"
                problems.append(Problem("warning", "dtdl.duplicate_id", text, interface.file, place))
            owners.setdefault(each, f"an element of {interface.id}")
    return models


def _no_circles(models: Models, problems: list[Problem]) -> Models:
    """Refuse models that extend themselves, by whatever way."""
    circular = [each.id for each in models.values() if each.extends and each.id in _ancestors(each.id, models)]
    for model in circular:
        _report(problems, models[model], "dtdl.cycle", "the model extends itself, directly or through others")
    return {key: each for key, each in models.items() if key not in circular}


def _ancestors(model: str, models: Models) -> set[str]:
    found: set[str] = set()
    waiting = list(models[model].extends)
    while waiting:
        base = waiting.pop()
        if base not in found and base in models:
            waiting.extend(models[base].extends)
        found.add(base)
    return found


def _known_bases(models: Models, problems: list[Problem]) -> Models:
    """Refuse models whose base isn't there; repeated, because what extends a refused model goes with it."""
    while True:
        lost = {key: [base for base in each.extends if base not in models] for key, each in models.items()}
        lost = {key: bases for key, bases in lost.items() if bases}
        if not lost:
            break
        for key, bases in lost.items():
            near = nearest(bases[0], models, 1)
            hint = f"; did you mean {near[0]}?" if near else "; load it too"
            _report(problems, models[key], "dtdl.unknown_base", f"extends {bases[0]}, which isn't loaded{hint}")
        models = {key: each for key, each in models.items() if key not in lost}
    for each in models.values():
        later = next((base for base in each.extends if models[base].version > each.version), None)
        if later:
            text = f"extends {later}, which is DTDL {models[later].version}; write this one in that version too"
            _report(problems, each, "dtdl.context", text, "warning")
    return models


def bases_first(models: Models) -> Iterator[str]:
    """The models in an order in which every base comes before what extends it; there must be no circles."""
    done: set[str] = set()
    for model in models:
        waiting = [model]
        while waiting:
            base = next((each for each in models[waiting[-1]].extends if each not in done), None)
            if base is not None:
                waiting.append(base)
                continue
            last = waiting.pop()
            if last not in done:
                done.add(last)
                yield last


def _shallow(models: Models, problems: list[Problem]) -> Models:
    """Refuse models with more levels of `extends` above them than their version allows, or more bases in all."""
    depths: dict[str, int] = {}
    for model in bases_first(models):
        depths[model] = max((depths[base] + 1 for base in models[model].extends), default=0)
    kept: Models = {}
    for key, each in models.items():
        limits = _limits(each)
        if depths[key] > limits.extends_depth:
            text = f"'extends' is {depths[key]} levels deep, {limits.extends_depth} at most are allowed"
            _report(problems, each, "dtdl.depth", text)
            continue
        kept[key] = each
        count = len(each.extends) + sum(len(models[base].extends) for base in _ancestors(key, models))
        if limits.extends_total is not None and count > limits.extends_total:
            text = f"'extends' leads to {count} interfaces, {limits.extends_total} at most are allowed"
            _report(problems, each, "dtdl.count", text, "warning")
    return {key: each for key, each in kept.items() if not _ancestors(key, models) - kept.keys()}


def _known_components(models: Models, problems: list[Problem]) -> Models:
    """Leave out components whose interface isn't there, or that hold components themselves."""
    holders = {
        key
        for key in models
        for each in (key, *_ancestors(key, models))
        if any(isinstance(content, Component) for content in models[each].contents)
    }

    def keeps(interface: Interface, content: Content) -> bool:
        if not isinstance(content, Component):
            return True
        part = models.get(content.interface)
        if part is None:
            near = nearest(content.interface, models, 1)
            hint = f"; did you mean {near[0]}?" if near else "; load it too"
            text = f"component {content.name!r} has the interface {content.interface}, which isn't loaded{hint}"
            _report(problems, interface, "dtdl.unknown_component", text, content=content.name)
            return False
        if content.interface in holders:
            text = f"component {content.name!r} holds components itself, which DTDL doesn't allow; use a relationship"
            _report(problems, interface, "dtdl.nested_component", text, content=content.name)
            return False
        if part.version > interface.version:
            text = f"component {content.name!r} is DTDL {part.version}; write this interface in that version too"
            _report(problems, interface, "dtdl.context", text, "warning", content.name)
        return True

    return {
        key: replace(each, contents=tuple(content for content in each.contents if keeps(each, content)))
        for key, each in models.items()
    }


def _unique_names(models: Models, problems: list[Problem]) -> Models:
    """Leave out contents whose name is inherited already: DTDL has no overriding of contents."""
    checked: Models = {}
    inherited: dict[str, dict[str, tuple[str, Content]]] = {}
    for model in bases_first(models):
        interface = models[model]
        names: dict[str, tuple[str, Content]] = {}
        for base in interface.extends:
            for name, (owner, content) in inherited[base].items():
                if names.setdefault(name, (owner, content))[0] != owner:
                    text = (
                        f"{name!r} is inherited from {names[name][0]} and, differently, from {owner}; the first is used"
                    )
                    _report(problems, interface, "dtdl.duplicate", text)
        own = []
        for content in interface.contents:
            if content.name in names:
                text = f"{content.name!r} is inherited from {names[content.name][0]} already; DTDL has no overriding"
                _report(problems, interface, "dtdl.duplicate", text, content=content.name)
                continue
            own.append(content)
        checked[model] = replace(interface, contents=tuple(own))
        inherited[model] = names | {content.name: (model, content) for content in own}
        _check_siblings(checked[model], {name: content for name, (_, content) in inherited[model].items()}, problems)
    return {key: checked[key] for key in models}


def _check_siblings(interface: Interface, siblings: dict[str, Content], problems: list[Problem]) -> None:
    """Note annotations of nothing, indexes that an inherited telemetry has too, and too many contents."""
    for name, text in annotation_doubts(interface.contents, siblings):
        _report(problems, interface, "dtdl.annotation", f"{name!r}: {text}", "warning", name)
    own = {content.name for content in interface.contents}
    taken = {dict(each.extras).get("index"): name for name, each in siblings.items() if name not in own}
    for content in interface.contents:
        index = dict(content.extras).get("index")
        if index is not None and index in taken:
            text = f"'index' {index} of {content.name!r} is that of the inherited {taken[index]!r}; give it its own"
            _report(problems, interface, "dtdl.duplicate", text, "warning", content.name)
    most = _limits(interface).contents
    if most is not None and len(siblings) > most:
        text = f"there are {len(siblings)} contents, inherited ones included; {most} at most are allowed"
        _report(problems, interface, "dtdl.count", text, "warning")


def _not_too_large(models: Models, problems: list[Problem]) -> Models:
    """Note interfaces with too many elements in all, inherited ones and those of components included."""
    for key, interface in models.items():
        most = _limits(interface).elements
        if most is None:
            continue
        whole = {key, *_ancestors(key, models)}
        parts = {part.interface for each in whole for part in models[each].contents if isinstance(part, Component)}
        whole |= {each for part in parts for each in (part, *_ancestors(part, models))}
        count = sum(models[each].elements for each in whole)
        if count > most:
            text = f"there are {count} elements under 'contents', inherited ones included; {most} at most are allowed"
            _report(problems, interface, "dtdl.count", text, "warning")
    return models


_CHECKS: tuple[_Check, ...] = (
    _unique_ids,
    _no_circles,
    _known_bases,
    _shallow,
    _known_components,
    _unique_names,
    _not_too_large,
)
