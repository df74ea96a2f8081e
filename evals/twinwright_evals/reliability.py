"""Whether a stated confidence can be believed: calibration error, Brier score, and the reliability diagram.

Everything here is a function of pairs (confidence, correct), one for each answer that was given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twinwright_tools.errors import InputError, NoDataError, UsageError

Pair = tuple[float, bool]
BINS = 10
_Z95 = 1.959963984540054  # the normal quantile of a two-sided interval of 95 %
_BAR = 20


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about one confidence.

    Attributes:
        low, high: the confidences that it covers; of equal mass: the least and greatest that are in it.
        count: how many answers; confidence: their mean confidence; correct: the share of them that is right.
        correct_low, correct_high: Wilson interval (95 %) of that share.
    """

    low: float
    high: float
    count: int
    confidence: float
    correct: float
    correct_low: float
    correct_high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well confidences match what came true; all dimensionless, 0 is best but for `correct`.

    Attributes:
        count: answers; confidence: their mean confidence; correct: the share that is right, with its Wilson interval.
        ece_width, ece_mass: expected calibration error over bins of equal width and of equal mass.
        brier: mean squared difference of confidence and outcome.
        bins: of equal width, those that hold an answer; mass_bins: of equal mass.
    """

    count: int
    confidence: float
    correct: float
    correct_low: float
    correct_high: float
    ece_width: float
    ece_mass: float
    brier: float
    bins: tuple[Bin, ...]
    mass_bins: tuple[Bin, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def wilson(successes: int, total: int, z: float = _Z95) -> tuple[float, float]:
    """The score interval of a share (E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927) 209-212): (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n).

    Without any trial nothing is known: (0, 1).

    Raises:
        InputError: there are fewer than no successes, or more than trials.
    """
    if not 0 <= successes <= total:
        raise InputError(f"{successes} of {total} is no share", code="reliability.share")
    if not total:
        return 0.0, 1.0
    share, square = successes / total, z * z / total
    middle = share + square / 2
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total))
    # At the ends the formula gives exactly 0 and 1; rounding may not take that away.
    low = 0.0 if successes == 0 else (middle - half) / (1 + square)
    high = 1.0 if successes == total else (middle + half) / (1 + square)
    return low, high


def equal_width_bins(pairs: Sequence[Pair], count: int = BINS) -> tuple[Bin, ...]:
    """Answers by confidence in ((b - 1)/count, b/count], 0 in the first; bins without an answer are left out.

    Raises:
        NoDataError: there are no pairs.
        InputError: a confidence is outside of 0 to 1, or there are fewer than one bin.
    """
    confidences, correct = _arrays(pairs, count)
    edges = np.arange(1, count) / count
    places = np.searchsorted(edges, confidences, side="left")
    bins = (_bin(confidences, correct, places == place) for place in np.unique(places))
    # The bin's own limits instead of those of its members.
    return tuple(
        Bin(place / count, (place + 1) / count, one.count, one.confidence, one.correct, *_interval(one))
        for place, one in zip(np.unique(places).tolist(), bins, strict=True)
    )


def equal_mass_bins(pairs: Sequence[Pair], count: int = BINS) -> tuple[Bin, ...]:
    """Answers in order of confidence, in at most `count` bins of about as many each.

    Equal confidences share a bin, so that the order of the pairs doesn't matter: each goes where the middle of its
    tie belongs.

    Raises:
        NoDataError: there are no pairs.
        InputError: a confidence is outside of 0 to 1, or there are fewer than one bin.
    """
    confidences, correct = _arrays(pairs, count)
    ordered = np.sort(confidences)
    begin = np.searchsorted(ordered, confidences, side="left")
    end = np.searchsorted(ordered, confidences, side="right")
    places = (begin + end) * count // (2 * len(ordered))
    return tuple(_bin(confidences, correct, places == place) for place in np.unique(places))


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: Σ (n_b / n) · |share correct_b - mean confidence_b|.

    Over bins of equal width it is that of M. P. Naeini, G. Cooper and M. Hauskrecht, "Obtaining well calibrated
    probabilities using Bayesian binning", AAAI 2015, in the form of C. Guo et al., "On calibration of modern neural
    networks", ICML 2017, eq. 3; over bins of equal mass that of J. Nixon et al., "Measuring calibration in deep
    learning", CVPR workshops 2019. It depends on the bins, and few answers make it too large: quote their number.
    """
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.correct - one.confidence) for one in bins) / total if total else 0.0


def brier(pairs: Sequence[Pair]) -> float:
    """Mean of (confidence - outcome)² (G. W. Brier, "Verification of forecasts expressed in terms of probability",
    Monthly Weather Review 78 (1950) 1-3, for two classes counted once): 0 is perfect, always saying 0.5 gives 0.25.

    Raises:
        NoDataError: there are no pairs.
        InputError: a confidence is outside of 0 to 1.
    """
    confidences, correct = _arrays(pairs, 1)
    return float(np.mean((confidences - correct) ** 2))


def reliability(pairs: Sequence[Pair], count: int = BINS) -> Reliability:
    """Everything about how far confidences can be believed.

    Raises:
        NoDataError: there are no pairs.
        InputError: a confidence is outside of 0 to 1, or there are fewer than one bin.
    """
    width, mass = equal_width_bins(pairs, count), equal_mass_bins(pairs, count)
    right = sum(bool(correct) for _, correct in pairs)
    return Reliability(
        len(pairs),
        math.fsum(confidence for confidence, _ in pairs) / len(pairs),
        right / len(pairs),
        *wilson(right, len(pairs)),
        calibration_error(width),
        calibration_error(mass),
        brier(pairs),
        width,
        mass,
    )


def as_table(found: Reliability) -> str:
    """The reliability diagram as plain text: a line a bin, `#` the share that came true, `|` the mean confidence."""
    lines = [f"{'confidence':<13}{'answers':>8}{'stated':>8}{'true':>7}  {'95 % interval':<15} 0{'1':>{_BAR}}"]
    for one in found.bins:
        drawn = ["#" if place < round(one.correct * _BAR) else "." for place in range(_BAR)]
        drawn[min(int(one.confidence * _BAR), _BAR - 1)] = "|"
        interval = f"{one.correct_low:.2f} to {one.correct_high:.2f}"
        figures = f"{one.count:>8}{one.confidence:>8.2f}{one.correct:>7.2f}"
        lines.append(f"{one.low:.2f} to {one.high:.2f} {figures}  {interval:<15} {''.join(drawn)}")
    lines.append(
        f"{found.count} answers, {found.correct:.0%} right ({found.correct_low:.0%} to {found.correct_high:.0%}); "
        f"stated {found.confidence:.2f} on average; calibration error {found.ece_width:.3f} (equal width), "
        f"{found.ece_mass:.3f} (equal mass); Brier score {found.brier:.3f}"
    )
    return "\n".join(lines)


def plot_reliability(found: Reliability, path: Path, title: str = "Reliability") -> None:
    """Draws the reliability diagram (share correct over mean confidence, with Wilson intervals, and how many) as .png.

    Raises:
        UsageError: matplotlib isn't installed, or the file's suffix isn't .png.
        InputError: the file can't be written.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"reliability diagrams are written as .png, not as {path.suffix or 'a file without a suffix'}")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'twinwright[plot]'", code="usage.extra") from error
    figure = Figure(figsize=(6.0, 7.0), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    _draw(upper, lower, found, title)
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}", code="plot.write") from error


def _draw(upper: Any, lower: Any, found: Reliability, title: str) -> None:
    stated = [one.confidence for one in found.bins]
    shares = [one.correct for one in found.bins]
    below = [one.correct - one.correct_low for one in found.bins]
    above = [one.correct_high - one.correct for one in found.bins]
    upper.plot([0, 1], [0, 1], linestyle="--", color="#8a8a8a", label="perfectly calibrated")
    upper.errorbar(stated, shares, yerr=[below, above], marker="o", capsize=3, color="#1f4e79", label="observed, 95 %")
    for one in found.bins:
        upper.annotate(f"{one.count}", (one.confidence, one.correct), xytext=(5, -11), textcoords="offset points")
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="share that is right")
    figures = f"ECE {found.ece_width:.3f} / {found.ece_mass:.3f}, Brier {found.brier:.3f}, n = {found.count}"
    upper.set_title(f"{title}\n{figures}", loc="left", fontsize=10)
    upper.legend(loc="upper left", fontsize=8)
    middles = [(one.low + one.high) / 2 for one in found.bins]
    widths = [0.9 * (one.high - one.low) for one in found.bins]
    lower.bar(middles, [one.count for one in found.bins], width=widths, color="#1f4e79")
    lower.set(xlabel="stated confidence", ylabel="answers")
    for panel in (upper, lower):
        panel.grid(True, linewidth=0.4, alpha=0.5)


def _arrays(pairs: Sequence[Pair], count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if count < 1:
        raise InputError(f"{count} bins hold nothing; give at least one", code="reliability.bins")
    if not pairs:
        raise NoDataError("there is no answer whose confidence could be checked")
    confidences = np.array([confidence for confidence, _ in pairs], dtype=np.float64)
    wrong = ~((confidences >= 0.0) & (confidences <= 1.0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(f"the confidence of answer {first} is {confidences[first]}, not 0 to 1", code="reliability")
    return confidences, np.array([bool(correct) for _, correct in pairs], dtype=np.float64)


def _bin(confidences: npt.NDArray[np.float64], correct: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_]) -> Bin:
    own, count = confidences[inside], int(inside.sum())
    right = int(correct[inside].sum())
    # fsum: the mean of a bin may not depend on the order of the pairs.
    mean = min(max(math.fsum(own.tolist()) / count, float(own.min())), float(own.max()))
    return Bin(float(own.min()), float(own.max()), count, mean, right / count, *wilson(right, count))


def _interval(one: Bin) -> tuple[float, float]:
    return one.correct_low, one.correct_high
