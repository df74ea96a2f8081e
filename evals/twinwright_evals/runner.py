"""Runs cases: makes each plant once, investigates, scores. The agent gets a plant folder and the question alone."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from twinwright_agent.conversation import Conversation
from twinwright_agent.loop import investigate, new_run_id
from twinwright_agent.models.base import Model
from twinwright_agent.result import Investigation
from twinwright_tools.errors import TwinwrightError
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.toolbox import standard_registry

from .cases import Case
from .drivers import Driver
from .outcome import Left, Outcome, calls_of, changes, fingerprint, orders_of, twin_ids
from .results import CaseResult, SuiteResult, case_result
from .summary import suite_result
from .worker import begin
from .workshop import Workshop

Progress = Callable[[str], None]
# Those that compute: cases of one plant run in one process. Others wait for replies, each case for its own.
SHARING = ("rules", "obeying", "recorded")


@dataclass(frozen=True)
class Job:
    """Cases about one plant, run one after another in one process."""

    cases: tuple[Case, ...]
    driver: Driver
    folder: Path
    repeats: int


def run_suite(
    cases: Sequence[Case], driver: Driver, progress: Progress, *, jobs: int = 1, repeats: int = 1
) -> SuiteResult:
    """Runs the cases that the driver can run; one that can't be run is counted as skipped, with the reason."""
    chosen = driver.of(cases)
    began = perf_counter()
    results: list[CaseResult] = []
    with tempfile.TemporaryDirectory(prefix="twinwright-eval-") as folder:
        parts = [Job(part, driver, Path(folder), repeats) for part in _parts(chosen, apart=driver.name not in SHARING)]
        progress(f"running {len(chosen) * repeats} cases")
        for result in _done(parts, jobs):
            results.append(result)
            told = f": {result.skipped}" if result.skipped else ""
            progress(f"{len(results)}/{len(chosen) * repeats} {result.case}{told}")
    order = {case.id: place for place, case in enumerate(chosen)}
    results.sort(key=lambda one: (order[one.case], one.repeat))
    return suite_result(driver.name, chosen, results, perf_counter() - began, repeats)


def run_job(job: Job) -> list[CaseResult]:
    """The results of a job's cases."""
    return list(_results(job))


def _results(job: Job) -> Iterator[CaseResult]:
    """The results of a job's cases, as they come."""
    # No gate of this machine is ever asked by an evaluation.
    os.environ["TWINWRIGHT_GATE_SOCKET"] = str(job.folder / "no-gate.sock")
    workshop = Workshop(job.folder)
    yield from (_result(case, job, workshop, repeat) for case in job.cases for repeat in range(job.repeats))


def run_case(case: Case, driver: Driver, workshop: Workshop, repeat: int = 0) -> list[Outcome]:
    """The outcome of each of a case's questions, its state kept in a folder of its own.

    Raises:
        TwinwrightError: the plant can't be made or opened, or a recording doesn't fit.
    """
    folder, truth = workshop.plant(case)
    place = workshop.place(folder, f"{case.id}-{repeat}")
    before = fingerprint(folder)
    with driver.model(case) as model, open_plant(folder, state=place) as plant:
        found = _investigated(case, model, plant, driver)
        zone = plant.zone.key
    left = Left(orders_of(place), changes(before, fingerprint(folder)))
    site = frozenset(twin_ids(folder))
    return [Outcome(one, truth, calls_of(place, one.run), left, site, zone) for one in found]


def _investigated(case: Case, model: Model, plant: Plant, driver: Driver) -> list[Investigation]:
    registry = standard_registry()
    if not case.follow_ups:
        run = new_run_id()
        return [investigate(plant, case.question, model=model, registry=registry, run=run, budget=driver.budget)]
    conversation = Conversation(plant, model, registry, driver.budget)
    return [conversation.ask(one.question) for one in case.asked]


def _result(case: Case, job: Job, workshop: Workshop, repeat: int) -> CaseResult:
    try:
        outcomes = run_case(case, job.driver, workshop, repeat)
        more = job.driver.check(case, [one.found for one in outcomes])
    except TwinwrightError as error:
        return CaseResult.of_skipped(case, repeat, job.driver.name, error.message)
    return replace(case_result(case, repeat, job.driver.name, outcomes), **more)


def _parts(cases: Sequence[Case], apart: bool) -> list[tuple[Case, ...]]:
    """The cases by plant, the largest part first, so that no process ends long after the others; or each apart."""
    if apart:
        return [(case,) for case in cases]
    parts: dict[str, list[Case]] = {}
    for case in cases:
        parts.setdefault(case.plant_key, []).append(case)
    return sorted((tuple(part) for part in parts.values()), key=len, reverse=True)


def _done(parts: Sequence[Job], jobs: int) -> Iterator[CaseResult]:
    if jobs <= 1 or len(parts) <= 1:
        for part in parts:
            yield from _results(part)
        return
    # Nothing is inherited: DuckDB and numpy have threads, which don't survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(parts)), mp_context=context, initializer=begin) as pool:
        for future in as_completed([pool.submit(run_job, part) for part in parts]):
            yield from future.result()
