"""Sentences out of evidence: every figure, time and name in them is copied from what they cite."""

from __future__ import annotations

from typing import Any

from ...conclusion import Claim, Conclusion, Hypothesis, Verdict


def figure(value: Any, unit: str | None = None) -> str:
    """A number at four significant digits (whole numbers in full), with its unit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{value:.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:.4g}"
    return f"{text} {unit}" if unit else text


def sentence(text: str) -> str:
    """A text as a sentence: a full stop at its end."""
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?", "…")) else f"{stripped}."


def conclusion(
    verdict: Verdict,
    claims: list[Claim],
    hypotheses: list[Hypothesis] | None = None,
    missing: list[str] | None = None,
) -> Conclusion:
    """A conclusion with no hypotheses and nothing missing unless told."""
    return Conclusion(verdict=verdict, answer=claims, hypotheses=hypotheses or [], missing=missing or [])


def claim(text: str, *evidence: str) -> Claim:
    """A claim that cites each piece of evidence once."""
    return Claim(text=sentence(text), evidence=list(dict.fromkeys(evidence)))
