"""The campaign: hundreds of simulated runs of the bottling plant, each drawn from a seed, that the engine is built with
and measured on.

Seeds 0 to 999 serve building the engine; whatever is quoted comes from seeds from 1000 on.
`python -m twinwright_evals.campaign --seeds 0-199 --out DIR` keeps runs on disk, so that an experiment costs a
diagnosis each and no simulation.
"""

from __future__ import annotations

from .looking import Sight, dropped_line, look
from .playing import Case, play
from .scenario import HOURS, Scenario, draw
from .store import load, save

__all__ = ["HOURS", "Case", "Scenario", "Sight", "draw", "dropped_line", "load", "look", "play", "save"]
