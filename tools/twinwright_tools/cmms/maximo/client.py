"""The requests to Maximo."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, SecretStr

from ...errors import CmmsMissingError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth
from ..credentials import Credentials
from ..http import Answer, HttpClient, Params, client_of
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..redaction import Redactor
from ..shared import KeyedConnector, comment_with_key, slug
from ..site import read_options
from .mapping import (
    ASSET_FIELDS,
    ORDER_FIELDS,
    PRIORITIES,
    PRODUCT,
    REQUEST_FIELDS,
    STATES,
    Assets,
    Counted,
    Documents,
    LogPage,
    MaximoOptions,
    ServiceRequests,
    Usage,
    WorkOrder,
    WorkOrders,
    asset,
    literal,
)

_PAGE = 200
# The attribute "description" of a work log holds this much.
_MOST_LOG_TITLE = 100
Paged = TypeVar("Paged", WorkOrders, ServiceRequests, Assets)


class Made(BaseModel):
    """What a create with the header ``properties`` answers."""

    wonum: str


class Maximo(KeyedConnector):
    """One site of one Maximo."""

    product = PRODUCT

    def __init__(self, http: HttpClient, options: MaximoOptions, route: str) -> None:
        super().__init__(http, options.words(STATES, PRIORITIES))
        self._usage = Usage(options, self._words)
        self._options = options
        self._orders_path = f"{route}/os/{options.work_orders.lower()}"
        self._requests_path = f"{route}/os/{options.requests.lower()}"
        self._assets_path = f"{route}/os/{options.assets.lower()}"

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for a site; nothing is sent yet. `[cmms] url` ends in ``/maximo``.

        A token is an API key (route ``api``); user and password go out as ``maxauth`` (route ``oslc``).

        Raises:
            ConfigError: an option is missing or wrong.
            CmmsLoginError: neither a token nor user and password were given.
        """
        options = read_options(config, folder, MaximoOptions)
        http = client_of(
            config,
            folder,
            PRODUCT,
            lambda redactor: _auth(credentials, redactor),
            credentials.secrets(),
            explain=explain,
        )
        return cls(http, options, options.api or ("api" if credentials.token else "oslc"))

    def assets(self) -> Iterator[CmmsAsset]:
        """The site's assets; a parent is an asset of the same site."""
        for page in self._pages(self._assets_path, Assets, self._here(), ASSET_FIELDS, "+assetnum"):
            yield from (asset(one) for one in page.member)

    def get(self, order: str) -> CmmsOrder:
        """The work order of that number (WONUM)."""
        return self._usage.order(self._held(order))

    def _held(self, order: str) -> WorkOrder:
        found = next(self._work_orders(f"wonum={literal(order)}"), None)
        if found is None:
            raise CmmsMissingError(f"{PRODUCT} has no work order {order!r} at site {self._options.site} (any more)")
        return found

    def _found(self) -> list[str]:
        lines = [f"{PRODUCT}, site {self._options.site}"]
        asked: dict[str, str | int] = {
            "lean": 1,
            "oslc.where": self._here(),
            "oslc.select": "siteid",
            "oslc.pageSize": 1,
            "collectioncount": 1,
        }
        for what, path in (("assets", self._assets_path), ("work orders", self._orders_path)):
            counted = self._http.read(path, Counted, params=asked).value
            lines.append(f"{counted.info.total} {what} ({path.rpartition('/')[2]})")
        return lines

    def _here(self, *conditions: str) -> str:
        return " and ".join((f"siteid={literal(self._options.site)}", *conditions))

    def _pages(self, path: str, kind: type[Paged], where: str, select: str, order: str) -> Iterator[Paged]:
        asked: dict[str, str | int] = {
            "lean": 1,
            "oslc.where": where,
            "oslc.select": select,
            "oslc.orderBy": order,
            "oslc.pageSize": _PAGE,
        }

        def following(answer: Answer[Paged]) -> tuple[str, Params] | None:
            # The link may name the server by a name that only it knows, so that its page is asked for by number.
            info = answer.value.info
            return (path, {**asked, "pageno": (info.pagenum or 1) + 1}) if info.next_page else None

        return self._http.pages(path, kind, following, params=asked)

    def _work_orders(self, *conditions: str) -> Iterator[WorkOrder]:
        fields = f"{ORDER_FIELDS},{self._options.key_field}"
        for page in self._pages(self._orders_path, WorkOrders, self._here(*conditions), fields, "+workorderid"):
            yield from (one for one in page.member if not one.istask)

    def _orders_on(self, assets: list[str]) -> Iterator[CmmsOrder]:
        # Known final statuses are left out; an unknown one comes in, to be told as such.
        final = [f"status!={literal(word)}" for word in self._words.meaning("done", "cancelled")]
        numbers = ",".join(literal(one) for one in assets)
        return map(self._usage.order, self._work_orders(f"assetnum in [{numbers}]", *final))

    def _orders_with(self, key: str) -> Iterator[CmmsOrder]:
        held = literal(key[: self._options.key_length])
        return map(self._usage.order, self._work_orders(f"{self._options.key_field}={held}"))

    def _changed(self, since: datetime | None) -> Iterator[CmmsOrder]:
        asked = () if since is None else (f'changedate>="{since.isoformat(timespec="seconds")}"',)
        return self._requests(*asked) if self._options.records == "requests" else self._orders(*asked)

    def _orders(self, *conditions: str) -> Iterator[CmmsOrder]:
        return map(self._usage.order, self._work_orders(*conditions))

    def _requests(self, *conditions: str) -> Iterator[CmmsOrder]:
        pages = self._pages(self._requests_path, ServiceRequests, self._here(*conditions), REQUEST_FIELDS, "+ticketid")
        return (self._usage.request(one) for page in pages for one in page.member)

    def _has_asset(self, asset: str) -> bool:
        where = self._here(f"assetnum={literal(asset)}")
        pages = self._pages(self._assets_path, Assets, where, ASSET_FIELDS, "+assetnum")
        return any(one.status != "DECOMMISSIONED" for page in pages for one in page.member)

    def _make(self, order: NewOrder) -> str:
        document = self._usage.document(order)
        headers = {"properties": "wonum"}
        made = self._http.write("POST", self._orders_path, Made, params={"lean": 1}, headers=headers, json=document)
        return made.value.wonum

    def _comments(self, order: str) -> Iterator[str]:
        asked: dict[str, str | int] = {
            "lean": 1,
            "oslc.where": self._here(f"wonum={literal(order)}"),
            "oslc.select": "wonum,worklog{description,description_longdescription}",
            "oslc.pageSize": 1,
        }
        page = self._http.read(self._orders_path, LogPage, params=asked).value
        for entry in (entry for one in page.member for entry in one.worklog):
            yield from (entry.description, entry.description_longdescription)

    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        title = comment_with_key("", key).strip()
        entry = {
            "logtype": self._options.log_type,
            "description": title if len(title) <= _MOST_LOG_TITLE else "Twinwright",
            "description_longdescription": comment_with_key(text, key),
        }
        document = {"worklog": [entry], **({"_rowstamp": order.version} if order.version else {})}
        # MERGE keeps the entries that are there; a plain PATCH would drop them.
        headers = {"x-method-override": "PATCH", "patchtype": "MERGE"}
        path = f"{self._orders_path}/{self._held(order.id).workorderid}"
        self._http.write("POST", path, object, params={"lean": 1}, headers=headers, json=document)

    def _links(self, order: str) -> str:
        return f"{self._orders_path}/{self._held(order).workorderid}/doclinks"

    def _files(self, order: str) -> Iterable[str]:
        documents = self._http.read(self._links(order), Documents, params={"lean": 1}).value.member
        return {name for one in documents for name in (one.described_by.file_name, one.described_by.title) if name}

    def _send_file(self, order: str, attachment: Attachment) -> None:
        headers = {
            "Content-Type": attachment.media_type,
            "slug": slug(attachment.name),
            "x-document-meta": "FILE/Attachments",
            "x-document-description": slug(attachment.name),
        }
        path = self._links(order)
        self._http.write("POST", path, object, params={"lean": 1}, headers=headers, content=attachment.content)


def _auth(credentials: Credentials, redactor: Redactor) -> httpx.Auth:
    if credentials.token is not None:
        return HeaderAuth(credentials.token, header="apikey", scheme="")
    if not credentials.user or credentials.password is None:
        raise Credentials.lacking(PRODUCT, "token")
    pair = f"{credentials.user}:{credentials.password.get_secret_value()}"
    secret = SecretStr(base64.b64encode(pair.encode()).decode())
    redactor.learn(secret)
    return HeaderAuth(secret, header="maxauth", scheme="")


def explain(document: object) -> str:
    """Maximo's own words: ``Error.message``, which begins with the message's id (BMXAA…)."""
    error = document.get("Error") if isinstance(document, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""
