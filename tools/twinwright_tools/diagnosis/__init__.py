"""Diagnosis: what left its own past, when, and what most likely caused it."""

from .engine import diagnose, diagnose_signals, find_deviations
from .result import Deviation, Diagnosis, Hypothesis, Symptom
from .symptoms import parse_symptom

__all__ = [
    "Deviation",
    "Diagnosis",
    "Hypothesis",
    "Symptom",
    "diagnose",
    "diagnose_signals",
    "find_deviations",
    "parse_symptom",
]
