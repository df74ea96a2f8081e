"""What telemetry is to the rest: signals, what is known of them, and their samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import InputError, UnknownNameError

SignalKind = Literal["numeric", "boolean", "text", "empty"]
Sampling = Literal["sampled", "events"]
_LONGEST_STATE = 32  # characters


class SignalKey(NamedTuple):
    """A signal of a twin. Its text form is ``TWIN.SIGNAL``; a component's signal is ``TWIN.COMPONENT.SIGNAL``."""

    twin: str
    signal: str

    def __str__(self) -> str:
        return f"{self.twin}.{self.signal}"


def parse_key(text: str, twins: Iterable[str]) -> SignalKey:
    """``TWIN.SIGNAL`` as a key: the longest twin id that exists wins.

    Raises:
        InputError: there is no dot in it.
        UnknownNameError: no twin of that name exists.
    """
    known = set(twins)
    parts = text.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        twin = ".".join(parts[:cut])
        if twin in known:
            return SignalKey(twin, ".".join(parts[cut:]))
    if len(parts) < 2:
        raise InputError(f"{text!r} names no signal; write TWIN.SIGNAL", code="signal.format")
    raise UnknownNameError.of("twin", ".".join(parts[:-1]), known)


def is_free_text(text: str) -> bool:
    """Whether a text of a signal may be anything that anybody wrote: a state is one word, and no long one."""
    return len(text) > _LONGEST_STATE or len(text.split()) > 1


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """What is known of a signal up to the plant's time limit.

    Attributes:
        kind: numeric, boolean (only 0 and 1 were seen and the model does not say otherwise), text, or empty.
        sampling: at a steady interval, or only when the value changes (an event log: a value holds until the next row).
        interval_s: median distance between samples in seconds; None with fewer than two.
        unit: the model's unit as a symbol people know (``°C``), or None.
        known: whether a model of the twin declares it.
    """

    key: SignalKey
    kind: SignalKind
    sampling: Sampling
    count: int
    first: datetime
    last: datetime
    interval_s: float | None
    unit: str | None
    known: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of one signal in time order.

    Attributes:
        times: int64 of shape (n,), microseconds since the Unix epoch, UTC, increasing.
        values: float64 of shape (n,); NaN where there is no number. Booleans are 0 and 1.
        texts: object array of shape (n,) with str or None for a text signal, else None.
    """

    key: SignalKey
    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    texts: npt.NDArray[np.object_] | None = None

    def __len__(self) -> int:
        return len(self.times)
