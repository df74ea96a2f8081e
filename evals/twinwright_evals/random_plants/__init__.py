"""Random closed-loop process plants with faults: data for training and calibrating the diagnosis engine."""

from .case import RandomCase, Truth, draw
from .faults import FAULTS

__all__ = ["FAULTS", "RandomCase", "Truth", "draw"]
