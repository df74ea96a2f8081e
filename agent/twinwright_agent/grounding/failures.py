"""What the grounding check found wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class GroundingFailure:
    """One part of a conclusion that doesn't stand.

    Attributes:
        where: its place, such as ``answer[0]`` or ``hypotheses[1].chain``.
        text: what it says.
        reason: why it doesn't stand, in words that help to mend it.
    """

    where: str
    text: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """The failure as plain values."""
        return asdict(self)
