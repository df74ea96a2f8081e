"""A second plant for the query cases: the substations of a distribution network, drawn from a seed.

It has nothing in common with the bottling plant: its own DTDL models, relationships, units and vocabulary, three weeks
of hourly telemetry, and three years of work orders, alarms, oil samples and notes.
"""

from __future__ import annotations

from .make import make_substations

__all__ = ["make_substations"]
