"""What connectors over HTTP share: the flow of each call, the key in the text, and the words for states and priorities.

The idempotency key stands in the last line of an order's text, and, where the product has a field that can be
searched for it, there too (cut to what fits). A copy that a planner makes of an order loses to the oldest.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote, unquote

from pydantic import BeforeValidator, Field, field_validator

from ..errors import CmmsAnswerError, CmmsError, CmmsMissingError, CmmsRefusedError, CmmsUnavailableError
from .http import HttpClient
from .protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder, OrderState
from .site import Options

Priority = Literal["P1", "P2", "P3", "P4"]

_KEY = re.compile(r"Twinwright key: ([A-Za-z0-9._:-]+)")
_ADDITION = re.compile(r"Twinwright addition: ([A-Za-z0-9._:-]+)")
_FAILURE_MODE = re.compile(r"Twinwright failure mode: ([^\r\n<]+)")
_OURS = re.compile(r"(Twinwright (?:key|addition|failure mode)):")
_CUT = "… (cut here: the product holds no more)"
# A shorter piece of a key would be one by chance.
_LEAST_KEY = 8
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def text_with_key(order: NewOrder, title: str, limit: int | None = None) -> str:
    """The order's text, who submitted it, failure mode and key, the last two in lines of ours.

    Args:
        title: what of the title the product's own field holds; where that isn't all, the whole begins the text.
        limit: the most characters that the product holds, or None; the end of the text gives way.
    """
    text = order.text if title == order.title else f"{order.title}\n\n{order.text}"
    lines = [f"Submitted by: {order.by}", f"Twinwright key: {order.key}"]
    if order.failure_mode:
        lines.insert(1, f"Twinwright failure mode: {order.failure_mode}")
    return _joined(text, "\n".join(lines), limit)


def comment_with_key(text: str, key: str, limit: int | None = None) -> str:
    """A comment with its key in the last line, in other words than an order's; at most `limit` characters."""
    return _joined(text, f"Twinwright addition: {key}", limit)


def _joined(text: str, footer: str, limit: int | None) -> str:
    # Evidence and notes are written by strangers: a line of theirs must not pass for one of ours.
    text = _OURS.sub(r"\1 (quoted):", text)
    whole = f"{text}\n\n{footer}"
    if limit is None or len(whole) <= limit:
        return whole
    return f"{text[: limit - len(footer) - len(_CUT) - 2]}{_CUT}\n\n{footer}"


def key_of(text: str | None, held: str | None = None) -> str | None:
    """An order's key: that of its text which the product's own field begins, else the field, else the text's first.

    What people write below our text later doesn't count.
    """
    keys = _KEY.findall(text or "")
    ours = [key for key in keys if held and key.lower().startswith(held.lower())]
    return next(iter([*ours, *([held] if held else []), *keys]), None)


def additions_in(text: str | None) -> list[str]:
    """The keys of the comments in a text."""
    return _ADDITION.findall(text or "")


def failure_mode_in(text: str | None) -> str | None:
    """The failure mode that a text of ours names, or None."""
    found = _FAILURE_MODE.search(text or "")
    return found[1].strip() if found else None


def cut(text: str, length: int) -> str:
    """One line of at most that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def slug(name: str) -> str:
    """A file's name for the header Slug (RFC 5023, 9.7): what isn't printable ASCII is percent-encoded."""
    return quote(name, safe="".join(chr(code) for code in range(32, 127) if chr(code) != "%"))


@dataclass(frozen=True)
class Words:
    """A product's words for states (many to one of ours) and priorities (one for each of ours)."""

    states: Mapping[str, OrderState]
    priorities: Mapping[Priority, str]

    def state(self, word: str, product: str) -> OrderState:
        """What a status means.

        Raises:
            CmmsAnswerError: nobody said what it means.
        """
        if word not in self.states:
            raise CmmsAnswerError(
                f"{product} has the status {word!r}, which isn't known; say what it means under [cmms.options]: "
                f'statuses = "{word} = open" (or in_progress, done, cancelled)'
            )
        return self.states[word]

    def meaning(self, *states: OrderState) -> list[str]:
        """The product's words that mean one of these."""
        return [word for word, state in self.states.items() if state in states]

    def priority(self, word: str | None) -> str | None:
        """P1 to P4, or the product's own word where it is none of those that we write."""
        return next((ours for ours, theirs in self.priorities.items() if theirs == word), word)


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    if any(not (left.strip() and right.strip()) for left, _, right in pairs):
        raise ValueError("write pairs such as: HOLD = open, FINI = done")
    return {left.strip(): right.strip() for left, _, right in pairs}


StateTable = Annotated[dict[str, OrderState], BeforeValidator(_pairs)]
PriorityTable = Annotated[dict[Priority, str], BeforeValidator(_pairs)]
Table = Annotated[dict[str, str], BeforeValidator(_pairs)]


class WordOptions(Options):
    """The part of ``[cmms.options]`` that these connectors share.

    Attributes:
        statuses: what the site's own statuses mean: ``"HOLD = open, FINI = done"``.
        priorities: what the site calls ours: ``"P1 = 1, P2 = 3"``.
    """

    statuses: StateTable = Field(default_factory=dict)
    priorities: PriorityTable = Field(default_factory=dict)

    def words(self, states: Mapping[str, OrderState], priorities: Mapping[Priority, str]) -> Words:
        """The product's usual words with the site's own over them."""
        return Words({**states, **self.statuses}, {**priorities, **self.priorities})


Rank = Literal["NONE", "LOW", "MEDIUM", "HIGH"]
RANKS: dict[Priority, str] = {"P1": "HIGH", "P2": "MEDIUM", "P3": "LOW", "P4": "NONE"}


class RankOptions(WordOptions):
    """The same for a product whose priorities are NONE, LOW, MEDIUM and HIGH."""

    @field_validator("priorities")
    @classmethod
    def _known(cls, value: dict[Priority, str]) -> dict[Priority, str]:
        if unknown := set(value.values()) - set(get_args(Rank)):
            raise ValueError(f"{sorted(unknown)[0]!r} is none of {', '.join(get_args(Rank))}")
        return value


@contextmanager
def made_already() -> Iterator[None]:
    """What fails in here fails after the change was made: its errors say so, and none reads like a refusal."""
    try:
        yield
    except (CmmsUnavailableError, CmmsAnswerError) as error:
        error.may_have_happened = True
        raise
    except CmmsError as error:
        raise CmmsUnavailableError(
            f"done, but it can't be read back: {error.message}", may_have_happened=True
        ) from error


class KeyedConnector(ABC):
    """The flow of each call of `protocol.Connector`; a product fills in the requests."""

    product: str

    def __init__(self, http: HttpClient, words: Words) -> None:
        self._http = http
        self._words = words

    @property
    def name(self) -> str:
        """The product, for people."""
        return self.product

    def check(self) -> list[str]:
        """Logs in, reads, and says what was found; writes nothing."""
        return self._found() + self._http.about_the_clock()

    def open_orders(self, assets: Sequence[str]) -> list[CmmsOrder]:
        """The orders on these assets that are neither done nor cancelled."""
        wanted = list(dict.fromkeys(assets))
        found = self._orders_on(wanted) if wanted else ()
        return [one for one in found if one.asset in wanted and one.state in ("open", "in_progress")]

    def by_key(self, key: str) -> CmmsOrder | None:
        """The oldest order with that key, whatever its state."""
        same = [one for one in self._orders_with(key) if one.key is not None and _same(one.key, key)]
        return min(same, key=lambda one: (one.created or _LONG_AGO, one.id), default=None)

    def create(self, order: NewOrder) -> CmmsOrder:
        """Makes one order, unless its asset isn't there (any more)."""
        if not self._has_asset(order.asset):
            raise CmmsMissingError(f"{self.product} has no asset {order.asset!r} (any more); match the twin anew")
        made = self._make(order)
        with made_already():
            return self.get(made)

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        """Adds a comment once for each key, to an order that is still open."""
        now = self.get(order.id)
        if any(key in additions_in(comment) for comment in self._comments(order.id)):
            return now
        if now.state not in ("open", "in_progress"):
            raise CmmsRefusedError(f"{self.product}: order {now.id} is {now.status} in the meantime; nothing was added")
        self._comment(order, text, key)
        with made_already():
            return self.get(order.id)

    def attach(self, order: str, attachment: Attachment) -> None:
        """Adds a file, unless one of that name is there already."""
        names = set(self._files(order))
        # A product may keep a name as the header brought it (RFC 5023, 9.7.1), percent-encoded.
        if attachment.name not in names | {unquote(name) for name in names}:
            self._send_file(order, attachment)

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        """Orders that changed at or after `since`, oldest change first.

        They are read in an order that no change can upset, and sorted here: paging by time of change skips an order
        when another one is changed while we read.
        """
        changed = [(one.changed or one.created or _LONG_AGO, one) for one in self._changed(since)]
        changed.sort(key=lambda pair: (pair[0], pair[1].id))
        yield from (one for time, one in changed if since is None or time >= since)

    @abstractmethod
    def get(self, order: str) -> CmmsOrder:
        """One order, as it stands."""

    @abstractmethod
    def assets(self) -> Iterator[CmmsAsset]:
        """Every asset, page by page."""

    @abstractmethod
    def _found(self) -> list[str]:
        """What `check` says."""

    @abstractmethod
    def _orders_on(self, assets: list[str]) -> Iterable[CmmsOrder]:
        """At least the open orders on these assets."""

    @abstractmethod
    def _orders_with(self, key: str) -> Iterable[CmmsOrder]:
        """At least the orders with that key."""

    @abstractmethod
    def _changed(self, since: datetime | None) -> Iterable[CmmsOrder]:
        """At least the orders that changed since, in any order."""

    @abstractmethod
    def _has_asset(self, asset: str) -> bool:
        """Whether work can be ordered on it."""

    @abstractmethod
    def _make(self, order: NewOrder) -> str:
        """Makes it and returns its id."""

    @abstractmethod
    def _comments(self, order: str) -> Iterable[str]:
        """The comments on an order."""

    @abstractmethod
    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        """Adds one; conditional on `order.version` where the product can do that."""

    @abstractmethod
    def _files(self, order: str) -> Iterable[str]:
        """The names of the files on an order."""

    @abstractmethod
    def _send_file(self, order: str, attachment: Attachment) -> None:
        """Adds one."""


def _same(held: str, key: str) -> bool:
    """Whether a key that may have been cut to a field's length is this one."""
    return held == key or (len(held) >= _LEAST_KEY and key.startswith(held))
