"""Status questions: the same diagnosis, without a draft."""

from __future__ import annotations

from . import why
from .focus import Focus
from .plan import Step
from .seen import Seen


def step(seen: Seen, focus: Focus) -> Step:
    """The next step of a look at how something is."""
    return why.step(seen, focus, draft=False)
