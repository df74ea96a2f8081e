"""The requests to Request Tracker.

What its REST 2 interface leaves open is closed here, as seen on 5.0.3: a custom field or a link that doesn't exist is
left out of a new ticket without a word; a refused transition is answered with 200 and a sentence; `If-Match` holds for
a ticket but not for a comment; times in TicketSQL are in the zone of the account, whatever zone they name.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field

from ...errors import CmmsMissingError, CmmsRefusedError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth, basic
from ..credentials import Credentials
from ..http import HttpClient, client_of
from ..parallel import side_by_side
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..shared import KeyedConnector, comment_with_key, made_already
from ..site import read_options
from .mapping import (
    ASSET_FIELDS,
    PRIORITIES,
    PRODUCT,
    STATES,
    TICKET_FIELDS,
    Asset,
    Identified,
    Link,
    Record,
    RtOptions,
    Ticket,
    Usage,
    either,
    file_name,
    from_order,
    quoted,
    to_asset,
    to_order,
)
from .search import API, PER_PAGE, Page, Search

# TicketSQL takes times in the account's zone, which we can't see; zones lie within 14 hours of UTC.
_ANY_ZONE = timedelta(hours=24)


class _Version(BaseModel):
    version: str = Field(alias="Version")


class _FieldName(BaseModel):
    name: str


class _Queue(Identified):
    fields: list[_FieldName] = Field(alias="TicketCustomFields")


class RequestTracker(KeyedConnector):
    """Work orders as tickets of one queue, linked to assets of one catalog (`refers-to`)."""

    product = PRODUCT

    def __init__(self, http: HttpClient, options: RtOptions) -> None:
        super().__init__(http, options.words(STATES, PRIORITIES))
        self._options = options
        self._usage = Usage(options, self._words, http.site.url)
        self._search = Search(http)
        self._fields_checked = False

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for a server; nothing is sent yet. Credentials are a token, or a user with password.

        Raises:
            ConfigError: an option is missing or wrong.
            CmmsLoginError: no credentials were given.
        """
        options = read_options(config, folder, RtOptions)
        http = client_of(config, folder, PRODUCT, lambda _: _auth(credentials), credentials.secrets())
        return cls(http, options)

    def assets(self) -> Iterator[CmmsAsset]:
        """Every asset of the catalog that isn't deleted, page by page."""
        yield from (to_asset(asset, self._usage) for asset in self._assets())

    def _assets(self) -> Iterator[Asset]:
        query = f"Catalog = {quoted(self._options.catalog)}"
        found = self._search.by_id("assets", query, Page[Asset], ASSET_FIELDS)
        return (asset for asset in found if asset.status != "deleted")

    def get(self, order: str) -> CmmsOrder:
        """One order, as it stands."""
        answer = self._http.read(_path("ticket", order), Ticket)
        texts = self._search.texts([answer.value.id])
        return self._order(answer.value, texts, answer.headers.get("etag"))

    def transition(self, order: CmmsOrder, status: str) -> CmmsOrder:
        """Moves an order to another status of its lifecycle, if it is still as we know it.

        Raises:
            CmmsRefusedError: its lifecycle or our rights don't allow that; in Request Tracker's own words.
        """
        headers = {"If-Match": order.version} if order.version else {}
        path = _path("ticket", order.id)
        said = self._http.write("PUT", path, list[str | None], json={"Status": status}, headers=headers).value
        with made_already():
            moved = self.get(order.id)
        if moved.status != status:
            words = " ".join(one for one in said if one)
            raise CmmsRefusedError(f"{PRODUCT} refused: {words or f'ticket {order.id} stays {moved.status}'}")
        return moved

    def _found(self) -> list[str]:
        version = self._http.read(f"{API}/rt", _Version).value.version
        self._check_fields()
        usage = self._options
        return [
            f"{PRODUCT} {version}",
            f"queue {usage.queue} has the fields {usage.key_field} and {usage.mode_field}",
            f"catalog {usage.catalog} has {sum(1 for _ in self.assets())} assets",
        ]

    def _orders_on(self, assets: list[str]) -> Iterator[CmmsOrder]:
        for begin in range(0, len(assets), PER_PAGE):
            wanted = either("RefersTo", [f"asset:{one}" for one in assets[begin : begin + PER_PAGE]])
            yield from self._with_versions(f"{wanted} AND Status = '__Active__'")

    def _orders_with(self, key: str) -> Iterator[CmmsOrder]:
        return self._with_versions(f"'CF.{{{self._options.key_field}}}' = {quoted(key)}")

    def _with_versions(self, query: str) -> Iterator[CmmsOrder]:
        """Only a ticket that is asked for by itself comes with its version."""
        for ticket in self._search.tickets(query, Page[Identified], "Subject"):
            yield self.get(str(ticket.id))

    def _changed(self, since: datetime | None) -> Iterator[CmmsOrder]:
        query = f"Queue = {quoted(self._options.queue)}"
        if since is not None:
            early = since.astimezone(UTC) - _ANY_ZONE
            query += f" AND LastUpdated >= {quoted(early.strftime('%Y-%m-%d %H:%M:%S'))}"
        # Links cost the server most; where all tickets are wanted, their assets name them for a tenth of that.
        links = self._links() if since is None else None
        spans = self._search.spans(query)
        for some in side_by_side(lambda span: self._span(span, links), spans, self._options.at_once):
            yield from some

    def _links(self) -> dict[int, Link]:
        """The asset that each ticket refers to: the oldest, as `Record.linked` has it."""
        found: dict[int, Link] = {}
        for asset in self._assets():
            for ticket in asset.tickets:
                found.setdefault(ticket, Link(ref="refers-to", type="asset", id=asset.id))
        return found

    def _span(self, query: str, links: Mapping[int, Link] | None) -> list[CmmsOrder]:
        more = ",_hyperlinks" if links is None else ""
        tickets = list(self._search.tickets(query, Page[Ticket], TICKET_FIELDS + more))
        # Custom fields cost as much as all else together, and tickets of the time before Twinwright have none of ours.
        names = (self._options.key_field, self._options.mode_field)
        filled = " OR ".join(f"'CF.{{{name}}}' IS NOT NULL" for name in names)
        ours = self._search.tickets(f"({query}) AND ({filled})", Page[Record], "CustomFields")
        fields = {one.id: one.fields for one in ours}
        for one in tickets:
            one.fields = fields.get(one.id, [])
            if links is not None:
                one.links = [links[one.id]] if one.id in links else []
        texts = self._search.texts([one.id for one in tickets])
        return [self._order(one, texts, None) for one in tickets]

    def _order(self, ticket: Ticket, texts: dict[int, list[str]], version: str | None) -> CmmsOrder:
        return to_order(ticket, "\n\n".join(texts.get(ticket.id, [])), version, self._usage)

    def _has_asset(self, asset: str) -> bool:
        try:
            return self._http.read(_path("asset", asset), Asset).value.status != "deleted"
        except CmmsMissingError:
            return False

    def _make(self, order: NewOrder) -> str:
        """Makes a ticket; where one with that key turns up beside it, ours is withdrawn and the other one named."""
        self._check_fields()
        made = self._http.write("POST", f"{API}/ticket", Identified, json=from_order(order, self._usage)).value
        with made_already():
            first = self.by_key(order.key)
            if first is not None and first.id == str(made.id):
                return self._linked(first, order.asset)
            self.transition(self.get(str(made.id)), self._options.withdrawn)
        if first is None:
            raise CmmsRefusedError(
                f"{PRODUCT} didn't keep the key of ticket {made.id}, which was withdrawn; may the account set the "
                f"field {self._options.key_field!r}?"
            )
        return first.id

    def _linked(self, made: CmmsOrder, asset: str) -> str:
        """Sees to the link to the asset, which Request Tracker may have dropped."""
        if made.asset != asset:
            link = {"AddRefersTo": f"asset:{asset}"}
            self._http.write("PUT", f"{API}/ticket/{made.id}", object, json=link)
            if self.get(made.id).asset != asset:
                raise CmmsMissingError(f"ticket {made.id} was made, but can't be linked to asset {asset}")
        return made.id

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

    def _comments(self, order: str) -> Iterable[str]:
        return self._search.texts([int(order)]).get(int(order), [])

    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        """A comment takes no `If-Match`, so the ticket is first held against `order.version` with an empty change.

        Somebody else's change in the moment between the two isn't noticed.
        """
        if order.version:
            path = _path("ticket", order.id)
            self._http.write("PUT", path, object, json={}, headers={"If-Match": order.version})
        comment = {"Content": comment_with_key(text, key), "ContentType": "text/plain"}
        self._http.write("POST", f"{_path('ticket', order.id)}/comment", object, json=comment)

    def _files(self, order: str) -> Iterable[str]:
        return self._search.files(_path("ticket", order))

    def attach(self, order: str, attachment: Attachment) -> None:
        """Adds a file in a comment, unless one of that name is there already; see `file_name`."""
        super().attach(order, Attachment(file_name(attachment.name), attachment.media_type, attachment.content))

    def _send_file(self, order: str, attachment: Attachment) -> None:
        content = base64.b64encode(attachment.content).decode()
        file = {"FileName": attachment.name, "FileType": attachment.media_type, "FileContent": content}
        body = {"Content": f"Attached: {attachment.name}", "ContentType": "text/plain", "Attachments": [file]}
        self._http.write("POST", f"{_path('ticket', order)}/comment", object, json=body)


def _path(kind: str, number: str) -> str:
    """Where a record stands.

    Raises:
        CmmsMissingError: this can be no record's id.
    """
    if not (number.isascii() and number.isdigit()):
        raise CmmsMissingError(f"{PRODUCT} has no {kind} {number!r}: its ids are numbers")
    return f"{API}/{kind}/{number}"


def _auth(credentials: Credentials) -> httpx.Auth:
    if credentials.token is not None:
        return HeaderAuth(credentials.token, scheme="token")
    return basic(*credentials.login(PRODUCT))
