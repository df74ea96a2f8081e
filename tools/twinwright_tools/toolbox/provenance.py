"""Where a finding's texts come from: those of tags are anybody's, as history's are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..evidence import Provenance
from ..telemetry.series import SignalKey

if TYPE_CHECKING:
    from ..plant import Plant


def source_of(plant: Plant, keys: Iterable[SignalKey], otherwise: Provenance) -> Provenance:
    """`tag text` where one of the signals ever held a text that anybody may have written; else the other one."""
    free = plant.telemetry.free_texts
    return "tag text" if any(key in free for key in keys) else otherwise
