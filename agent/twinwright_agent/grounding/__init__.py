"""The grounding check: whether what a conclusion says stands in the evidence that it cites."""

from .checking import assumed, check
from .failures import GroundingFailure
from .grounds import Grounds
from .striking import strike

__all__ = ["GroundingFailure", "Grounds", "assumed", "check", "strike"]
