"""Repeat failures: the same asset with the same code, soon after it was repaired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..times import iso
from .failures import Repair


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repair after which the same came back: `again` was opened `after_h` hours after `first` was closed."""

    first: Repair
    again: Repair
    after_h: float

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "twin": self.first.twin,
            "code": self.first.code,
            "first": self.first.id,
            "closed": iso(self.first.closed) if self.first.closed else None,
            "again": self.again.id,
            "opened": iso(self.again.opened),
            "after_h": round(self.after_h, 1),
        }


def repeats(repairs: Sequence[Repair], within: timedelta) -> list[Repeat]:
    """Each closed repair that was followed, on the same twin with the same code, by another within that time.

    Repairs without a code or a closing time can't tell and are left out. Soonest first.
    """
    waiting: dict[tuple[str, str], Repair] = {}
    found = []
    for one in sorted(repairs, key=lambda each: each.opened):
        if one.code is None:
            continue
        before = waiting.get((one.twin, one.code))
        if before is not None and before.closed is not None and before.closed <= one.opened <= before.closed + within:
            found.append(Repeat(before, one, (one.opened - before.closed).total_seconds() / 3600.0))
        waiting[one.twin, one.code] = one
    return sorted(found, key=lambda one: (one.after_h, one.again.id))
