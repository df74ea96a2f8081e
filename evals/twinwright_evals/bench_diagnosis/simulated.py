"""The campaign's test seeds: one diagnosis of each run beside its truth, in several processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from twinwright_plant.truth import Truth
from twinwright_tools.diagnosis import Diagnosis, diagnose_signals
from twinwright_tools.diagnosis.result import Origin
from twinwright_tools.errors import InputError

from ..campaign import Case, load
from ..campaign.__main__ import make
from ..campaign.jobs import jobs_of
from ..campaign.store import about, path_of
from .judging import BLAMED, place_of

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Simulated:
    """One run of the campaign; everything about the first hypothesis is None where there is none.

    Attributes:
        kinds: the faults, none in a healthy run.
        true: the twins at fault, in the same order.
        visible: whether a signal left its range because of the fault.
        place: rank of the first true twin among the distinct twins named; None: not listed.
        all_in_three: whether every true twin is among the first three.
        mode_right: whether the first hypothesis names a true twin and, for that twin, the true failure mode.
        sensor_true: whether the fault that the first hypothesis' twin really has is one of an instrument; None where
            that twin is sound.
        blamed: whether any confidence is 0.5 or more.
        onset_error_s: of the first hypothesis, against the fault of its own twin.
        current: whether the run was made by the simulation as it is now.
    """

    seed: int
    kinds: tuple[str, ...]
    true: tuple[str, ...]
    visible: bool
    asked: tuple[str, ...]
    place: int | None
    all_in_three: bool
    first: str | None
    mode: str | None
    mode_right: bool
    origin: Origin | None
    sensor_true: bool | None
    confidence: float | None
    blamed: bool
    verdict: str
    onset_error_s: float | None
    seconds: float
    current: bool

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.kinds

    @property
    def kind(self) -> str:
        """The fault; `double` of two, `healthy` of none."""
        return self.kinds[0] if len(self.kinds) == 1 else "double" if self.kinds else "healthy"


def run_campaign(folder: Path, seeds: Sequence[int], jobs: int, progress: Callable[[str], None]) -> list[Simulated]:
    """The engine over the runs of these seeds; those that aren't in the folder are made first and kept there.

    Raises:
        InputError: the folder can't be used, or holds something else under a run's name.
    """
    missing = [seed for seed in seeds if not path_of(folder, seed).is_file()]
    if missing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            list(_all(partial(make, folder), missing, jobs, lambda done: progress(f"campaign: {done} runs made")))
        except OSError as error:
            raise InputError(f"{folder} can't hold the campaign's runs: {error.strerror}") from error
    return list(_all(partial(_one, folder), seeds, jobs, lambda done: progress(f"campaign: {done} runs diagnosed")))


def _all(
    each: Callable[[int], Result], seeds: Sequence[int], jobs: int, progress: Callable[[str], None]
) -> Iterator[Result]:
    # Fresh processes: forked ones would inherit locks held by threads of the libraries that are loaded here.
    with ProcessPoolExecutor(min(jobs, len(seeds)), get_context("spawn")) as pool:
        for number, result in enumerate(pool.map(each, seeds), 1):
            if number % 20 == 0 or number == len(seeds):
                progress(f"{number} of {len(seeds)}")
            yield result


def _one(folder: Path, seed: int) -> Simulated:
    try:
        case, current = load(folder, seed), about(folder, seed) is not None
    except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path_of(folder, seed)} is no run of the campaign ({error}); delete it") from error
    if len(case.scenario.injections) != len(faults_of(case.truth)):
        raise InputError(f"{path_of(folder, seed)} was made when seeds meant other scenarios; delete it")
    begin = time.perf_counter()
    found = diagnose_signals(
        case.signals, case.infos, case.graph, case.models, case.at, case.symptoms, events=jobs_of(case)
    )
    return judge(case, found, time.perf_counter() - begin, current)


def faults_of(truth: Truth) -> tuple[Truth, ...]:
    """Everything that is wrong, one by one."""
    return tuple(one for one in (truth, *truth.also) if one.twin is not None)


def judge(case: Case, found: Diagnosis, seconds: float, current: bool = True) -> Simulated:
    """An answer beside the truth of its run."""
    faults = {one.twin: one for one in faults_of(case.truth)}
    true = [twin for twin in faults if twin is not None]
    first = found.hypotheses[0] if found.hypotheses else None
    listed = list(dict.fromkeys(one.twin for one in found.hypotheses))
    own = faults.get(first.twin) if first else None
    return Simulated(
        seed=case.scenario.seed,
        kinds=tuple(one.fault.id for one in case.scenario.injections),
        true=tuple(true),
        visible=case.sight.visible,
        asked=tuple(f"{one.twin}.{one.signal}" if one.signal else one.twin for one in case.symptoms),
        place=place_of(listed, true),
        all_in_three=bool(true) and set(true) <= set(listed[:3]),
        verdict=found.verdict,
        blamed=any(one.confidence >= BLAMED for one in found.hypotheses),
        seconds=seconds,
        current=current,
        sensor_true=is_sensor_fault(own.mode) if own else None,
        **_first(found, own),
    )


def _first(found: Diagnosis, own: Truth | None) -> dict[str, Any]:
    """What the first hypothesis says, and how far that holds for the fault that its twin really has."""
    if not found.hypotheses:
        names = ("first", "mode", "origin", "confidence", "onset_error_s")
        return dict.fromkeys(names) | {"mode_right": False}
    first = found.hypotheses[0]
    error = None
    if own is not None and own.onset is not None and first.onset is not None:
        error = abs((first.onset - own.onset).total_seconds())
    return {
        "first": first.twin,
        "mode": first.mode,
        "origin": first.origin,
        "confidence": first.confidence,
        "onset_error_s": error,
        "mode_right": own is not None and first.mode == own.mode,
    }


def is_sensor_fault(mode: str | None) -> bool:
    """Whether a failure mode is one of an instrument, by its id."""
    return (mode or "").startswith("sensor_")
