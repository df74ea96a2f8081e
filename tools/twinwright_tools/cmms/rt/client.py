"""The connector for Request Tracker 5.

What its REST 2 interface leaves open is closed here, as seen on 5.0.3: a custom field or a link that doesn't exist is
left out of a new ticket without a word; a refused transition is answered with 200 and a sentence; `If-Match` holds for
a ticket but not for a comment; times in TicketSQL are in the zone of the account, whatever zone they name.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import quote

from pydantic import BaseModel, Field

from ...errors import CmmsError, CmmsMissingError, CmmsRefusedError, CmmsUnavailableError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth, basic
from ..credentials import Credentials
from ..http import HttpClient, client_of
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..site import read_options
from .mapping import (
    ASSET_FIELDS,
    TICKET_FIELDS,
    Asset,
    Identified,
    RtOptions,
    Ticket,
    either,
    file_name,
    from_order,
    mark,
    quoted,
    to_asset,
    to_order,
)
from .search import API, PER_PAGE, Page, Search

# TicketSQL takes times in the account's zone, which we can't see; zones lie within 14 hours of UTC.
_ANY_ZONE = timedelta(hours=24)
_ENDED = ("done", "cancelled")


class _Version(BaseModel):
    version: str = Field(alias="Version")


class _FieldName(BaseModel):
    name: str


class _Queue(Identified):
    fields: list[_FieldName] = Field(alias="TicketCustomFields")


class _Changed(Identified):
    changed: datetime = Field(alias="LastUpdated")


class RequestTracker:
    """Work orders as tickets of one queue, linked to assets of one catalog (`refers-to`)."""

    name = "Request Tracker"

    def __init__(self, http: HttpClient, options: RtOptions) -> None:
        self._http = http
        self._options = options
        self._search = Search(http)
        self._fields_checked = False

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for a site; nothing is sent yet."""
        options = read_options(config, folder, RtOptions)
        if credentials.token is not None:
            auth = HeaderAuth(credentials.token, scheme="token")
            return cls(client_of(config, folder, cls.name, lambda _: auth, credentials.secrets()), options)
        user, password = credentials.login(cls.name)
        return cls(client_of(config, folder, cls.name, lambda _: basic(user, password), credentials.secrets()), options)

    def check(self) -> list[str]:
        """Logs in, reads, and says in a few lines what was found; writes nothing."""
        version = self._http.read(f"{API}/rt", _Version).value.version
        self._check_fields()
        first = next(self.assets(), None)
        found = [
            f"Request Tracker {version}",
            f"queue {self._options.queue} with the fields {self._options.key_field} and {self._options.mode_field}",
            f"catalog {self._options.catalog}: {f'first asset {first.name}' if first else 'no assets'}",
        ]
        return found + self._http.about_the_clock()

    def assets(self) -> Iterator[CmmsAsset]:
        """Every asset of the catalog that isn't deleted, page by page."""
        query = f"Catalog = {quoted(self._options.catalog)}"
        for asset in self._search.by_id("assets", query, Page[Asset], ASSET_FIELDS):
            if asset.status != "deleted":
                yield to_asset(asset, self._options)

    def open_orders(self, assets: Sequence[str]) -> list[CmmsOrder]:
        """The tickets that refer to these assets and are neither done nor cancelled, in whatever queue they stand."""
        found: dict[str, CmmsOrder] = {}
        for begin in range(0, len(assets), PER_PAGE):
            wanted = either("RefersTo", [f"asset:{one}" for one in assets[begin : begin + PER_PAGE]])
            for ticket in self._search.tickets(f"{wanted} AND Status = '__Active__'", Page[Identified], "Subject"):
                found[str(ticket.id)] = self.get(str(ticket.id))
        return [order for order in found.values() if order.state not in _ENDED]

    def by_key(self, key: str) -> CmmsOrder | None:
        """The ticket with that key; the first, if there should be several. Deleted tickets aren't found."""
        first = self._first_with(key)
        return None if first is None else self.get(str(first))

    def _first_with(self, key: str) -> int | None:
        query = f"'CF.{{{self._options.key_field}}}' = {quoted(key)}"
        first = next(self._search.tickets(query, Page[Identified], "Subject"), None)
        return None if first is None else first.id

    def get(self, order: str) -> CmmsOrder:
        """One order, as it stands."""
        answer = self._http.read(f"{API}/ticket/{quote(order, safe='')}", Ticket)
        texts = self._search.texts([answer.value.id])
        return self._order(answer.value, texts, answer.headers.get("etag"))

    def create(self, order: NewOrder) -> CmmsOrder:
        """Makes one ticket; where one of that key turns up beside it, the later one is withdrawn."""
        self._check_asset(order.asset)
        self._check_fields()
        made = self._http.write("POST", f"{API}/ticket", Identified, json=from_order(order, self._options)).value
        try:
            first = self._first_with(order.key)
            if first == made.id:
                return self._linked(order, str(made.id))
            self.transition(self.get(str(made.id)), self._options.withdrawn)
            if first is not None:
                return self.get(str(first))
        except CmmsError as error:
            raise self._unclear(f"ticket {made.id} was made, but couldn't be read back", error) from error
        raise CmmsRefusedError(
            f"Request Tracker didn't keep the key of ticket {made.id}, which was withdrawn; may the account set "
            f"the field {self._options.key_field!r}?"
        )

    def _linked(self, order: NewOrder, ticket: str) -> CmmsOrder:
        """The ticket that was made, with its link to the asset, which Request Tracker may have dropped."""
        made = self.get(ticket)
        if made.asset == order.asset:
            return made
        link = {"AddRefersTo": f"asset:{order.asset}"}
        self._http.write("PUT", f"{API}/ticket/{ticket}", object, json=link)
        linked = self.get(ticket)
        if linked.asset != order.asset:
            raise CmmsMissingError(f"ticket {ticket} was made, but can't be linked to asset {order.asset}")
        return linked

    def transition(self, order: CmmsOrder, status: str) -> CmmsOrder:
        """Moves an order to another status of its lifecycle, if it is still as we know it.

        Raises:
            CmmsRefusedError: its lifecycle or our rights don't allow that; in Request Tracker's own words.
        """
        headers = {"If-Match": order.version} if order.version else {}
        path = f"{API}/ticket/{order.id}"
        said = self._http.write("PUT", path, list[str | None], json={"Status": status}, headers=headers).value
        moved = self.get(order.id)
        if moved.status != status:
            words = " ".join(one for one in said if one)
            raise CmmsRefusedError(f"Request Tracker refused: {words or f'ticket {order.id} stays {moved.status}'}")
        return moved

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        """Adds a comment, once for each key.

        A comment takes no `If-Match`, so the ticket is first held against `order.version` with an empty change:
        somebody else's change in the moment between the two isn't noticed.
        """
        held = self.get(order.id)
        if self._search.has_attachment(order.id, "Subject", mark(key)):
            return held
        if held.state in _ENDED:
            raise CmmsRefusedError(f"ticket {order.id} is {held.status}: nothing is added to a closed order")
        if order.version:
            path = f"{API}/ticket/{order.id}"
            self._http.write("PUT", path, object, json={}, headers={"If-Match": order.version})
        comment = {"Subject": mark(key), "Content": f"{text}\n\nTwinwright, key {key}", "ContentType": "text/plain"}
        self._http.write("POST", f"{API}/ticket/{order.id}/comment", object, json=comment)
        try:
            return self.get(order.id)
        except CmmsError as error:
            raise self._unclear(f"the comment on ticket {order.id} was added, but can't be read", error) from error

    def attach(self, order: str, attachment: Attachment) -> None:
        """Adds a file in a comment, unless one of that name is there already."""
        name = file_name(attachment.name)
        if self._search.has_attachment(order, "Filename", name):
            return
        body = {
            "Content": f"Attached: {attachment.name}",
            "ContentType": "text/plain",
            "Attachments": [
                {
                    "FileName": name,
                    "FileType": attachment.media_type,
                    "FileContent": base64.b64encode(attachment.content).decode(),
                }
            ],
        }
        self._http.write("POST", f"{API}/ticket/{quote(order, safe='')}/comment", object, json=body)

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        """Tickets of the queue that changed at or after `since`, oldest change first.

        What changed is listed first, by id, so that a ticket that changes meanwhile is neither skipped nor read twice;
        `changed` is what it was then, and what changes later comes with the next import.
        """
        query = f"Queue = {quoted(self._options.queue)}"
        if since is not None:
            query += f" AND LastUpdated >= {quoted((since.astimezone(UTC) - _ANY_ZONE).strftime('%Y-%m-%d %H:%M:%S'))}"
        listed = self._search.tickets(query, Page[_Changed], "LastUpdated")
        # Request Tracker keeps whole seconds.
        from_then = None if since is None else since.replace(microsecond=0)
        changed = [one for one in listed if from_then is None or one.changed >= from_then]
        changed.sort(key=lambda one: (one.changed, one.id))
        for begin in range(0, len(changed), PER_PAGE):
            yield from self._read_past(changed[begin : begin + PER_PAGE])

    def _read_past(self, changed: Sequence[_Changed]) -> Iterator[CmmsOrder]:
        query = either("id", [str(one.id) for one in changed])
        tickets = {one.id: one for one in self._search.tickets(query, Page[Ticket], TICKET_FIELDS)}
        texts = self._search.texts(list(tickets))
        for one in changed:
            if one.id in tickets:
                order = self._order(tickets[one.id], texts, None)
                yield order.model_copy(update={"changed": one.changed})

    def _order(self, ticket: Ticket, texts: dict[int, str], version: str | None) -> CmmsOrder:
        url = f"{self._http.site.url}/Ticket/Display.html?id={ticket.id}"
        return to_order(ticket, texts.get(ticket.id, ""), version, url, self._options)

    def _check_asset(self, asset: str) -> None:
        found = self._http.read(f"{API}/asset/{quote(asset, safe='')}", Asset).value
        if found.status == "deleted":
            raise CmmsMissingError(f"asset {asset} ({found.name}) is deleted in Request Tracker; match its twin again")

    def _check_fields(self) -> None:
        """A field that isn't there would be dropped in silence, and with it the key."""
        if self._fields_checked:
            return
        queue = self._http.read(f"{API}/queue/{quote(self._options.queue, safe='')}", _Queue).value
        there = {one.name for one in queue.fields}
        for wanted in (self._options.key_field, self._options.mode_field):
            if wanted not in there:
                known = ", ".join(sorted(there)) or "none"
                raise CmmsRefusedError(
                    f"queue {self._options.queue} has no custom field {wanted!r} that this account may see (it has "
                    f"{known}); see docs/connect-cmms.md"
                )
        self._fields_checked = True

    @staticmethod
    def _unclear(what: str, error: CmmsError) -> CmmsUnavailableError:
        return CmmsUnavailableError(f"{what}: {error.message}", may_have_happened=True)
