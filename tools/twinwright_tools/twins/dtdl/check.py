"""What interfaces say of each other: ids once only, bases and components that exist, no circles, no name twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ...errors import nearest
from ...plant.problems import Problem
from .types import Component, Content, Interface

MAX_EXTENDS = 10

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


def _report(problems: list[Problem], interface: Interface, code: str, text: str) -> None:
    problems.append(Problem("error", code, f"{interface.id}: {text}", interface.file, interface.place))


def _no_circles(models: Models, problems: list[Problem]) -> Models:
    """Refuse models that extend themselves, by whatever way."""
    circular = [each for each in models.values() if each.id in _ancestors(each.id, models)]
    for interface in circular:
        _report(problems, interface, "dtdl.cycle", "the model extends itself, directly or through others")
    return {key: each for key, each in models.items() if each not in circular}


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
            return models
        for key, bases in lost.items():
            near = nearest(bases[0], models, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            _report(problems, models[key], "dtdl.unknown_base", f"extends {bases[0]}, which isn't loaded{hint}")
        models = {key: each for key, each in models.items() if key not in lost}


def _shallow(models: Models, problems: list[Problem]) -> Models:
    """Refuse models with more than ten levels of `extends` above them."""
    depths: dict[str, int] = {}

    def depth(model: str) -> int:
        if model not in depths:
            depths[model] = max((depth(base) + 1 for base in models[model].extends), default=0)
        return depths[model]

    deep = [each for each in models.values() if depth(each.id) > MAX_EXTENDS]
    for interface in deep:
        text = f"'extends' is {depth(interface.id)} levels deep, {MAX_EXTENDS} at most are allowed"
        _report(problems, interface, "dtdl.depth", text)
    return {key: each for key, each in models.items() if each not in deep}


def _known_components(models: Models, problems: list[Problem]) -> Models:
    """Leave out components whose interface isn't there, or that hold components themselves."""

    def keeps(interface: Interface, content: Content) -> bool:
        if not isinstance(content, Component):
            return True
        if content.interface not in models:
            text = f"component {content.name!r} has the interface {content.interface}, which isn't loaded"
            _report(problems, interface, "dtdl.unknown_component", text)
            return False
        parts = [models[each] for each in {content.interface, *_ancestors(content.interface, models)}]
        if any(isinstance(each, Component) for part in parts for each in part.contents):
            text = f"component {content.name!r} holds components itself, which DTDL doesn't allow"
            _report(problems, interface, "dtdl.nested_component", text)
            return False
        return True

    return {
        key: replace(each, contents=tuple(content for content in each.contents if keeps(each, content)))
        for key, each in models.items()
    }


def _unique_names(models: Models, problems: list[Problem]) -> Models:
    """Leave out contents whose name is inherited already: DTDL has no overriding."""
    checked: Models = {}
    inherited: dict[str, dict[str, tuple[str, Content]]] = {}

    def visit(model: str) -> dict[str, tuple[str, Content]]:
        if model in inherited:
            return inherited[model]
        interface = models[model]
        names: dict[str, tuple[str, Content]] = {}
        for base in interface.extends:
            for name, (owner, content) in visit(base).items():
                if names.setdefault(name, (owner, content))[0] != owner:
                    text = (
                        f"{name!r} is inherited from {names[name][0]} and, differently, from {owner}; the first is used"
                    )
                    _report(problems, interface, "dtdl.duplicate", text)
        own = []
        for content in interface.contents:
            if content.name in names:
                text = f"{content.name!r} is inherited from {names[content.name][0]} already; DTDL has no overriding"
                _report(problems, interface, "dtdl.duplicate", text)
                continue
            own.append(content)
        checked[model] = replace(interface, contents=tuple(own))
        inherited[model] = names | {content.name: (model, content) for content in own}
        return inherited[model]

    for model in models:
        visit(model)
    return {key: checked[key] for key in models}


_CHECKS: tuple[_Check, ...] = (_no_circles, _known_bases, _shallow, _known_components, _unique_names)
