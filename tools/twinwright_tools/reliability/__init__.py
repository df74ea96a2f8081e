"""What past work orders tell: mean time between failures, Pareto, repeats after a repair, and similar incidents."""

from .failures import Repair, repairs_of
from .pareto import Bar, pareto
from .rates import FailureRate, failure_rates
from .repeats import Repeat, repeats
from .similar import Incident, similar_incidents

__all__ = [
    "Bar",
    "FailureRate",
    "Incident",
    "Repair",
    "Repeat",
    "failure_rates",
    "pareto",
    "repairs_of",
    "repeats",
    "similar_incidents",
]
