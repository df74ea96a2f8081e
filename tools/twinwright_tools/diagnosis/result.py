"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ..telemetry.series import SignalKey
from ..times import iso

if TYPE_CHECKING:
    from .modes.match import ModeFit

Verdict = Literal["cause", "cannot_tell", "nothing_wrong"]
Origin = Literal["sensor", "process", "undecided"]
DeviationKind = Literal[
    "level",
    "slope",
    "spread",
    "oscillation",
    "stuck",
    "dropout",
    "out_of_range",
    "state",
    "events",
    "duration",
    "mismatch",
]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A signal that left its own past.

    Attributes:
        score: how far, in robust standard deviations of the signal's own past (dimensionless, ≥ 0).
        direction: +1 rose, -1 fell, 0 neither.
        onset: when it began; onset_uncertainty_s is the half-width of that in seconds.
        before, after: typical value (median) before and since, in `unit`; for a text signal the usual text, else None.
            Of an oscillation they are amplitudes, of a mismatch the expected and the found state.
        note: what else there is to say of it in words (a period, the command that isn't followed, a limit), or "".
    """

    key: SignalKey
    kind: DeviationKind
    score: float
    direction: int
    onset: datetime
    onset_uncertainty_s: float
    before: float | str | None
    after: float | str | None
    unit: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Symptom:
    """What somebody complains of: a twin, or one of its signals."""

    twin: str
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A possible cause.

    Attributes:
        mode: id of a failure mode of the plant's library, or None where none fits.
        confidence: probability that this is a true cause, 0 to 1.
        onset: when its first deviation began, or None where it doesn't deviate.
        evidence: ids into Diagnosis.evidence (D1, D2 …).
        path: twin ids from the cause to the symptom along which an upset travels; empty if there is none.
        explains: the deviating signals that it would explain.
        origin: whether an instrument or the plant has failed; undecided where nothing tells, or nobody looked.
        modes: the failure modes of the twin, best first, with how well each fits.
    """

    rank: int
    twin: str
    signal: str | None
    mode: str | None
    confidence: float
    onset: datetime | None
    evidence: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    explains: tuple[SignalKey, ...] = ()
    origin: Origin = "undecided"
    modes: tuple[ModeFit, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The hypothesis as the JSON contract of `twinwright diagnose` has it."""
        return {
            "rank": self.rank,
            "twin": self.twin,
            "signal": self.signal,
            "mode": self.mode,
            "confidence": round(self.confidence, 4),
            "onset": iso(self.onset) if self.onset else None,
            "evidence": list(self.evidence),
            "path": list(self.path),
            "explains": [str(key) for key in self.explains],
            "origin": self.origin,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The engine's answer.

    Attributes:
        missing: what would be needed to tell (sentences); empty when nothing is missing.
        hypotheses: likeliest first, listed under every verdict, one per (twin, signal).
        evidence: what the hypotheses cite: dicts with "id" (D1 …), "kind", "twin", "signal", "text" and figures.
        assumptions: what was assumed on the way (a relationship's flow that nobody stated, for example).
        next_check: what to look at next, as it tells most about the leading hypotheses for its time: a dict with
            "twin", "text", "finding", "bits", "minutes", "skill" and "meaning" (of either result); or None.
    """

    at: datetime
    verdict: Verdict
    missing: tuple[str, ...]
    hypotheses: tuple[Hypothesis, ...]
    deviations: tuple[Deviation, ...]
    evidence: tuple[dict[str, Any], ...] = ()
    assumptions: tuple[str, ...] = field(default=())
    next_check: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON contract of `twinwright diagnose`."""
        return {
            "at": iso(self.at),
            "verdict": self.verdict,
            "missing": list(self.missing),
            "hypotheses": [hypothesis.as_dict() for hypothesis in self.hypotheses],
            "evidence": list(self.evidence),
            "assumptions": list(self.assumptions),
            "next_check": self.next_check,
        }
