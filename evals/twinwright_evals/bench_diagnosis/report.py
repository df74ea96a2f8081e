"""The report in Markdown, part by part, and the table of all cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median

from ..machine import machine
from ..reliability import Reliability, as_table
from .campaign_figures import by_kind
from .figures import Figure, figures_table, table
from .judging import Run
from .packs import within
from .simulated import Simulated

PICTURE = "reliability-demo.png"
_PACKAGES = ("numpy", "scipy", "pyarrow")


def measured(command: str) -> str:
    """Date, machine and command."""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine(_PACKAGES)}. Others may have used it at the same time.\n"
        f"Brackets hold Wilson intervals (95 %), cases taken as independent.\n\n```\n{command}\n```"
    )


def campaign_report(
    runs: Sequence[Simulated], seeds: str, figures: Sequence[Figure], found: Reliability | None, picture: bool
) -> str:
    """The campaign's part."""
    faulty, doubles = sum(not run.healthy for run in runs), sum(len(run.kinds) > 1 for run in runs)
    old = sum(not run.current for run in runs)
    stale = f" {old} of the runs were made by another version of the simulation." if old else ""
    silent = sum(run.confidence is None for run in runs)
    lines = [
        "## Diagnosis of the demo plant's test seeds",
        "",
        f"Seeds {seeds}: {len(runs)} simulated runs, {faulty} of them faulty ({doubles} with two faults) and "
        f"{len(runs) - faulty} healthy.{stale} Of a double either asset counts. But where another base is named, "
        "shares are of the faulty runs whose fault is visible: a signal left its range by more than 5 interquartile "
        "ranges because of it.",
        "",
        figures_table(figures),
        "",
        "By fault; places, modes and origins are counts of visible runs, origins of those with the right asset first "
        "that are decided:",
        "",
        by_kind(runs),
    ]
    if found is not None:
        without = f" {silent} runs without any hypothesis aren't in it." if silent else ""
        lines += ["", f"Confidence of the first hypothesis, over all runs.{without}", "", _reliable(found)]
    if picture:
        lines += ["", f"![Reliability of the stated confidences on the test seeds]({PICTURE})"]
    return "\n".join(lines)


def packs_report(
    figures: Mapping[str, Sequence[Figure]], sizes: Mapping[str, tuple[int, int]], sim: Reliability | None
) -> str:
    """The packs' part; sizes are how many cases are faulty and how many healthy."""
    lines = [
        "## Diagnosis of the data packs",
        "",
        "A@k: a true twin among the first k distinct twins. sA@k: the same over signals. P@k: all n true signals "
        "within the first n + k - 1. Avg@5: mean of A@1 to A@5. Visible: a signal within the last 20 samples is more "
        "than 5 interquartile ranges from its median over the (up to) 160 samples before the onset.",
    ]
    for pack, own in figures.items():
        faulty, healthy = sizes[pack]
        lines += ["", f"### `{pack}`: {faulty} faulty cases, {healthy} healthy", "", figures_table(own)]
    if sim is not None:
        lines += [
            "",
            f"Confidence of the first hypothesis in `process_sim`, healthy cases included, without refitting: "
            f"expected calibration error {sim.ece_width:.3f}.",
            "",
            _reliable(sim),
        ]
    return "\n".join(lines)


def demo_report(runs: Sequence[Run]) -> str:
    """The demo's part: a complaint about the throughput of the fault's own line."""
    rows = []
    for fault in dict.fromkeys(run.case.split("/")[0] for run in runs):
        own = [run for run in runs if run.case.startswith(f"{fault}/")]
        rows.append(
            [
                fault,
                " ".join(str(run.place or "–") for run in own),
                f"{sum(run.place == 1 for run in own)} of {len(own)}",
                f"{sum(run.place == 1 and run.mode == run.case.split('/')[2] for run in own)} of {len(own)}",
                f"{sum(run.verdict == 'cause' for run in own)} of {len(own)}",
                f"{median(run.seconds for run in own):.2f} s",
            ]
        )
    places = [run.place for run in runs]
    return "\n".join(
        [
            "## Diagnosis of the demo plant, asked about a line's throughput",
            "",
            table(["fault", "places by seed", "right first", "right mode", "called a cause", "time, median"], rows),
            "",
            f"Right asset first: {within(places, 1)}; in the first three: {within(places, 3)}.",
        ]
    )


def cases_report(runs: Sequence[Run], command: str) -> str:
    """Every case of the packs, a line each."""
    lines = [
        "<!-- Made by twinwright_evals.bench_diagnosis with --cases: make it anew instead of editing it. -->",
        "# Every case of the data packs",
        "",
        measured(command),
    ]
    for pack in dict.fromkeys(run.pack for run in runs):
        rows = [_case(run) for run in runs if run.pack == pack]
        head = ["case", "truth", "first three", "place", "confidence", "verdict"]
        lines += ["", f"## `{pack}`", "", table(head, rows, numbers=False)]
    return "\n".join(lines) + "\n"


def _case(run: Run) -> list[str]:
    seen = {None: "", True: " (visible)", False: " (not visible)"}[run.visible]
    confidence = "–" if run.confidence is None else f"{run.confidence:.2f}"
    place = run.signal_place if run.named_signals else run.place
    return [
        run.case,
        f"{', '.join(run.true) or 'nothing wrong'}{seen}",
        ", ".join(run.first_three) or "–",
        str(place or "–"),
        confidence,
        run.verdict.replace("_", " "),
    ]


def _reliable(found: Reliability) -> str:
    return f"```\n{as_table(found)}\n```"
