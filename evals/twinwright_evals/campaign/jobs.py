"""What people did in a run, as `diagnose` reads it out of the history of the run's plant folder."""

from __future__ import annotations

from twinwright_tools.diagnosis.maintenance import MaintenanceEvent, events_of

from .playing import Case


def jobs_of(case: Case) -> tuple[MaintenanceEvent, ...]:
    """The jobs that the run's journal, work orders and shift notes tell of; the journal is empty in runs of old."""
    return events_of(case.history(), case.at, case.graph.twins)
