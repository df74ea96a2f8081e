"""`python -m twinwright_evals.worked_cases`: the worked cases of docs/diagnosis.md, their figures and their text.

Each is a run of the demo plant's campaign, simulated and diagnosed anew. The figures show what was recorded, and,
dashed, what would have been recorded without the fault, which the engine never sees.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from twinwright_plant.scenario import simulate_with_and_without
from twinwright_tools.diagnosis import Diagnosis, diagnose_signals
from twinwright_tools.errors import InputError, TwinwrightError, UsageError
from twinwright_tools.telemetry.series import Series, SignalKey, parse_key
from twinwright_tools.times import for_people, from_micros, iso, to_micros

from .campaign import Case, draw, play
from .campaign.jobs import jobs_of
from .campaign.playing import demo_twins, signals_of

Floats = npt.NDArray[np.float64]
_DOCS = Path(__file__).resolve().parents[2] / "docs"
_RECORDED, _WITHOUT, _TRUE, _SEEN = "#1f4e79", "#8a8a8a", "#000000", "#a02020"
_WIDTH_IN, _PANEL_IN, _DPI = 9.0, 1.75, 80


@dataclass(frozen=True)
class Worked:
    """One case.

    Attributes:
        seed: of the campaign; name: of the figure; panels: the signals (TWIN.SIGNAL) that it shows.
        bin_s: seconds of which the median is drawn; before_h: hours of the past that are drawn before the onset.
    """

    seed: int
    name: str
    panels: tuple[str, ...]
    bin_s: int = 180
    before_h: float = 8.0


CASES = (
    Worked(77, "case-hidden", ("air-header.pressure", "air-compressor-2.flow", "air-compressor-1.flow")),
    Worked(
        48,
        "case-sensor",
        ("glycol-pump-1.suctionPressure", "glycol-pump-1.vibration", "glycol-pump-1.flow"),
        bin_s=20,
    ),
    Worked(
        175,
        "case-wrong",
        ("line-1-air-filter.differentialPressure", "line-1-air-supply.flow", "air-header.flow"),
        bin_s=300,
        before_h=14.0,
    ),
)


def told(case: Case, found: Diagnosis) -> Iterator[str]:
    """Question, truth, leading hypotheses with all that they cite, and the next check, a line each."""
    asked = ", ".join(f"{one.twin}.{one.signal}" for one in case.symptoms) or "the whole plant"
    yield f"asked at {iso(case.at)} about {asked}; verdict {found.verdict}"
    for truth in (case.truth, *case.truth.also):
        onset = iso(truth.onset) if truth.onset else "never"
        yield f"truth: {truth.twin}, {truth.mode}, since {onset}, severity {truth.severity:.2f}"
    texts = {row["id"]: row["text"] for row in found.evidence}
    for one in found.hypotheses[:5]:
        since = iso(one.onset) if one.onset else "never"
        yield f"{one.rank}. {one.twin}.{one.signal}: {one.mode}, {one.confidence:.2f}, {one.origin}, since {since}"
        yield from (f"     {name} {texts[name]}" for name in one.evidence)
    if found.next_check:
        yield f"next: {found.next_check['twin']}: {found.next_check['text']} {found.next_check['meaning']}"


def draw_case(worked: Worked, case: Case, found: Diagnosis, path: Path) -> None:
    """Draws a panel for each signal, with the true onset and the one that the first hypothesis states.

    Recorded is a full line, without the fault a dashed one; the true onset is a full upright, the engine's a dotted
    one, and the legend has their times: nothing is told by colour alone.

    Raises:
        UsageError: matplotlib isn't installed.
        InputError: the file can't be written, or a panel names no signal of the case.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'twinwright[plot]'", code="usage.extra") from error
    keys = [parse_key(name, case.graph.twins) for name in worked.panels]
    if lacking := [str(key) for key in keys if key not in case.signals]:
        raise InputError(f"seed {worked.seed} has no {', '.join(lacking)}")
    figure = Figure(figsize=(_WIDTH_IN, 0.5 + _PANEL_IN * len(keys)), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(keys), 1, squeeze=False, sharex=True)[:, 0].tolist()
    otherwise, zone = _without_fault(case), ZoneInfo(demo_twins().config.timezone)
    units = {info.key: info.unit for info in case.infos}
    for panel, key in zip(panels, keys, strict=True):
        begin = to_micros(case.scenario.onset - timedelta(hours=worked.before_h))
        both = [_binned(one[key], begin, to_micros(case.at), worked.bin_s) for one in (case.signals, otherwise)]
        _panel(panel, f"{key} [{units[key] or 'no unit'}]", both, zone)
    _onsets(panels, case, found, zone)
    lines, labels = panels[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside upper center", fontsize=8, ncols=len(lines), frameon=False)
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}") from error


def _without_fault(case: Case) -> Mapping[SignalKey, Series]:
    drawn = case.scenario
    _, run, _ = simulate_with_and_without(drawn.injections, drawn.seed, drawn.hours, drawn.end, drawn.conditions)
    return signals_of(run, drawn.seed)


def _panel(panel: Any, title: str, both: Sequence[tuple[Floats, Floats]], zone: ZoneInfo) -> None:
    for (times, values), label, style, colour, width in (
        (both[0], "recorded", "-", _RECORDED, 1.2),
        (both[1], "without the fault", "--", _WITHOUT, 1.0),
    ):
        local = [from_micros(int(each)).astimezone(zone) for each in times]
        panel.plot(local, values, color=colour, linestyle=style, linewidth=width, label=label)
    panel.set_title(title, loc="left", fontsize=9, fontweight="bold")
    panel.tick_params(labelsize=8)
    panel.ticklabel_format(axis="y", useOffset=False)
    panel.grid(True, linewidth=0.4, alpha=0.5)


def _binned(series: Series, begin: int, end: int, bin_s: int) -> tuple[Floats, Floats]:
    """Times (microseconds) and medians of the samples of each bin."""
    kept = (series.times >= begin) & (series.times <= end) & np.isfinite(series.values)
    times, values = series.times[kept], series.values[kept]
    starts = np.flatnonzero(np.diff(times // (bin_s * 1_000_000), prepend=-1))
    medians = np.array([np.median(part) for part in np.split(values, starts[1:])]) if len(starts) else values
    return times[starts].astype(np.float64), medians


def _onsets(panels: Sequence[Any], case: Case, found: Diagnosis, zone: ZoneInfo) -> None:
    from matplotlib import dates as untyped

    dates: Any = untyped
    first = found.hypotheses[0].onset if found.hypotheses else None
    marks: list[tuple[datetime | None, str, str, str]] = [
        (case.truth.onset, "fault begins", "-", _TRUE),
        (first, "engine's onset", ":", _SEEN),
    ]
    for when, words, style, colour in marks:
        if when is None:
            continue
        local = when.astimezone(zone)
        label = f"{words} {local:%H:%M}"
        for panel in panels:
            panel.axvline(local, color=colour, linestyle=style, linewidth=1.3, label=label)
    panels[-1].xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=zone))
    panels[-1].set_xlabel(f"{for_people(case.scenario.onset, zone)[:10]}, {zone.key}", fontsize=8)


def main(words: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.worked_cases", description=__doc__)
    parser.add_argument("--out", type=Path, default=_DOCS, help="folder of the figures (default: docs)")
    parser.add_argument("--only", choices=[one.name for one in CASES], help="one case instead of all")
    arguments = parser.parse_args(words)
    try:
        for worked in CASES:
            if arguments.only not in (None, worked.name):
                continue
            print(f"simulating and diagnosing seed {worked.seed}", file=sys.stderr, flush=True)
            case = play(draw(worked.seed))
            found = diagnose_signals(
                case.signals, case.infos, case.graph, case.models, case.at, case.symptoms, events=jobs_of(case)
            )
            print(f"{worked.name} (seed {worked.seed})", *told(case, found), "", sep="\n")
            draw_case(worked, case, found, arguments.out / f"{worked.name}.png")
    except TwinwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
