"""Signals as an analyst names them: ``TWIN.SIGNAL``, a whole twin, a pattern, with an aggregate and a column's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ..errors import InputError, NoDataError, UnknownNameError, nearest
from ..telemetry.series import SignalInfo, SignalKey, parse_key

if TYPE_CHECKING:
    from ..plant import Plant

Aggregate = Literal["mean", "min", "max", "last", "count"]
AGGREGATES: tuple[str, ...] = get_args(Aggregate)
_WORD = re.compile(
    r"\s*(?:(?P<call>[A-Za-z_]+)\s*\(\s*(?P<inner>[^()]+?)\s*\)|(?P<plain>[^()]+?))(?:\s+as\s+(?P<name>\S+))?\s*",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_TEXT = frozenset({"last", "count"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """One signal, how its samples within a step become one value, and what its column is called."""

    info: SignalInfo
    aggregate: Aggregate
    name: str

    @property
    def key(self) -> SignalKey:
        """The signal."""
        return self.info.key

    @property
    def is_text(self) -> bool:
        """Whether its column holds texts."""
        return self.info.kind == "text" and self.aggregate == "last"

    @property
    def unit(self) -> str | None:
        """The unit of its column."""
        return None if self.aggregate == "count" else self.info.unit


def choose(plant: Plant, words: Sequence[str], most: int) -> list[Chosen]:
    """The signals that words name, in their order, each column once (twice under two names).

    A word is ``TWIN.SIGNAL``, a TWIN (all recorded signals of it and its parts) or a pattern with ``*`` over
    ``TWIN.SIGNAL`` or over TWIN; ``max(TWIN.SIGNAL)`` names an aggregate (mean, min, max, last, count; without one
    the mean of numbers and the last of texts), ``… AS name`` a column (of several: the name before their own).

    Raises:
        InputError: a word that can't be read, or more signals than `most`.
        UnknownNameError, NoDataError: nothing is there or recorded of that name; the nearest names are suggested.
    """
    found: dict[tuple[SignalKey, str, str | None], Chosen] = {}
    taken = {"time"}
    for word in words:
        read = _WORD.fullmatch(word)
        if read is None:
            raise InputError(f"{word!r} names no signal; write TWIN.SIGNAL or max(TWIN.SIGNAL)", code="analyse.signal")
        infos = _infos(plant, read["inner"] or read["plain"])
        if read["name"] and not _NAME.fullmatch(read["name"]):
            raise InputError(f"{word!r}: AS {read['name']} is no plain name", code="analyse.name")
        for info in infos:
            aggregate = _aggregate(word, read["call"], info)
            which = (info.key, aggregate, read["name"])
            if which not in found:
                name = _free(_named(read["name"], info, len(infos)) or _column(info.key, aggregate, info), taken)
                found[which] = Chosen(info, aggregate, name)
    unique = list(found.values())
    if len(unique) > most:
        names = ", ".join(str(one.key) for one in unique[:3])
        text = f"{len(unique)} signals are named ({names} …); at most {most} are taken here: name fewer"
        raise InputError(text, code="analyse.too_many")
    return unique


def matching(plant: Plant, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words without patterns that match nothing, and what to say of those; all of them if nothing else is named."""
    recorded = plant.telemetry.signals()
    empty = [word for word in words if (inner := _pattern_in(word)) and not _like(inner, recorded)]
    if len(empty) == len(words):
        return list(words), []
    return [word for word in words if word not in empty], [f"no recorded signal matches {word!r}" for word in empty]


def _pattern_in(word: str) -> str | None:
    read = _WORD.fullmatch(word)
    named = (read["inner"] or read["plain"]) if read else ""
    return named if "*" in named else None


def _like(pattern: str, recorded: Sequence[SignalInfo]) -> list[SignalInfo]:
    """The signals that a pattern matches; one that matches none is of twins: each stands for all signals of its own."""
    like = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.IGNORECASE)
    found = [info for info in recorded if like.fullmatch(str(info.key))]
    return found or [info for info in recorded if like.fullmatch(info.key.twin)]


def _infos(plant: Plant, word: str) -> list[SignalInfo]:
    if "*" in word:
        recorded = plant.telemetry.signals()
        found = _like(word, recorded)
        if not found:
            near = nearest(word.replace("*", ""), [str(info.key) for info in recorded])
            raise UnknownNameError(f"no recorded signal matches {word!r}", code="unknown_signal", suggestions=near)
        return found
    if word in plant.graph.twins:
        within = set(plant.graph.within(word))
        found = [info for info in plant.telemetry.signals() if info.key.twin in within]
        if not found:
            raise NoDataError(f"nothing is recorded of {word} and its parts")
        return found
    return [plant.telemetry.info(parse_key(word, plant.graph.twins))]


def _aggregate(word: str, call: str | None, info: SignalInfo) -> Aggregate:
    name = (call or "").casefold() or ("last" if info.kind == "text" else "mean")
    name = {"avg": "mean", "minimum": "min", "maximum": "max"}.get(name, name)
    for each in get_args(Aggregate):
        if each == name:
            if info.kind == "text" and name not in _OF_TEXT:
                raise InputError(f"{word!r}: {info.key} is text; take its last or count", code="analyse.aggregate")
            found: Aggregate = each
            return found
    raise InputError(
        f"{word!r}: there is no aggregate {call!r}; there are {', '.join(AGGREGATES)}",
        code="analyse.aggregate",
        suggestions=nearest(name, AGGREGATES),
    )


def _named(name: str | None, info: SignalInfo, many: int) -> str | None:
    """The name that was given; of several signals that share it each has its own behind it."""
    return name if name is None or many == 1 else re.sub(r"\W+", "_", f"{name}_{info.key.signal}", flags=re.ASCII)


def _column(key: SignalKey, aggregate: str, info: SignalInfo) -> str:
    """``glycol_pump_1_vibration``, with the aggregate behind it where it isn't the usual one."""
    usual = aggregate == ("last" if info.kind == "text" else "mean")
    name = re.sub(r"\W+", "_", str(key) if usual else f"{key}_{aggregate}", flags=re.ASCII)
    return f"_{name}" if name[:1].isdigit() else name


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free.casefold() in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free.casefold())
    return free
