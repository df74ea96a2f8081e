"""Looking up the evidence that a draft or a proposal cites."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from ..evidence import Evidence


def cited(ids: Sequence[str], evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence of those ids, in the order in which they are cited.

    Raises:
        InputError: an id that the run has no evidence for.
    """
    known = {one.id: one for one in evidence}
    unknown = [one for one in dict.fromkeys(ids) if one not in known]
    if unknown:
        listed = ", ".join(known) or "none yet"
        raise InputError(
            f"there is no evidence {', '.join(unknown)}; the run's evidence: {listed}",
            code="evidence.unknown",
            suggestions=list(known)[-3:],
        )
    return [known[one] for one in dict.fromkeys(ids)]
