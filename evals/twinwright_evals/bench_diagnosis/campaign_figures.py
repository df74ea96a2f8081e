"""What is measured over the campaign's test seeds, with the targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..reliability import Pair, Reliability
from .figures import Figure, Share, table
from .judging import BLAMED
from .packs import within
from .simulated import Simulated, is_sensor_fault


@dataclass(frozen=True, slots=True)
class Told:
    """How well faults of instruments are told from those of the plant.

    Attributes:
        right: of the runs in which something was said; undecided: of all that were asked.
        sensors, processes: the same as `right`, by what is true.
    """

    right: Share
    undecided: Share
    sensors: Share
    processes: Share


def campaign_figures(runs: Sequence[Simulated], calibration: Reliability | None) -> list[Figure]:
    """The figures; but for calibration and blame they are of the faulty runs in which the fault is visible."""
    faulty = [run for run in runs if not run.healthy]
    seen = [run for run in faulty if run.visible]
    right = [run for run in seen if run.place == 1]
    errors = [run.onset_error_s for run in right if run.onset_error_s is not None]
    doubles = [run for run in seen if len(run.kinds) > 1]
    return [
        Figure("faulty runs in which the fault is visible", Share.of(run.visible for run in faulty)),
        Figure("right asset first", within([run.place for run in seen], 1), least=0.88),
        Figure("right asset in the first three", within([run.place for run in seen], 3), least=0.97),
        Figure("both assets of a double in the first three", Share.of(run.all_in_three for run in doubles)),
        Figure("right asset and failure mode first", Share.of(run.mode_right for run in seen), least=0.70),
        Figure("right failure mode, where the asset is right", Share.of(run.mode_right for run in right)),
        *_claims(runs, right),
        *_calibration(calibration),
        *_origins(right),
        Figure("onset error where the asset is right, median", median(errors) if errors else None, unit="s"),
        Figure("time a run, median", median(run.seconds for run in runs) if runs else None, unit="s"),
    ]


def _claims(runs: Sequence[Simulated], right: Sequence[Simulated]) -> list[Figure]:
    healthy = Share.of(run.blamed for run in runs if run.healthy)
    carried = Share.of((run.confidence or 0.0) >= BLAMED for run in right)
    everywhere = Share.of((run.confidence or 0.0) >= BLAMED for run in runs if run.place == 1)
    return [
        Figure("healthy runs blamed (any confidence ≥ 0.5)", healthy, most=0.02),
        Figure("correct first answers with confidence ≥ 0.5", carried, least=0.80),
        Figure("the same, faults that can't be seen included", everywhere),
    ]


def _calibration(found: Reliability | None) -> list[Figure]:
    return [
        Figure(
            "expected calibration error, all runs, 10 bins of equal width",
            found.ece_width if found else None,
            most=0.06,
        ),
        Figure("Brier score, all runs", found.brier if found else None),
    ]


def _origins(right: Sequence[Simulated]) -> list[Figure]:
    by_origin, by_mode = told_by_origin(right), told_by_mode(right)
    return [
        Figure("sensor told from process fault, where decided", by_origin.right, least=0.90),
        Figure("… of sensor faults", by_origin.sensors),
        Figure("… of process faults", by_origin.processes),
        Figure("… left undecided", by_origin.undecided),
        Figure("sensor told from process fault by the mode, where one is named", by_mode.right),
        Figure("… without a mode", by_mode.undecided),
    ]


def told_by_origin(right: Sequence[Simulated]) -> Told:
    """By the origin that the first hypothesis states, over runs with the right asset first."""
    said = [None if run.origin in (None, "undecided") else run.origin == "sensor" for run in right]
    return _told(said, [bool(run.sensor_true) for run in right])


def told_by_mode(right: Sequence[Simulated]) -> Told:
    """By whether the failure mode that the first hypothesis names is one of an instrument."""
    said = [None if run.mode is None else is_sensor_fault(run.mode) for run in right]
    return _told(said, [bool(run.sensor_true) for run in right])


def _told(said: Sequence[bool | None], true: Sequence[bool]) -> Told:
    known = [(one, truth) for one, truth in zip(said, true, strict=True) if one is not None]
    return Told(
        right=Share.of(one == truth for one, truth in known),
        undecided=Share.of(one is None for one in said),
        sensors=Share.of(one for one, truth in known if truth),
        processes=Share.of(not one for one, truth in known if not truth),
    )


def campaign_pairs(runs: Sequence[Simulated]) -> list[Pair]:
    """(confidence, correct) of every first hypothesis, visible fault or not; one about a healthy run is wrong."""
    return [(run.confidence, run.place == 1) for run in runs if run.confidence is not None]


def by_kind(runs: Sequence[Simulated]) -> str:
    """A line a kind of fault; doubles and healthy runs have lines of their own."""
    kinds = sorted({run.kind for run in runs} - {"double", "healthy"})
    rows = [_line(kind, [run for run in runs if run.kind == kind]) for kind in [*kinds, "double", "healthy"]]
    head = ["fault", "runs", "visible", "first", "in three", "mode", "called a cause", "origin"]
    return table(head, [row for row in rows if row[1]])


def _line(kind: str, own: Sequence[Simulated]) -> list[str | int]:
    if kind == "healthy":
        called = f"{sum(run.verdict == 'cause' for run in own)} of {len(own)}"
        return [kind, len(own), "–", "–", "–", "–", called, "–"]
    seen = [run for run in own if run.visible]
    places = [run.place for run in seen]
    origin = told_by_origin([run for run in seen if run.place == 1]).right
    return [
        kind,
        len(own),
        len(seen),
        within(places, 1).count,
        within(places, 3).count,
        sum(run.mode_right for run in seen),
        sum(run.verdict == "cause" for run in seen),
        f"{origin.count} of {origin.total}",
    ]
