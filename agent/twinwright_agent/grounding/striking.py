"""Taking out of a conclusion what doesn't stand, visibly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..conclusion import Claim, Conclusion, Hypothesis, Struck
from .checking import UNSUPPORTED_CONFIDENCE
from .failures import GroundingFailure

_PLACE = re.compile(r"hypotheses\[(\d+)\]\.(\w+)(?:\[(\d+)\])?$")
NO_PATH = "No path in the twin graph was shown."


def strike(conclusion: Conclusion, failures: Sequence[GroundingFailure]) -> tuple[Conclusion, list[Struck]]:
    """The conclusion without what failed, and what was taken out.

    A claim, a missing item, an assumption or a field is taken out alone; a hypothesis about a twin that doesn't stand,
    or with a confidence that is no probability, goes as a whole. Confidence without support is lowered to 0.5.
    """
    places = {failure.where for failure in failures}
    answer = [claim for number, claim in enumerate(conclusion.answer) if f"answer[{number}]" not in places]
    missing = [text for number, text in enumerate(conclusion.missing) if f"missing[{number}]" not in places]
    assumptions = [text for number, text in enumerate(conclusion.assumptions) if f"assumptions[{number}]" not in places]
    hypotheses = []
    for number, one in enumerate(conclusion.hypotheses):
        mine = [failure for failure in failures if failure.where.startswith(f"hypotheses[{number}].")]
        kept = _without(one, mine)
        if kept is not None:
            hypotheses.append(kept)
    standing = conclusion.model_copy(
        update={"answer": answer, "missing": missing, "assumptions": assumptions, "hypotheses": hypotheses}
    )
    return standing, [_struck(failure, conclusion) for failure in failures]


def _without(one: Hypothesis, failures: Sequence[GroundingFailure]) -> Hypothesis | None:
    changes: dict[str, Any] = {}
    gone: dict[str, set[int]] = {"supports": set(), "contradicts": set()}
    for failure in failures:
        match = _PLACE.match(failure.where)
        assert match is not None  # the check writes these places
        name = match[2]
        if name == "twin" or (name == "confidence" and not 0.0 <= one.confidence <= 1.0):
            return None
        if name in gone:
            gone[name].add(int(match[3]))
        elif name == "chain":
            changes |= {"chain": [], "why_no_path": NO_PATH}
        elif name != "confidence":
            changes[name] = None
    for name, numbers in gone.items():
        claims: list[Claim] = getattr(one, name)
        changes[name] = [claim for number, claim in enumerate(claims) if number not in numbers]
    if not any(claim.evidence for claim in changes["supports"]):
        changes["confidence"] = min(one.confidence, UNSUPPORTED_CONFIDENCE)
    if "why_no_path" in changes and changes["why_no_path"] is None and not one.chain:
        changes["why_no_path"] = NO_PATH
    return one.model_copy(update=changes)


def _struck(failure: GroundingFailure, conclusion: Conclusion) -> Struck:
    return Struck(
        text=failure.text, evidence=_evidence(failure.where, conclusion), reason=failure.reason, where=failure.where
    )


def _evidence(where: str, conclusion: Conclusion) -> list[str]:
    if (match := re.match(r"answer\[(\d+)\]$", where)) is not None:
        return conclusion.answer[int(match[1])].evidence
    match = _PLACE.match(where)
    if match is not None and match[3] is not None:
        claims: list[Claim] = getattr(conclusion.hypotheses[int(match[1])], match[2])
        return claims[int(match[3])].evidence
    return []
