"""The connector that a plant folder names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from ..errors import UsageError, nearest
from .protocol import Connector, Place

if TYPE_CHECKING:
    from ..plant import Plant

# Each module has `connect(plant, environment) -> Connector`; it is imported when it is wanted.
KINDS: dict[str, str] = {
    "embedded": "embedded",
    "rt": "rt",
    "servicenow": "servicenow",
    "maximo": "maximo",
    "sap": "sap",
    "maintainx": "maintainx",
    "atlas": "atlas",
}


def connect(plant: Plant, environment: Mapping[str, str]) -> Connector:
    """The plant's connector; `environment` is where credentials may stand.

    Raises:
        UsageError: there is no connector of that kind.
        ConfigError: what the connector needs isn't configured.
        CmmsLoginError: no credentials were given.
    """
    kind = plant.config.cmms.kind
    if kind not in KINDS:
        near = nearest(kind, KINDS)
        raise UsageError(f"there is no CMMS connector {kind!r}; there are {', '.join(KINDS)}", suggestions=near)
    module = import_module(f".{KINDS[kind]}", __package__)
    return cast(Connector, module.connect(plant, environment))


def sources(plant: Plant, environment: Mapping[str, str]) -> list[Place]:
    """Where past records come from: the work orders, and each further place with what it keeps.

    Raises:
        As `connect` does.
    """
    cmms = plant.config.cmms
    found = [Place("work_order", connect(plant, environment))]
    for also in cmms.also:
        there = cmms.model_copy(update={"options": cmms.options | also.options})
        config = plant.config.model_copy(update={"cmms": there})
        name = ", ".join(f"{option} = {value}" for option, value in sorted(also.options.items()))
        found.append(Place(also.kind, connect(replace(plant, config=config), environment), name))
    return found
