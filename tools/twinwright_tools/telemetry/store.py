"""The telemetry of an open plant. No sample after the plant's time limit ever leaves it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import NoDataError, UnknownNameError
from ..times import from_micros, iso, to_micros
from .infer import info_of, with_few_told
from .series import Series, SignalInfo, SignalKey, is_free_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..twins.dtdl import ModelSet, SignalDefinition
    from ..twins.graph import TwinGraph

_FIRST, _LAST = -(2**62), 2**62


class TelemetryStore:
    """Samples by signal and time. Thread-safe: every call uses a cursor of its own."""

    def __init__(
        self,
        cursor: Callable[[], DuckDBPyConnection],
        models: ModelSet,
        graph: TwinGraph,
        at: datetime,
        declared_unit: Callable[[SignalKey], str | None] = lambda key: None,
    ) -> None:
        """Over the tables that `load_telemetry` wrote; rows after `at` stay out of reach.

        `declared_unit` is asked where the model names no unit.
        """
        self._declared_unit = declared_unit
        self._cursor = cursor
        self._models = models
        self._graph = graph
        self._at = to_micros(at)
        self._lock = threading.Lock()

    def signals(self) -> list[SignalInfo]:
        """All signals with any row up to the time limit, by key."""
        return list(self._known_infos().values())

    def info(self, key: SignalKey) -> SignalInfo:
        """What is known of a signal.

        Raises:
            UnknownNameError: neither the twins nor the telemetry know it; the nearest names are suggested.
            NoDataError: a model declares it, or it is recorded later, but nothing was up to the time limit.
        """
        infos = self._known_infos()
        found = infos.get(key) or infos.get(self.canonical(key))
        if found is not None:
            return found
        twin = self._graph.twins.get(key.twin)
        recorded = [each.signal for each in infos if each.twin == key.twin]
        if twin is None and not recorded:
            raise UnknownNameError.of("twin", key.twin, {*self._graph.twins, *(each.twin for each in infos)})
        declared = [each.name for each in self._models.signals(twin.model)] if twin else []
        if self._definition(key) is None:
            raise UnknownNameError.of(f"signal of {key.twin}", key.signal, dict.fromkeys([*recorded, *declared]))
        text = f"no data for {key}: nothing was ever recorded up to {iso(from_micros(self._at))}"
        raise NoDataError(text, suggestions=[f"{key.twin}.{name}" for name in recorded[:3]])

    def canonical(self, key: SignalKey) -> SignalKey:
        """The signal under the name that its model gives it; itself where no model knows it."""
        definition = self._definition(key)
        return SignalKey(key.twin, definition.name) if definition else key

    def span(self) -> tuple[datetime, datetime] | None:
        """The first and the last time of any sample up to the time limit; None if there is none."""
        first, last, _ = self._extent
        return (from_micros(first), from_micros(last)) if first is not None and last is not None else None

    def count(self) -> int:
        """How many signals have any row up to the time limit: the length of `signals()`, without reading samples."""
        return self._extent[2]

    @cached_property
    def _extent(self) -> tuple[int | None, int | None, int]:
        query = "SELECT min(time), max(time), count(DISTINCT signal) FROM telemetry WHERE time <= $1"
        ((first, last, signals),) = self._cursor().execute(query, [self._at]).fetchall()
        return first, last, signals

    def series(
        self,
        keys: Sequence[SignalKey] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> dict[SignalKey, Series]:
        """Samples from `start` to `end`, both included, never after the time limit; None means no bound.

        A signal with no sample there has an empty series. Only signals that were asked for (all, if None) are keys.

        Raises:
            UnknownNameError: a key that neither the twins nor the telemetry know.
        """
        wanted = list(self._known_infos()) if keys is None else list(dict.fromkeys(keys))
        stored = {key: self._stored(key) for key in wanted}
        low = to_micros(start) if start else _FIRST
        high = min(to_micros(end) if end else _LAST, self._at)
        ids = [self._ids[key] for key in stored.values() if key in self._ids]
        pieces = self._fetch(ids, low, high) if ids else {}
        return {key: self._series(key, pieces.get(self._ids.get(found, -1))) for key, found in stored.items()}

    def last_before(self, key: SignalKey, time: datetime) -> Series:
        """The newest sample of a signal before a time that says anything, if there is one; at most one sample.

        Raises:
            UnknownNameError: neither the twins nor the telemetry know the signal.
        """
        number = self._ids.get(self._stored(key))
        query = (
            "SELECT max(time) FROM telemetry WHERE signal = $1 AND time < $2 AND time <= $3 "
            "AND (value IS NOT NULL OR text IS NOT NULL)"
        )
        newest = None
        if number is not None:
            ((newest,),) = self._cursor().execute(query, [number, to_micros(time), self._at]).fetchall()
        found = self._fetch([number], newest, newest) if number is not None and newest is not None else {}
        return self._series(key, found.get(number if number is not None else -1))

    def _stored(self, key: SignalKey) -> SignalKey:
        if key in self._ids:
            return key
        canonical = self.canonical(key)
        if canonical not in self._ids and self._definition(key) is None:
            self.info(key)
        return canonical

    def _definition(self, key: SignalKey) -> SignalDefinition | None:
        twin = self._graph.twins.get(key.twin)
        return self._models.signal(twin.model, key.signal) if twin else None

    @cached_property
    def free_texts(self) -> frozenset[SignalKey]:
        """Signals that ever held a text which anybody may have written, and no mere state; or the id of a twin."""
        worded = [key for key, number in self._ids.items() if number in self._worded]
        return frozenset(key for key in worded if self._says_more_than_states(key))

    def _says_more_than_states(self, key: SignalKey) -> bool:
        query = "SELECT DISTINCT text FROM telemetry WHERE signal = $1 AND time <= $2 AND text IS NOT NULL"
        texts = (text for (text,) in self._cursor().execute(query, [self._ids[key], self._at]).fetchall())
        return any(is_free_text(text) or text.partition(".")[0] in self._graph.twins for text in texts)

    @cached_property
    def _worded(self) -> frozenset[int]:
        """Signals with any text at all; reading texts for the others would cost most of the time."""
        return frozenset(
            number for (number,) in self._cursor().execute("SELECT id FROM signals WHERE texts").fetchall()
        )

    @cached_property
    def _ids(self) -> dict[SignalKey, int]:
        rows = self._cursor().execute("SELECT twin, signal, id FROM signals ORDER BY id").fetchall()
        return {SignalKey(twin, signal): number for twin, signal, number in rows}

    def _fetch(self, ids: Sequence[int], low: int, high: int) -> dict[int, tuple[Any, Any, Any]]:
        """Times, values and texts by signal id; the table is stored sorted, and read in its order."""
        text = "text" if not self._worded.isdisjoint(ids) else "NULL AS text"
        query = f"SELECT signal, time, value, {text} FROM telemetry WHERE time BETWEEN $1 AND $2"
        if len(ids) < len(self._ids):
            query += f" AND signal IN ({', '.join(map(str, ids))})"
        found = self._cursor().execute(query, [low, high]).fetchnumpy()
        numbers = np.asarray(found["signal"])
        texts = _texts(found["text"]) if text == "text" else np.full(len(numbers), None, dtype=np.object_)
        columns: list[Any] = [np.asarray(found["time"]), _filled(found["value"]), texts]
        if np.any(np.diff(numbers) < 0):
            order = np.lexsort((columns[0], numbers))
            numbers, columns = numbers[order], [column[order] for column in columns]
        at, edges = np.unique(numbers, return_index=True)
        ends = [*edges[1:], len(numbers)] if len(at) else []
        return {
            int(number): (columns[0][begin:end], columns[1][begin:end], columns[2][begin:end])
            for number, begin, end in zip(at, edges, ends, strict=True)
        }

    def _series(self, key: SignalKey, piece: tuple[Any, Any, Any] | None) -> Series:
        info = self._known_infos().get(self.canonical(key)) or self._known_infos().get(key)
        is_text = info is not None and info.kind == "text"
        if piece is None:
            empty = np.empty(0, dtype=np.object_) if is_text else None
            return Series(key, np.empty(0, dtype=np.int64), np.empty(0), empty)
        times, values, texts = piece
        return Series(key, times.astype(np.int64, copy=False), values, texts if is_text else None)

    def _known_infos(self) -> dict[SignalKey, SignalInfo]:
        with self._lock:
            return self._infos

    @cached_property
    def _infos(self) -> dict[SignalKey, SignalInfo]:
        pieces = self._fetch(list(self._ids.values()), _FIRST, self._at)
        told = {key: self._info(key, *pieces[number]) for key, number in self._ids.items() if number in pieces}
        return with_few_told(told)

    def _info(self, key: SignalKey, times: Any, values: Any, texts: Any) -> SignalInfo:
        definition = self._definition(key)
        return info_of(
            key,
            times,
            values,
            texts if self._ids[key] in self._worded else None,
            schema=definition.schema if definition else None,
            unit=(definition.unit if definition else None) or self._declared_unit(key),
            known=definition is not None,
        )


def _filled(column: Any) -> npt.NDArray[np.float64]:
    """A DuckDB column of doubles with NaN for NULL."""
    if isinstance(column, np.ma.MaskedArray):
        return np.asarray(column.filled(np.nan), dtype=np.float64)
    return np.asarray(column, dtype=np.float64)


def _texts(column: Any) -> npt.NDArray[np.object_]:
    """A DuckDB column of texts with None for NULL."""
    if isinstance(column, np.ma.MaskedArray):
        texts = np.array(column.data, dtype=np.object_)
        mask = np.ma.getmaskarray(column)
        texts[mask] = None
        return texts
    return np.asarray(column, dtype=np.object_)
