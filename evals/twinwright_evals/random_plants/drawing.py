"""One random case as a picture: every signal in a panel, the onset as a line, so that a person can judge it."""

from __future__ import annotations

from pathlib import Path

from twinwright_tools.errors import UsageError
from twinwright_tools.times import parse_time, to_micros

from .case import RandomCase

_COLUMNS = 4
_PANEL_IN = (4.6, 1.5)
_HOUR_US = 3.6e9


def plot_case(case: RandomCase, path: Path) -> None:
    """Draws all signals over hours since the first sample; the panels of the true twins have a thick frame.

    Raises:
        UsageError: matplotlib isn't installed, or the file's suffix is no picture's.
    """
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"pictures are written as .png or .svg, not as {path.suffix or 'a file without a suffix'}")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("matplotlib is missing: pip install 'twinwright[plot]'") from error
    rows = -(-len(case.signals) // _COLUMNS)
    figure = Figure(figsize=(_COLUMNS * _PANEL_IN[0], rows * _PANEL_IN[1] + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    onset = case.truth["onset"]
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for panel in panels[len(case.signals) :]:
        panel.set_axis_off()
    for panel, (key, series) in zip(panels, case.signals.items(), strict=False):
        hours = (series.times - series.times[0]) / _HOUR_US
        panel.plot(hours, series.values, linewidth=0.7, color="#1f4e79")
        panel.set_title(str(key), fontsize=7)
        panel.tick_params(labelsize=6)
        if onset is not None:
            panel.axvline((to_micros(parse_time(onset)) - series.times[0]) / _HOUR_US, color="#b03030", linestyle="--")
        if key.twin in case.truth["twins"]:
            for side in panel.spines.values():
                side.set_linewidth(2.5)
    truth = case.truth
    what = f"seed {case.seed}: {truth['kind']} at {', '.join(truth['twins']) or 'no twin'}"
    figure.suptitle(
        f"{what}, {'visible' if truth['visible'] else 'not visible'}; hours since the first sample", fontsize=9
    )
    figure.savefig(path, dpi=75)
