"""Sending what is in the outbox: ask by key, check for duplicates, make or add, attach; and what a failure means."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..cmms.protocol import Attachment, CmmsOrder, Connector
from ..errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsError,
    CmmsLoginError,
    CmmsMissingError,
    CmmsRefusedError,
    CmmsUnavailableError,
    InputError,
    OrderError,
)
from ..times import iso
from .book import stored_attachments
from .duplicates import Match
from .outbox import Entry, Outbox, State
from .store import find

# How long the CMMS gets to finish a request that nobody waits for any more, in seconds.
SETTLE_S = 60.0
_FIRST_S, _LONGEST_S, _MOST_S = 5.0, 3600.0, 24 * 3600.0
_CONFLICTS = 3
_CLOCK = timedelta(minutes=5)


@dataclass(frozen=True)
class Sender:
    """Sends the rows of an outbox through a connector.

    Attributes:
        check: the duplicate check for the draft of an id; it asks the CMMS.
        settle_s: how long an unclear attempt is left alone, in seconds; longer than the connector's own timeout.
    """

    outbox: Outbox
    connector: Connector
    check: Callable[[str], Sequence[Match]]
    settle_s: float = SETTLE_S

    def send(self, only: str | None = None) -> list[Entry]:
        """Sends everything that is due, or one order; gives the rows that were touched as they now are.

        Raises:
            OrderError: another process is sending and doesn't end.
        """
        with self.outbox.alone():
            touched = [order for order in self.outbox.due() if only in (None, order)]
            for order in touched:
                self._send(order)
        entries = {entry.order: entry for entry in self.outbox.entries()}
        return [entries[order] for order in touched]

    def _send(self, order: str) -> None:
        entry = self.outbox.claim(order, self.settle_s)
        if entry is not None:
            self._attempt(entry)
        after = self.outbox.entry(order)
        if after is not None and after.state == "confirmed":
            self._attach(after)

    def _attempt(self, entry: Entry) -> None:
        try:
            found = None if entry.adds_to else self.connector.by_key(entry.message.key)
            self.outbox.fail("by_key: answered")
            refusal = None if found else self._refusal(entry)
        except CmmsError as error:
            # Nothing was asked to change: what was unclear before stays so, and the rest waits.
            self.outbox.settle(entry, _as_before(entry), error.message, wait_s=self._wait(entry, error))
            return
        except InputError as error:  # the draft's own plant can't say any more what it is about
            self.outbox.settle(entry, "refused", error.message)
            return
        if found is not None:
            self.outbox.settle(entry, "confirmed", "it was there already", answer=found)
        elif refusal is not None:
            self.outbox.settle(entry, "refused", refusal)
        else:
            self._change(entry)

    def _refusal(self, entry: Entry) -> str | None:
        """Why this is not to be sent: the order that it adds to was closed, or there is one that nobody saw."""
        if entry.adds_to:
            try:
                target = self.connector.get(entry.adds_to)
            except CmmsMissingError:
                return f"order {entry.adds_to} is gone from {self.connector.name}; submit this with --as-new"
            if target.state in ("done", "cancelled"):
                when = f" at {iso(target.closed)}" if target.closed else ""
                before = "; the comment may have reached it before" if entry.state == "unclear" else ""
                return (
                    f"order {entry.adds_to} was closed in the meantime ({target.status}{when}){before}: "
                    "if the fault is still there, submit this with --as-new"
                )
            return None
        same = [one for one in self.check(entry.order) if one.verdict == "duplicate" and one.order.id not in entry.seen]
        if not same:
            return None
        first = same[0]
        return (
            f"open order {first.order.id} ({first.order.title}) is about the same: {'; '.join(first.reasons)}. "
            f"Submit it again: it is added to that one, or with --as-new it is made all the same"
        )

    def _change(self, entry: Entry) -> None:
        """The one call that changes something, and what each failure of it means."""
        self.outbox.fail("change: before")
        try:
            answer = self._add(entry, entry.adds_to) if entry.adds_to else self.connector.create(entry.message)
        except (CmmsRefusedError, CmmsMissingError) as error:
            if error.may_have_happened:  # refused half way: what was made stands there
                self.outbox.settle(entry, "unclear", error.message, wait_s=self._wait(entry, error, True))
            else:
                self.outbox.settle(entry, "refused", error.message)
        except CmmsUnavailableError as error:
            state: State = "unclear" if error.may_have_happened else _as_before(entry)
            self.outbox.settle(entry, state, error.message, wait_s=self._wait(entry, error, state == "unclear"))
        except (CmmsLoginError, CmmsConflictError) as error:
            self.outbox.settle(entry, _as_before(entry), error.message, wait_s=self._wait(entry, error))
        except CmmsAnswerError as error:  # it may have made the order and then said nonsense
            self.outbox.settle(entry, "unclear", error.message, wait_s=self._wait(entry, error, True))
        else:
            self.outbox.fail("change: answered")
            self.outbox.settle(entry, "confirmed", self._clock(answer), answer=answer)

    def _add(self, entry: Entry, target: str) -> CmmsOrder:
        """Adds the comment; where somebody changes the order at the same time, to what it then is."""
        for attempt in range(_CONFLICTS):
            try:
                return self.connector.add(self.connector.get(target), entry.message.text, entry.message.key)
            except CmmsConflictError:
                if attempt == _CONFLICTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _clock(self, answer: CmmsOrder) -> str:
        """What is to be said of the CMMS's clock where it and this machine's differ by more than five minutes."""
        if answer.changed is None:
            return ""
        off = answer.changed - self.outbox.now()
        if abs(off) <= _CLOCK:
            return ""
        way = "ahead of" if off > timedelta() else "behind"
        minutes = abs(off).total_seconds() / 60
        return (
            f"the clock of {self.connector.name} is {minutes:.0f} min {way} this machine's: set the one that is wrong, "
            "or due times are off by that"
        )

    def _wait(self, entry: Entry, error: CmmsError, unclear: bool = False) -> float:
        """Seconds until the next attempt: twice as long each time, or what the CMMS asked for, if that is more."""
        backoff = min(_LONGEST_S, _FIRST_S * 2.0 ** min(entry.attempts - 1, 20))
        asked = (error.retry_after_s or 0.0) if isinstance(error, CmmsUnavailableError) else 0.0
        wait = max(backoff, min(asked, _MOST_S) if math.isfinite(asked) else 0.0)
        return max(wait, self.settle_s) if unclear else wait

    def _attach(self, entry: Entry) -> None:
        """Brings the files that aren't there yet; the order stands, whatever becomes of them."""
        assert entry.answer is not None
        for file in self._files(entry):
            if file.name in entry.attached:
                continue
            name = f"{entry.order}-{entry.message.key[:8]}-{file.name}"
            try:
                self.connector.attach(entry.answer.id, Attachment(name, file.media_type, file.content))
            except (CmmsRefusedError, CmmsMissingError) as error:
                self.outbox.attached(entry, file.name, error.message)
            except CmmsError as error:
                told = f"{file.name} isn't attached yet: {error.message}"
                self.outbox.put_off(entry, told, self._wait(entry, error))
                return
            else:
                self.outbox.attached(entry, file.name)

    def _files(self, entry: Entry) -> list[Attachment]:
        with self.outbox.store.connection() as connection:
            number, _ = find(connection, entry.order)
            return stored_attachments(connection, number)


def _as_before(entry: Entry) -> State:
    """The state of a row for which nothing was asked to change."""
    return "unclear" if entry.state == "unclear" else "queued"


def refused(entry: Entry) -> OrderError:
    """The error of an order that the CMMS, or the check before it, refused: it is a draft again."""
    return OrderError(f"{entry.order} wasn't sent and is a draft again: {entry.note}", code="order.refused")
