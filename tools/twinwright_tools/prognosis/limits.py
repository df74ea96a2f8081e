"""Limits: as given on a command line, in `[limits]` of twinwright.toml, or as properties of the twin."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..plant.config import CONFIG_FILE
from ..plant.declared import declared
from ..plant.plant import Plant
from ..telemetry.series import SignalKey
from ..telemetry.window import Window
from ..twins.dtdl.units import symbol
from .result import Direction

_HIGH = frozenset({"max", "maximum", "high", "hi", "upper", "highhigh"})
_LOW = frozenset({"min", "minimum", "low", "lo", "lower", "lowlow"})
# Words that make a limit of a property; without a side they mean an upper one, as people use them.
_LIMIT = frozenset({"limit", "alarm", "warning", "alert", "trip", "threshold", "danger", "shutdown"})
_FILL = frozenset({"allowed", "allowable", "permitted", "permissible", "value", "level", "setpoint"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class StatedLimit:
    """What a signal must not pass, in the signal's own unit.

    Attributes:
        direction: rising for an upper limit, falling for a lower one.
        source: where it was stated, in words.
    """

    value: float
    direction: Direction
    source: str

    @property
    def side(self) -> str:
        """`above` or `below`: where it is bad to be."""
        return "above" if self.direction == "rising" else "below"


def given_limit(text: str, direction: Direction, unit: str | None, what: str) -> StatedLimit:
    """The limit of an option: a number, with or without the signal's unit (``7.1``, ``"7.1 mm/s"``).

    Raises:
        InputError: it is no finite number, or of another unit.
    """
    found = _NUMBER.fullmatch(text)
    value = float(found[1]) if found else math.nan
    if found is None or not math.isfinite(value):
        raise InputError(f"{text!r} is no limit; write a number, such as 80 or '80 °C'", code="limit.value")
    _same_unit(found[2] or None, unit, f"{text!r}", what)
    option = "--above" if direction == "rising" else "--below"
    return StatedLimit(value, direction, f"given with {option}")


def stated_limits(plant: Plant, key: SignalKey, unit: str | None) -> list[StatedLimit]:
    """The limits that the plant states of a signal: in `[limits]`, else as properties of its twin; [] if none.

    Of several on one side (warning, alarm, trip) the one that is reached first counts.

    Args:
        key: by the signal's canonical name; `unit`: the signal's, as `SignalInfo` has it.

    Raises:
        InputError: a limit of another unit than the signal's.
    """
    entry = declared(key, plant.config.limits, plant.models, plant.graph)
    if entry is not None:
        _same_unit(entry.unit, unit, f"the limit in [limits] of {CONFIG_FILE}", str(key))
        ends: list[tuple[float | None, Direction]] = [(entry.high, "rising"), (entry.low, "falling")]
        return [StatedLimit(value, side, f"[limits] in {CONFIG_FILE}") for value, side in ends if value is not None]
    found = list(_of_properties(plant, key, unit))
    upper = sorted((each for each in found if each.direction == "rising"), key=lambda each: each.value)
    lower = sorted((each for each in found if each.direction == "falling"), key=lambda each: -each.value)
    return [*upper[:1], *lower[:1]]


def limits_to_draw(plant: Plant, windows: Iterable[Window]) -> dict[SignalKey, list[tuple[str, float]]]:
    """The stated limits of each window's signal, for `plot_windows`: ``high`` or ``low``, and the value in its unit.

    One that is stated in another unit isn't drawn: `twinwright limit` refuses it, with the reason.
    """
    found: dict[SignalKey, list[tuple[str, float]]] = {}
    for one in windows:
        if one.kind != "numeric":
            continue
        try:
            stated = stated_limits(plant, one.key, one.unit)
        except InputError:
            continue
        found[one.key] = [("high" if each.direction == "rising" else "low", each.value) for each in stated]
    return found


def _of_properties(plant: Plant, key: SignalKey, unit: str | None) -> Iterator[StatedLimit]:
    twin = plant.graph.twins.get(key.twin)
    if twin is None:
        return
    component, _, signal = key.signal.rpartition(".")
    properties: Any = twin.properties.get(component) if component else twin.properties
    if not isinstance(properties, Mapping):
        return
    for name, value in properties.items():
        direction = limit_direction(str(name), signal)
        if direction is None or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not math.isfinite(value):
            continue
        full = f"{component}.{name}" if component else str(name)
        definition = plant.models.signal(twin.model, full)
        _same_unit(definition.unit if definition else None, unit, f"the property {full} of {twin.id}", str(key))
        yield StatedLimit(float(value), direction, f"property {full} of {twin.id}")


def limit_direction(name: str, signal: str) -> Direction | None:
    """What a property limits of a signal, by its name: ``vibrationHighLimit``, ``max_vibration``; None: nothing.

    All of the signal's words must stand in it, in order, and besides them only words of limits.
    """
    words, wanted = _words(name), _words(signal)
    starts = [at for at in range(len(words)) if words[at : at + len(wanted)] == wanted]
    if not starts or not wanted:
        return None
    rest = words[: starts[0]] + words[starts[0] + len(wanted) :]
    if not rest or not set(rest) <= _HIGH | _LOW | _LIMIT | _FILL:
        return None
    if set(rest) & _LOW:
        return None if set(rest) & _HIGH else "falling"
    return "rising" if set(rest) & (_HIGH | _LIMIT) else None


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(name)]


def _same_unit(stated: str | None, unit: str | None, what: str, signal: str) -> None:
    if stated is None or unit is None or (symbol(stated) or stated) == unit:
        return
    text = f"{what} is in {stated}, but {signal} is measured in {unit}; state it in {unit}"
    raise InputError(text, code="limit.unit", suggestions=[unit])
