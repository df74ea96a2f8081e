"""Searching in Request Tracker: page by page along ascending ids, and the texts and files of tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from ..http import HttpClient
from .mapping import Identified, either, plain_text

API = "REST/2.0"
# The most that it gives at once.
PER_PAGE = 100
# The links of an asset name every ticket that it ever had.
ASSETS_PER_PAGE = 25
# A message may have parts; with some room left, a page still holds those of so many transactions.
_MESSAGES = 90


T = TypeVar("T", bound=Identified)


class Page(BaseModel, Generic[T]):
    """A page of a search; `pages` is None where the account's rights keep Request Tracker from counting."""

    items: list[T]
    pages: float | None = None


class _Transaction(Identified):
    ticket: int = Field(alias="ObjectId")


class _Message(Identified):
    transaction: int = Field(alias="TransactionId")
    media_type: str = Field(alias="ContentType")
    file: str = Field(alias="Filename")
    content: str = Field(alias="Content")


class _File(Identified):
    file: str = Field(alias="Filename")


class Search:
    """Searches through one client."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def tickets(self, query: str, page: type[Page[T]], fields: str) -> Iterator[T]:
        """Tickets that a TicketSQL query finds, by ascending id."""
        return self.by_id("tickets", query, page, fields)

    def spans(self, query: str) -> Iterator[str]:
        """A query cut into queries that find about a page each, by ranges of ids.

        Ids alone cost the server a tenth of what fields and links do, and ranges may then be asked for side by side.
        """
        last = 0
        for some in self._pages("tickets", query, Page[Identified], "Subject"):
            first, last = last, max(one.id for one in some)
            yield f"({query}) AND id > {first} AND id <= {last}"

    def by_id(self, path: str, query: str, page: type[Page[T]], fields: str) -> Iterator[T]:
        """What a query finds, by ascending id."""
        for some in self._pages(path, query, page, fields):
            yield from some

    def _pages(self, path: str, query: str, page: type[Page[T]], fields: str) -> Iterator[list[T]]:
        """Each page begins after the last id, so that changes shift nothing."""
        last = 0
        while True:
            params: dict[str, str | int] = {
                "query": f"({query}) AND id > {last}",
                "fields": fields,
                "orderby": "id",
                "per_page": ASSETS_PER_PAGE if path == "assets" else PER_PAGE,
            }
            found = self._http.read(f"{API}/{path}", page, params=params).value
            if found.items:
                yield found.items
            if not found.items or (found.pages is not None and found.pages <= 1):
                return
            last = max(last, *(item.id for item in found.items))

    def texts(self, tickets: Sequence[int]) -> dict[int, list[str]]:
        """What was written on each ticket by opening it, commenting or replying, oldest first, as plain text."""
        if not tickets:
            return {}
        query = (
            f"ObjectType = 'RT::Ticket' AND {either('TicketId', map(str, tickets))} "
            "AND (Type = 'Create' OR Type = 'Comment' OR Type = 'Correspond')"
        )
        of = {one.id: one.ticket for one in self.by_id("transactions", query, Page[_Transaction], "ObjectId")}
        parts: dict[int, list[str]] = {}
        transactions = list(of)
        for begin in range(0, len(transactions), _MESSAGES):
            conditions = [("TransactionId", str(one)) for one in transactions[begin : begin + _MESSAGES]]
            conditions += [("ContentType", kind) for kind in ("text/plain", "text/html")]
            for message in self._attachments(conditions, Page[_Message], "TransactionId,ContentType,Filename,Content"):
                if not message.file and message.content.strip():
                    text = plain_text(message.content, message.media_type)
                    parts.setdefault(of[message.transaction], []).append(text)
        return parts

    def files(self, path: str) -> Iterator[str]:
        """The names of the files on the ticket at a path."""
        number = 1
        while True:
            params: dict[str, str | int] = {"page": number, "per_page": PER_PAGE}
            found = self._http.read(f"{path}/attachments", Page[Identified], params=params).value.items
            if not found:
                return
            # Asked for there, the field would make Request Tracker 5.0.3 answer 500.
            conditions = [("id", str(one.id)) for one in found]
            yield from (one.file for one in self._attachments(conditions, Page[_File], "Filename") if one.file)
            number += 1

    def _attachments(self, conditions: Sequence[tuple[str, str]], page: type[Page[T]], fields: str) -> Iterator[T]:
        """By JSON search: conditions on one field are alternatives, those on different fields must all hold."""
        search = [{"field": field, "value": value} for field, value in conditions]
        number = 1
        while True:
            params: dict[str, str | int] = {"page": number, "per_page": PER_PAGE, "fields": fields, "orderby": "id"}
            found = self._http.read(f"{API}/attachments", page, params=params, method="POST", json=search).value
            yield from found.items
            if len(found.items) < PER_PAGE:
                return
            number += 1
