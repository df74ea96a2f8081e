"""A request carried out: which signals, which window, which operation, and what limits its weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, NoDataError
from ..times import iso, to_micros
from .align import Aligned, align
from .answer import Answer
from .names import MOST_SIGNALS, Operation
from .operations.compare import before_after
from .operations.follow import command_feedback, cross_correlation, usual_lag
from .operations.limit import time_to_limit
from .operations.order import extremes_and_trend, first_to_break
from .operations.residual import balance, residual
from .operations.states import states
from .signals import Chosen, choose, matching

if TYPE_CHECKING:
    from ..plant import Plant

_NEED_SPLIT = ("before_after", "residual", "first_to_break")
_SPARSE = 0.9
_STALE_INTERVALS = 10.0


@dataclass(frozen=True)
class Request:
    """What an operation is asked.

    Attributes:
        start, end: the window; None: from the signals' first sample, to the moment of asking.
        split: what lies before it is the normal part.
        step_s: length of a step in seconds, None: chosen to fit; most_lag_s: the largest lag, None: the usual one.
        limit: ``above 80`` or ``below 2.5 bar``, or empty.
    """

    operation: Operation
    signals: Sequence[str]
    start: datetime | None = None
    end: datetime | None = None
    split: datetime | None = None
    step_s: float | None = None
    weights: Sequence[float] = ()
    limit: str = ""
    most_lag_s: float | None = None


@dataclass(frozen=True)
class Done:
    """An operation's answer, the signals behind it, and its window."""

    answer: Answer
    columns: list[Chosen]
    aligned: Aligned
    quality: str
    age_s: float | None


def perform(plant: Plant, request: Request) -> Done:
    """Carries out a named operation.

    Raises:
        InputError: arguments that don't go together, or too much; what would do is said.
        UnknownNameError, NoDataError: signals that aren't there, or nothing recorded.
    """
    if not request.signals:
        raise InputError(f"{request.operation} needs signals: name some", code="analyse.signals")
    words, unmatched = matching(plant, request.signals)
    columns = choose(plant, words, MOST_SIGNALS[request.operation])
    start = request.start or min(one.info.first for one in columns)
    end = min(request.end or plant.at, plant.at)
    aligned = align(plant, columns, start, end, request.step_s)
    split = _split(request, aligned)
    answer = _operate(plant, request, aligned, columns, (start, end), split)
    ages = [(plant.at - one.info.last).total_seconds() for one in columns]
    return Done(answer, columns, aligned, quality(aligned, [*answer.notes, *unmatched]), max(ages))


def _split(request: Request, aligned: Aligned) -> int | None:
    if request.split is None:
        if request.operation in _NEED_SPLIT:
            text = f"{request.operation} needs `split`: the time before which all was normal"
            raise InputError(text, code="analyse.split")
        return None
    step = aligned.step_at(request.split)
    if not 0 < step < len(aligned.begins):
        text = f"split ({iso(request.split)}) must lie inside of the window, {aligned.time(0)} to {aligned.time(-1)}"
        raise InputError(text, code="analyse.split")
    return step


def _operate(
    plant: Plant,
    request: Request,
    aligned: Aligned,
    columns: list[Chosen],
    span: tuple[datetime, datetime],
    split: int | None,
) -> Answer:
    def most_lag() -> int:
        asked = None if request.most_lag_s is None else round(request.most_lag_s / aligned.step_s)
        return usual_lag(len(aligned.begins), asked)

    def needed() -> int:
        assert split is not None  # _split has seen to it
        return split

    operations: dict[str, Callable[[], Answer]] = {
        "before_after": lambda: before_after(aligned, needed()),
        "residual": lambda: residual(aligned, needed()),
        "balance": lambda: balance(aligned, split, request.weights),
        "command_feedback": lambda: command_feedback(aligned, split, most_lag()),
        "cross_correlation": lambda: cross_correlation(aligned, most_lag()),
        "states": lambda: states(plant, columns, span, request.split, request.limit),
        "first_to_break": lambda: first_to_break(aligned, needed()),
        "extremes_and_trend": lambda: extremes_and_trend(aligned),
        "time_to_limit": lambda: time_to_limit(plant, columns, request.limit),
    }
    return operations[request.operation]()


def quality(aligned: Aligned, notes: Sequence[str] = ()) -> str:
    """``good``, or what limits the weight of a result: notes, steps without a value, signals that stopped.

    Raises:
        NoDataError: no signal holds anything in the window.
    """
    words = list(notes)
    empty = []
    for place, one in enumerate(aligned.columns):
        if one.is_text:
            share = float(np.mean([text is not None for text in aligned.texts[place]]))
        else:
            share = float(np.isfinite(aligned.values[:, place]).mean())
        if share == 0:
            empty.append(str(one.key))
        elif share < _SPARSE:
            words.append(f"{one.key} holds a value in {100 * share:.3g} % of the steps only")
        stopped_s = (aligned.end - to_micros(one.info.last)) / 1e6
        if (
            one.info.sampling == "sampled"
            and one.info.interval_s
            and stopped_s > _STALE_INTERVALS * one.info.interval_s
        ):
            words.append(f"{one.key} stopped at {iso(one.info.last)}")
    if len(empty) == len(aligned.columns):
        raise NoDataError(f"no data of {', '.join(empty[:4])} between {aligned.time(0)} and {aligned.time(-1)}")
    words += [f"{key} holds no value in the window" for key in empty]
    more = f"; and {len(words) - 6} more" if len(words) > 6 else ""
    return "; ".join(words[:6]) + more or "good"
