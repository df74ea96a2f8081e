"""The status back: what became, in the CMMS, of the orders that were sent there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..cmms.protocol import CmmsOrder, Connector
from ..errors import CmmsMissingError
from .outbox import Entry, Outbox
from .store import find, note

# Where an order ends: it is asked for no more unless everything is asked for.
_ENDED = ("done", "cancelled")


@dataclass(frozen=True)
class Change:
    """What a look at one order found.

    Attributes:
        order: id of ours; before: the order in the CMMS as it was known.
        now: as it is, or None where the CMMS has it no more.
    """

    order: str
    before: CmmsOrder
    now: CmmsOrder | None

    @property
    def changed(self) -> bool:
        """Whether its status is another one, or it is gone."""
        return self.now is None or self.now.status != self.before.status

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "order": self.order,
            "cmms": self.before.id,
            "before": self.before.status,
            "status": self.now.status if self.now else None,
            "state": self.now.state if self.now else "gone",
            "changed": self.changed,
            "closed": self.now.closed.isoformat() if self.now and self.now.closed else None,
            "duration_h": self.now.duration_h if self.now else None,
        }


def sync(outbox: Outbox, connector: Connector, by: str, *, everything: bool = False) -> list[Change]:
    """Asks the CMMS for every confirmed order that hadn't ended when last seen, and keeps what it says.

    Args:
        everything: also for those that had ended, since a CMMS may open an order again.

    Raises:
        CmmsError: it couldn't be asked; what was learned before that is kept.
    """
    changes = []
    for entry in outbox.entries():
        before = entry.answer
        if entry.state != "confirmed" or before is None or (before.state in _ENDED and not everything):
            continue
        try:
            now = connector.get(before.id)
        except CmmsMissingError:
            now = None
        change = Change(entry.order, before, now)
        if change.now != before:
            _keep(outbox, entry, change, by)
        changes.append(change)
    return changes


def _keep(outbox: Outbox, entry: Entry, change: Change, by: str) -> None:
    """An order that is gone keeps what was last known of it; that it is gone stands in its log."""
    with outbox.store.transaction() as connection:
        number, _ = find(connection, entry.order)
        if change.now is not None:
            answer = change.now.model_dump_json()
            connection.execute("UPDATE outbox SET answer = ? WHERE number = ?", (answer, number))
        if change.changed:
            status = change.now.status if change.now else "gone"
            detail = {"status": status, "before": change.before.status, "cmms": change.before.id}
            note(connection, number, outbox.now(), by, "status back", detail)
