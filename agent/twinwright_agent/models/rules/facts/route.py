"""Which of the plant's sources answers a question of fact: its relationships, history, telemetry, or twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..focus import Focus
from ..plan import Step
from ..seen import Seen
from . import assets, measured, onsets, records
from .asking import Missing
from .reading import Measure, Reading, without_quotations
from .schema import Schema, schema_of


def step(seen: Seen, focus: Focus) -> Step | None:
    """The next step towards a fact, or None where the question is of another kind than these."""
    reading = Reading(without_quotations(seen.question))
    try:
        schema = schema_of(seen)
        found = (try_() for try_ in _tries(seen, focus, reading, schema))
        return next((one for one in found if one is not None), None)
    except Missing as missing:
        return missing.requests


def _tries(seen: Seen, focus: Focus, reading: Reading, schema: Schema) -> Iterator[Callable[[], Step | None]]:
    kind = schema.kind(reading)
    if kind is not None:
        yield lambda: records.step(seen, focus, reading, schema, kind)
        return
    if focus.twins:
        yield lambda: measured.state_step(seen, focus, reading)
        yield lambda: assets.related(seen, focus, reading)
    property_said = schema.property(reading) is not None
    if onsets.asks_for_onset(reading) and not property_said:
        yield lambda: onsets.step(seen, focus)
    if property_said and not (focus.signals and reading.measure in {Measure.MEAN, Measure.MAX, Measure.MIN}):
        yield lambda: assets.step(seen, focus, reading, schema)
    if focus.signals or focus.elsewhere:
        yield lambda: measured.step(seen, focus, reading)
    if not focus.signals:
        yield lambda: assets.step(seen, focus, reading, schema)
