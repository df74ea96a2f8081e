"""What the commands of `twinwright orders` share: the open book, who is there, and the connector to the CMMS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..options import Options

if TYPE_CHECKING:
    from twinwright_tools.cmms.protocol import Connector
    from twinwright_tools.orders.book import OrderBook
    from twinwright_tools.orders.duplicates import Match
    from twinwright_tools.orders.editing import Planner
    from twinwright_tools.orders.order import DueWindow, Priority, WorkOrder
    from twinwright_tools.orders.rights import Right
    from twinwright_tools.orders.sending import Sender
    from twinwright_tools.plant import Plant


@dataclass(frozen=True)
class Desk:
    """An open plant with its order book, and who works at it.

    Attributes:
        by: in whose name what is done is logged.
    """

    plant: Plant
    book: OrderBook
    by: str

    def connector(self) -> Connector:
        """The plant's CMMS.

        Raises:
            CmmsError, InputError: it can't be used as it is configured.
        """
        from twinwright_tools.cmms.choose import connect

        return connect(self.plant, os.environ)

    def matches(self, order: WorkOrder, connector: Connector) -> Sequence[Match]:
        """What the open orders in the CMMS are to a draft.

        Raises:
            CmmsError: it couldn't be asked.
        """
        from twinwright_tools.orders.assets import asset_mapping
        from twinwright_tools.orders.duplicates import open_matches

        return open_matches(self.plant, order, connector, asset_mapping(self.plant))

    def planner(self, asset: str) -> Planner:
        """Gives an order on an asset its due window, by the plant's calendar and shifts."""
        from twinwright_tools.orders.planning import planned_window, read_planning

        planning = read_planning(self.plant)

        def window(priority: Priority, duration_h: float, skills: Sequence[str]) -> DueWindow | None:
            return planned_window(self.plant, asset, priority, duration_h, skills, planning)[0]

        return window

    def filed(self, order: WorkOrder) -> Sequence[Match]:
        """What the open orders in the plant's own files are to a draft."""
        from twinwright_tools.orders.duplicates import filed_matches

        return filed_matches(self.plant, order)

    def sender(self, connector: Connector) -> Sender:
        """What sends the plant's outbox."""
        from twinwright_tools.orders.outbox import Outbox
        from twinwright_tools.orders.sending import SETTLE_S, Sender

        def check(order_id: str) -> Sequence[Match]:
            # What the plant's own files hold was told when the order was submitted.
            return [one for one in self.matches(self.book.get(order_id), connector) if not one.filed]

        # An unclear request may be on its way for as long as one may take.
        settle_s = max(SETTLE_S, 2 * self.plant.config.cmms.timeout_s)
        return Sender(Outbox(self.book.store), connector, check, settle_s)


@contextmanager
def desk(options: Options, right: Right | None, by: str | None = None) -> Iterator[Desk]:
    """The desk of whoever runs this.

    Args:
        right: what they need; None for reading.
        by: in whose name they act, or None for their own.

    Raises:
        OrderError: they lack the right.
        ConfigError: the roles file can't be used.
    """
    from twinwright_tools.orders.book import OrderBook
    from twinwright_tools.orders.rights import account, read_rights

    with options.opened() as plant:
        rights, who = read_rights(plant.folder), account()
        if right is None:
            rights.demand_reading(who)
        else:
            rights.demand(who, right)
        yield Desk(plant, OrderBook(plant.state), rights.acting(who, by))


def now() -> datetime:
    """The time, for the log."""
    return datetime.now(UTC)
