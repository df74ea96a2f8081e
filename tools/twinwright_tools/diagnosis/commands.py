"""Commands compared with their feedback: an end-position sensor that disagrees with what was asked of it.

Which signal answers which is learned from the logs themselves. Whenever a command switches to a state, its feedback
goes to a state of its own within some time and stays there for as long as the command holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, lgamma, log10

import numpy as np

from ..telemetry.series import Series, SignalKey
from .grid import MOST_STATES, Ints
from .relations import Relations
from .runs import Runs, State, all_runs

FALSE_ALARMS = 0.05  # chance of any false mismatch over all pairs that are looked at, by the two models below
_LEAST_RATIO = 3.0  # a disagreement that many times longer than ever is clearly longer
_LEAST_SUPPORT = 2  # what was seen once is no rule …
_ENOUGH = 3  # … and counts in full from that many answers on
_LEAST_DELAY = 1_000  # microseconds: what a delay is taken to be at least
_MOST_OCCURRENCES = 500  # the latest switches of a command are enough to learn from


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A feedback signal that isn't where its command should have brought it.

    Attributes:
        feedback, command: the signal under suspicion, and the one that it answers.
        asked: the state that the command holds.
        expected, found: the state that the feedback should have, and the one that it has.
        since: when they began to disagree, microseconds since the Unix epoch.
        held_s: for how long they disagree now; longest_s: for how long they ever did before, under the same command.
        support: how many earlier switches of the command the feedback answered.
        oddness: 0 to 1, growing with the support and with the ratio of the two times.
    """

    feedback: SignalKey
    command: SignalKey
    asked: State
    expected: State
    found: State
    since: int
    held_s: float
    longest_s: float
    support: int
    oddness: float


@dataclass(frozen=True, slots=True)
class _Answers:
    """How a feedback behaved while its command held the state that it holds now.

    Attributes:
        begins, ends: int64 (K,), the command's earlier runs in that state.
        expected: code of the state that the feedback mostly had at their ends.
        reached: bool (K,), whether it had it at the end of each; moved: whether it had to move for that.
    """

    begins: Ints
    ends: Ints
    expected: int
    reached: np.ndarray[tuple[int], np.dtype[np.bool_]]
    moved: np.ndarray[tuple[int], np.dtype[np.bool_]]


def mismatches(logs: Iterable[Series], at: int, relations: Relations | None = None) -> dict[SignalKey, Mismatch]:
    """The feedback signals that disagree with a command at `at` (microseconds); the oddest mismatch of each.

    Pairs are the event logs of one twin, and those that `relations` join signal to signal.

    A pair is reported where both of two explanations by chance together stay below `FALSE_ALARMS`, times the number of
    pairs (Bonferroni): that the feedback only happened to move when the command did, and that it is merely slow. For
    the first, its moves are taken to come at any moment alike while it is away. For the second, delays are taken to be
    exponentially distributed: the chance that one is c times longer than the longest of n others is then
    n! c! / (n + c)!, whatever their mean; real delays scatter less.
    """
    runs = {key: one for key, one in all_runs(logs, at).items() if _tells(one)}
    pairs = list(_pairs(runs, relations))
    held = {command: _earlier(runs[command]) for command in {command for command, _ in pairs}}
    learned = {pair: answers for pair in pairs if (answers := _learn(*held[pair[0]], runs[pair[1]])) is not None}
    found: dict[SignalKey, Mismatch] = {}
    for pair, answers in learned.items():
        one = _compare(pair, runs, answers, at, (len(learned), len(pairs)))
        if one is not None and (one.feedback not in found or one.oddness > found[one.feedback].oddness):
            found[one.feedback] = one
    return found


def _tells(runs: Runs) -> bool:
    return len(runs.codes) >= 3 and len(runs.states) <= MOST_STATES


def _pairs(runs: Mapping[SignalKey, Runs], relations: Relations | None) -> Iterator[tuple[SignalKey, SignalKey]]:
    twins: dict[str, list[SignalKey]] = {}
    for key in sorted(runs):
        twins.setdefault(key.twin, []).append(key)
    # A command whose present state is new, or was there from the start only, has taught nothing.
    commands = {key for key, one in runs.items() if np.any(one.codes[1:-1] == one.codes[-1])}
    for keys in twins.values():
        yield from ((one, other) for one in keys if one in commands for other in keys if other != one)
    if relations is not None:
        for one, other in sorted(relations.signals.edges):
            if one in commands and other in runs and one.twin != other.twin:
                yield one, other


def _earlier(command: Runs) -> tuple[Ints, Ints]:
    """Begins and ends of the earlier runs in the present state; not of the log's first run, whose begin is unknown."""
    earlier = np.flatnonzero(command.codes[1:-1] == command.codes[-1])[-_MOST_OCCURRENCES:] + 1
    return command.begins[earlier], command.begins[earlier + 1]


def _learn(begins: Ints, ends: Ints, feedback: Runs) -> _Answers | None:
    """What a feedback did in the earlier runs of its command's present state; None if it mostly didn't answer."""
    # The state just before a switch: a feedback that moves in the same instant as its command answered it.
    before = feedback.begins.searchsorted(begins) - 1
    last = feedback.begins.searchsorted(ends) - 1
    first = int(before.searchsorted(0))  # before that, nothing was recorded of the feedback
    if first == len(before):
        return None
    at_end = feedback.codes[last[first:]]
    expected = int(np.bincount(at_end).argmax())
    reached = at_end == expected
    moved = reached & (feedback.codes[before[first:]] != expected)
    if 2 * np.count_nonzero(moved) < np.count_nonzero(reached):
        return None
    return _Answers(begins[first:], ends[first:], expected, reached, moved)


def _compare(
    pair: tuple[SignalKey, SignalKey],
    runs: Mapping[SignalKey, Runs],
    answers: _Answers,
    at: int,
    tests: tuple[int, int],
) -> Mismatch | None:
    command, feedback = runs[pair[0]], runs[pair[1]]
    if feedback.codes[-1] == answers.expected:
        return None
    away_from, away_to = _away(feedback, answers.expected, at)
    kept = _training(answers)
    support = int(answers.moved[:kept].sum())
    if support < _LEAST_SUPPORT:
        return None
    switched = int(command.begins[-1])
    since, left = max(switched, int(away_from[-1])), int(away_from[-1]) - switched
    held = at - since
    if left > int((answers.ends - answers.begins)[:kept].max()):
        return None  # it was there, and the command has held longer than ever: how long that lasts was never seen
    next_there = np.minimum(away_to.searchsorted(answers.begins, side="right"), len(away_to) - 1)
    waits = np.where(away_from[next_there] <= answers.begins, away_to[next_there] - answers.begins, 0)
    if held < _LEAST_RATIO * int(waits[:kept][answers.moved[:kept]].max()):
        return None  # most end here, before all disagreements are looked at
    gaps = [
        _longest(away_from, away_to, int(begin), int(end))
        for begin, end in zip(answers.begins, answers.ends, strict=True)
    ]
    longest = max(gaps[:kept])
    scale = max(longest, _resolution(command, feedback))
    chance = _chance(held / scale, support, feedback, answers.expected, scale, at, tests)
    if held < _LEAST_RATIO * scale or chance > FALSE_ALARMS:
        return None
    missed = [place for place in range(kept, len(gaps)) if gaps[place] >= _LEAST_RATIO * scale]
    if missed:
        place = missed[0]
        since = int(answers.ends[place]) - gaps[place]
    return Mismatch(
        feedback=pair[1],
        command=pair[0],
        asked=command.states[int(command.codes[-1])],
        expected=feedback.states[answers.expected],
        found=feedback.states[int(feedback.codes[-1])],
        since=since,
        held_s=held / 1e6,
        longest_s=longest / 1e6,
        support=support,
        oddness=min(1.0, support / _ENOUGH) * (1.0 - exp(0.5 * log10(max(chance, 1e-300)))),
    )


def _training(answers: _Answers) -> int:
    """How many of the earlier runs to learn from: not the last ones, without an answer like the present one."""
    answered = np.flatnonzero(answers.reached)
    return int(answered[-1]) + 1 if len(answered) else 0


def _away(feedback: Runs, expected: int, at: int) -> tuple[Ints, Ints]:
    """Begins and ends of the maximal stretches in which the feedback isn't in the expected state."""
    away = (feedback.codes != expected).astype(np.int64)
    edges = np.diff(away, prepend=0, append=0)
    bounds = np.append(feedback.begins, at)
    return bounds[np.flatnonzero(edges == 1)], bounds[np.flatnonzero(edges == -1)]


def _longest(away_from: Ints, away_to: Ints, begin: int, end: int) -> int:
    first = np.searchsorted(away_to, begin, side="right")
    last = np.searchsorted(away_from, end, side="left")
    inside = np.minimum(away_to[first:last], end) - np.maximum(away_from[first:last], begin)
    return int(inside.max(initial=0))


def _resolution(command: Runs, feedback: Runs) -> int:
    """The tick that all times of both logs are multiples of: what polls them once a second can't say less."""
    gaps = np.diff(np.union1d(command.begins, feedback.begins))
    return max(int(np.gcd.reduce(gaps)), _LEAST_DELAY)


def _chance(
    ratio: float, support: int, feedback: Runs, expected: int, delay: int, at: int, tests: tuple[int, int]
) -> float:
    """How likely a mismatch of this kind is anywhere where nothing is wrong; see `mismatches`."""
    slow = exp(lgamma(support + 1) + lgamma(ratio + 1) - lgamma(support + ratio + 1))
    moves = int(np.count_nonzero(feedback.codes[1:] == expected))
    away_from, away_to = _away(feedback, expected, at)
    waited = max(int((away_to - away_from)[:-1].sum()), 1)  # without the present one, whose end isn't known
    coincidence = min(1.0, moves * delay / waited) ** support
    return tests[0] * slow + tests[1] * coincidence
