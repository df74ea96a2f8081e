"""The requests to Atlas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from ...errors import CmmsAnswerError, CmmsMissingError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth, OAuth
from ..credentials import Credentials
from ..http import HttpClient, client_of
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..redaction import Redactor
from ..shared import RANKS, KeyedConnector, comment_with_key
from ..site import read_options
from .mapping import (
    PRODUCT,
    STATES,
    Asset,
    AtlasOptions,
    Comment,
    Found,
    Named,
    Request,
    Usage,
    WorkOrder,
    asset,
    criteria,
    stamp,
)

_PAGE = 100
# A date in a search is read in the zone of the server's process, though it ends in Z; zones lie within 14 hours of UTC.
_ANY_ZONE = timedelta(hours=24)
Row = TypeVar("Row", WorkOrder, Request, Asset)


class Atlas(KeyedConnector):
    """The work orders of one company in Atlas."""

    product = PRODUCT

    def __init__(self, http: HttpClient, options: AtlasOptions) -> None:
        super().__init__(http, options.words(STATES, RANKS))
        self._usage = Usage(options, self._words)
        self._options = options

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for a server; nothing is sent yet. `[cmms] url` is that of the API.

        A token is an API key; with user and password it signs in.

        Raises:
            ConfigError: an option is missing or wrong.
            CmmsLoginError: neither a token nor user and password were given.
        """
        options = read_options(config, folder, AtlasOptions)
        url = (config.url or "").rstrip("/")
        http = client_of(
            config, folder, PRODUCT, lambda redactor: _auth(url, credentials, redactor), credentials.secrets()
        )
        return cls(http, options)

    def assets(self) -> Iterator[CmmsAsset]:
        """The company's assets that aren't archived."""
        for one in self._search("assets", Found[Asset]):
            if not one.archived:
                yield asset(one)

    def get(self, order: str) -> CmmsOrder:
        """The work order of that id."""
        return self._usage.order(self._held(order))

    def _held(self, order: str) -> WorkOrder:
        return self._http.read(f"work-orders/{_number(order)}", WorkOrder).value

    def _found(self) -> list[str]:
        lines = [PRODUCT]
        for what, path in (("assets", "assets"), ("work orders", "work-orders")):
            asked = criteria(0, 1)
            page = self._http.read(f"{path}/search", Found[dict[str, Any]], method="POST", json=asked).value
            lines.append(f"{'some' if page.total is None else page.total} {what}")
        return lines

    def _search(self, path: str, kind: type[Found[Row]], *fields: dict[str, Any]) -> Iterator[Row]:
        last = 0
        for number in count():
            asked = criteria(number, _PAGE, *fields)
            rows = self._http.read(f"{path}/search", kind, method="POST", json=asked).value.content
            if rows and rows[0].id <= last:
                raise CmmsAnswerError(f"{PRODUCT} answered {path}/search with page {number} out of order, or again")
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1].id

    def _orders_on(self, assets: list[str]) -> Iterator[CmmsOrder]:
        for one in assets:
            try:
                found = self._http.read(f"work-orders/asset/{_number(one)}", list[WorkOrder]).value
            except CmmsMissingError:
                continue
            yield from map(self._usage.order, found)

    def _orders_with(self, key: str) -> Iterator[CmmsOrder]:
        contains = {"field": self._options.key_field, "operation": "cn", "value": key}
        return map(self._usage.order, self._search("work-orders", Found[WorkOrder], contains))

    def _changed(self, since: datetime | None) -> Iterator[CmmsOrder]:
        fields = []
        if since is not None:
            edge = stamp(since - _ANY_ZONE)
            fields.append({"field": "updatedAt", "operation": "ge", "value": edge, "enumName": "JS_DATE"})
        if self._options.records == "requests":
            return map(self._usage.request, self._search("requests", Found[Request], *fields))
        return map(self._usage.order, self._search("work-orders", Found[WorkOrder], *fields))

    def _has_asset(self, asset: str) -> bool:
        try:
            return not self._http.read(f"assets/{_number(asset)}", Asset).value.archived
        except CmmsMissingError:
            return False

    def _make(self, order: NewOrder) -> str:
        return str(self._http.write("POST", "work-orders", Named, json=self._usage.document(order)).value.id)

    def _comments(self, order: str) -> Iterator[str]:
        path = f"comments/search/{_number(order)}"
        for one in self._http.read(path, list[Comment], method="POST").value:
            if one.content:
                yield one.content

    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        document = {"workOrder": {"id": int(order.id)}, "content": comment_with_key(text, key), "files": []}
        self._http.write("POST", "comments", Named, json=document)

    def _files(self, order: str) -> Iterable[str]:
        return [one.name for one in self._held(order).files if one.name]

    def _send_file(self, order: str, attachment: Attachment) -> None:
        """Uploads it, then links it; an upload whose link fails belongs to no order, and the next try uploads anew."""
        kind = "IMAGE" if attachment.media_type.startswith("image/") else "OTHER"
        stored = self._http.write(
            "POST",
            "files/upload",
            list[Named],
            data={"folder": self._options.folder, "hidden": "false", "type": kind},
            files={"files": (attachment.name, attachment.content, attachment.media_type)},
        ).value
        links = [{"id": one.id} for one in stored]
        self._http.write("PATCH", f"work-orders/files/{_number(order)}/add", object, json=links)


class SignIn(OAuth):
    """A token for user and password; Atlas wants them as JSON, and gives tokens that hold for an hour by default."""

    def _ask(self) -> httpx.Request:
        return httpx.Request("POST", self._token_url, json=self._form, headers={"Accept": "application/json"})


def _auth(url: str, credentials: Credentials, redactor: Redactor) -> httpx.Auth:
    if credentials.token is not None:
        return HeaderAuth(credentials.token, header="X-API-Key", scheme="")
    user, password = credentials.login(PRODUCT)
    form = {"email": user, "password": password.get_secret_value(), "type": "CLIENT"}
    return SignIn(PRODUCT, f"{url}/auth/signin", form, redactor.learn)


def _number(id_: str) -> int:
    """An id as Atlas has them.

    Raises:
        CmmsMissingError: it is none.
    """
    if not (id_.isascii() and id_.isdigit()):
        raise CmmsMissingError(f"{PRODUCT} has nothing with the id {id_!r}")
    return int(id_)
