"""Signals of a plant, each with its limit and its time to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError, UnknownNameError, UsageError
from ..plant.plant import Plant
from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import to_micros
from ..twins.dtdl.names import last_segment
from .engine import MONTH_S, time_to_limit
from .limits import StatedLimit, stated_limits
from .prepare import held
from .result import TimeToLimit

Choose = Callable[[SignalInfo], list[StatedLimit]]
# Boolean signals that say whether their twin runs, by name without case, dots and underscores.
_RUNNING = frozenset({"running", "isrunning", "run", "motorrunning", "pumprunning", "inoperation", "operating"})
_TOLD_EVERY = 50


@dataclass(frozen=True, slots=True)
class Outlook:
    """One signal, one limit, and what is said of them."""

    info: SignalInfo
    limit: StatedLimit
    found: TimeToLimit

    @property
    def key(self) -> SignalKey:
        """The signal."""
        return self.info.key

    def as_dict(self) -> dict[str, Any]:
        """As `twinwright limit --json` has it."""
        return {
            "key": str(self.key),
            "twin": self.key.twin,
            "signal": self.key.signal,
            "unit": self.info.unit,
            "limit": {"value": self.limit.value, "side": self.limit.side, "source": self.limit.source},
            **self.found.as_dict(),
        }


def fleet_keys(plant: Plant, text: str) -> list[SignalKey]:
    """The recorded signals that ``MODEL.SIGNAL`` names: of all twins of the model or of one that extends it.

    A model goes by its display name, the last part of its DTMI, or its DTMI; ``all`` is every numeric signal.

    Raises:
        UnknownNameError: there is no such model, or it has no such signal; the nearest names are suggested.
        InputError: there is no dot in it.
    """
    infos = {info.key: info for info in plant.telemetry.signals() if info.kind == "numeric"}
    if text == "all":
        return list(infos)
    models = plant.models
    names = {name: each for each in models for name in (each, last_segment(each), models.label(each))}
    cuts = [at for at, letter in enumerate(text) if letter == "."]
    if not cuts:
        raise InputError(f"{text!r} names no signal; write MODEL.SIGNAL, or all", code="limit.fleet")
    cut = next((at for at in cuts if text[:at] in names), None)
    if cut is None:
        raise UnknownNameError.of("model", text[: cuts[0]], names)
    model, signal = names[text[:cut]], text[cut + 1 :]
    twins = [twin for twin in plant.graph.twins.values() if models.is_a(twin.model, model)]
    keys = [plant.telemetry.canonical(SignalKey(twin.id, signal)) for twin in twins]
    found = [key for key in dict.fromkeys(keys) if key in infos]
    if not found:
        known = {info.signal for info in infos if info.twin in {twin.id for twin in twins}}
        raise UnknownNameError.of("recorded numeric signal of that model", signal, known)
    return found


def outlooks(
    plant: Plant,
    keys: Sequence[SignalKey],
    choose: Choose,
    horizon_s: float = MONTH_S,
    level: float = 0.8,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Outlook]:
    """The time to limit of each signal that has a limit, in the order of the keys; no sample after the plant's `at`.

    Where a signal has an upper and a lower limit, the one that is passed or reached first is told. A twin's boolean
    signal such as `running` says which samples count.

    Args:
        choose: the limits of a signal; [] leaves it out.

    Raises:
        InputError: a signal that isn't numeric, or a limit of another unit.
        UnknownNameError, NoDataError: a signal that isn't there.
    """
    chosen = [(info, limits) for info in map(plant.telemetry.info, keys) if (limits := _limits(info, choose))]
    switches = _switches(plant, {info.key.twin for info, _ in chosen})
    series = plant.telemetry.series([*(info.key for info, _ in chosen), *switches.values()])
    told = []
    for number, (info, limits) in enumerate(chosen):
        if number % _TOLD_EVERY == 0 and len(chosen) > _TOLD_EVERY:
            progress(f"{number} of {len(chosen)} signals")
        switch = switches.get(info.key.twin)
        samples = _samples(info, series[info.key], series[switch] if switch else None, to_micros(plant.at))
        found = [_outlook(info, limit, samples, to_micros(plant.at), horizon_s, level) for limit in limits]
        told.append(min(found, key=_urgency))
    return told


def plants_own(plant: Plant) -> Choose:
    """The limits that the plant states."""
    return lambda info: stated_limits(plant, info.key, info.unit)


def need_limit(info: SignalInfo, limits: list[StatedLimit]) -> list[StatedLimit]:
    """The limits, which must be some.

    Raises:
        UsageError: there are none.
    """
    if not limits:
        hint = f'give --above or --below, or state it in twinwright.toml: [limits] "{info.key}" = {{ high = … }}'
        raise UsageError(f"no limit is stated for {info.key}; {hint}", code="limit.none")
    return limits


def _limits(info: SignalInfo, choose: Choose) -> list[StatedLimit]:
    limits = choose(info)
    if limits and info.kind != "numeric":
        raise InputError(f"{info.key} is {info.kind}; only numeric signals have limits", code="limit.kind")
    return limits


_Samples = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]


def _samples(info: SignalInfo, series: Series, switch: Series | None, at: int) -> _Samples:
    times, values = series.times, series.values
    if info.sampling == "events":
        times, values = held(times, values, at)
    if switch is None or not len(switch):
        return times, values, None
    last = np.searchsorted(switch.times, times, side="right") - 1
    runs = np.where(last >= 0, switch.values[np.maximum(last, 0)] == 1, False)
    return times, values, None if runs.all() else runs


def _switches(plant: Plant, twins: set[str]) -> dict[str, SignalKey]:
    """The boolean signal of each twin that says whether it runs."""
    found: dict[str, SignalKey] = {}
    for info in plant.telemetry.signals():
        name = info.key.signal.replace(".", "").replace("_", "").casefold()
        if info.kind == "boolean" and info.key.twin in twins and name in _RUNNING:
            found.setdefault(info.key.twin, info.key)
    return found


def _outlook(
    info: SignalInfo, limit: StatedLimit, samples: _Samples, at: int, horizon_s: float, level: float
) -> Outlook:
    times, values, runs = samples
    return Outlook(info, limit, time_to_limit(times, values, at, limit.value, limit.direction, horizon_s, level, runs))


def _urgency(one: Outlook) -> tuple[int, int]:
    found = one.found
    if found.reason == "already_beyond":
        return 0, 0
    if found.crossing is not None:
        return 1, found.crossing
    return (2 if found.reason == "beyond_horizon" else 3), 0
