"""The requests to ServiceNow.

An encoded query with a column that doesn't exist is answered with every row, and a new record with such a column loses
it, both without a word; so the column for the key is looked up before an order is made, and every row is checked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel

from ...errors import CmmsConflictError, CmmsLoginError, CmmsMissingError, CmmsRefusedError
from ...plant.config import CmmsConfig
from ..auth import HeaderAuth, OAuth, basic
from ..credentials import Credentials
from ..http import HttpClient, client_of
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder
from ..redaction import Redactor
from ..shared import KeyedConnector, comment_with_key
from ..site import read_options
from .mapping import (
    ITEM_FIELDS,
    PRIORITIES,
    PRODUCT,
    RETIRED,
    STATES,
    TASK_FIELDS,
    TASK_STATES,
    File,
    Item,
    Journal,
    Relation,
    Result,
    SnOptions,
    Task,
    Usage,
    item,
    literal,
    stamp,
    where,
)

_TABLE = "api/now/table"
_FILES = "api/now/attachment"
_PAGE = 200
_SYS_ID = re.compile(r"[0-9a-f]{32}")
Row = TypeVar("Row", bound=BaseModel)


class ServiceNow(KeyedConnector):
    """One table of orders and one of assets of an instance."""

    product = PRODUCT

    def __init__(self, http: HttpClient, options: SnOptions) -> None:
        super().__init__(http, options.words(STATES.get(options.table, TASK_STATES), PRIORITIES))
        self._options = options
        self._usage = Usage(options, self._words, http.site.url)
        self._columns_checked = False

    @classmethod
    def connect(cls, config: CmmsConfig, folder: Path, credentials: Credentials) -> Self:
        """The connector for an instance; nothing is sent yet. `[cmms] url` is ``https://INSTANCE.service-now.com``.

        Raises:
            ConfigError: an option is missing or wrong.
            CmmsLoginError: no credentials were given.
        """
        options = read_options(config, folder, SnOptions)
        url = (config.url or "").rstrip("/")
        http = client_of(
            config,
            folder,
            PRODUCT,
            lambda redactor: _auth(url, credentials, redactor),
            credentials.secrets(),
            explain=explain,
        )
        return cls(http, options)

    def assets(self) -> Iterator[CmmsAsset]:
        """The items that aren't retired; a parent is the whole in a relationship of the type `part_of`."""
        typed = f"type.name={literal(self._options.part_of)}"
        related = self._rows("cmdb_rel_ci", Result[list[Relation]], "parent,child", typed)
        parents = {one.child: one.parent for one in related}
        for one in self._rows(self._options.assets, Result[list[Item]], ITEM_FIELDS):
            if one.install_status != RETIRED:
                yield item(one, parents)

    def get(self, order: str) -> CmmsOrder:
        """The task of that sys_id."""
        asked = {"sysparm_fields": self._fields(), **_PLAIN}
        answer = self._http.read(f"{_TABLE}/{self._options.table}/{_sys_id(order)}", Result[Task], params=asked)
        return self._usage.order(answer.value.result)

    def _fields(self) -> str:
        own = (self._options.key_field, self._options.mode_field)
        return ",".join(dict.fromkeys((*TASK_FIELDS.split(","), *filter(None, own))))

    def _rows(self, table: str, kind: type[Result[list[Row]]], fields: str, *conditions: str) -> Iterator[Row]:
        """Page after page in the order of making, which new and changed rows don't upset."""
        offset = 0
        while True:
            asked: dict[str, str | int] = {
                "sysparm_query": where(*conditions),
                "sysparm_fields": fields,
                "sysparm_limit": _PAGE,
                "sysparm_offset": offset,
                **_PLAIN,
            }
            answer = self._http.read(f"{_TABLE}/{table}", kind, params=asked)
            yield from answer.value.result
            offset += _PAGE
            # Rows that the account may not see are left out of a page after it was counted off.
            if offset >= int(answer.headers.get("x-total-count", "0") or 0):
                return

    def _tasks(self, *conditions: str) -> Iterator[CmmsOrder]:
        return map(self._usage.order, self._rows(self._options.table, Result[list[Task]], self._fields(), *conditions))

    def _found(self) -> list[str]:
        self._check_columns()
        lines = [f"{PRODUCT}, {self._http.site.url}"]
        for table in (self._options.assets, self._options.table):
            asked: dict[str, str | int] = {"sysparm_fields": "sys_id", "sysparm_limit": 1, **_PLAIN}
            answer = self._http.read(f"{_TABLE}/{table}", Result[list[dict[str, Any]]], params=asked)
            lines.append(f"{answer.headers.get('x-total-count', 'some')} records in {table}")
        return lines

    def _check_columns(self) -> None:
        """A column that isn't there would be dropped in silence, and with it the key."""
        if self._columns_checked:
            return
        for column in filter(None, (self._options.key_field, self._options.mode_field)):
            # A column of a table that this one extends is listed under that one.
            tables = f"nameIN{self._options.table},task"
            found = self._rows("sys_dictionary", Result[list[_Column]], "element", tables, f"element={literal(column)}")
            if column not in [one.element for one in found]:
                raise CmmsRefusedError(
                    f"table {self._options.table} has no column {column!r} that this account may look up in "
                    "sys_dictionary; name another under [cmms.options], or give the account the right"
                )
        self._columns_checked = True

    def _orders_on(self, assets: list[str]) -> Iterator[CmmsOrder]:
        known = [one for one in assets if _SYS_ID.fullmatch(one)]
        for begin in range(0, len(known), 50):
            yield from self._tasks(f"cmdb_ciIN{','.join(known[begin : begin + 50])}", "active=true")

    def _orders_with(self, key: str) -> Iterator[CmmsOrder]:
        return self._tasks(f"{self._options.key_field}={literal(key)}")

    def _changed(self, since: datetime | None) -> Iterator[CmmsOrder]:
        return self._tasks(*(() if since is None else (f"sys_updated_on>={stamp(since)}",)))

    def _has_asset(self, asset: str) -> bool:
        if not _SYS_ID.fullmatch(asset):
            return False
        asked = {"sysparm_fields": ITEM_FIELDS, **_PLAIN}
        try:
            found = self._http.read(f"{_TABLE}/{self._options.assets}/{asset}", Result[Item], params=asked).value.result
        except CmmsMissingError:
            return False
        return found.install_status != RETIRED

    def _make(self, order: NewOrder) -> str:
        self._check_columns()
        asked = {"sysparm_fields": "sys_id", **_PLAIN}
        try:
            made = self._http.write(
                "POST", f"{_TABLE}/{self._options.table}", Result[_Made], params=asked, json=self._usage.document(order)
            )
        except CmmsLoginError as error:
            # A business rule or data policy that stops an insert is answered with 403 as well.
            if "aborted by" in error.message:
                raise CmmsRefusedError(error.message) from error
            raise
        return made.value.result.sys_id

    def _comments(self, order: str) -> Iterator[str]:
        conditions = (f"element_id={_sys_id(order)}", "element=work_notes")
        return (one.value for one in self._rows("sys_journal_field", Result[list[Journal]], "value", *conditions))

    def _comment(self, order: CmmsOrder, text: str, key: str) -> None:
        """The Table API changes nothing conditionally, so the row's count of changes is compared just before."""
        now = self.get(order.id)
        if order.version is not None and now.version != order.version:
            raise CmmsConflictError(f"{PRODUCT}: order {order.id} was changed by somebody else in the meantime")
        path = f"{_TABLE}/{self._options.table}/{_sys_id(order.id)}"
        note = {"work_notes": comment_with_key(text, key)}
        self._http.write("PATCH", path, object, params={"sysparm_fields": "sys_id"}, json=note)

    def _files(self, order: str) -> Iterable[str]:
        asked: dict[str, str | int] = {
            "sysparm_query": f"table_name={self._options.table}^table_sys_id={_sys_id(order)}",
            "sysparm_limit": 1000,
        }
        return [one.file_name for one in self._http.read(_FILES, Result[list[File]], params=asked).value.result]

    def _send_file(self, order: str, attachment: Attachment) -> None:
        asked = {"table_name": self._options.table, "table_sys_id": order, "file_name": attachment.name}
        headers = {"Content-Type": attachment.media_type}
        path = f"{_FILES}/file"
        self._http.write("POST", path, object, params=asked, headers=headers, content=attachment.content)


class _Made(BaseModel):
    sys_id: str


class _Column(BaseModel):
    element: str


# References as sys_ids, choices as numbers, times in UTC.
_PLAIN = {"sysparm_display_value": "false", "sysparm_exclude_reference_link": "true"}


def explain(document: object) -> str:
    """ServiceNow's own words: ``error.message`` and ``error.detail``."""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, str):
        return error
    parts = [error.get("message"), error.get("detail")] if isinstance(error, dict) else []
    return ": ".join(one for one in parts if isinstance(one, str) and one)


def _sys_id(order: str) -> str:
    if not _SYS_ID.fullmatch(order):
        raise CmmsMissingError(f"{PRODUCT} has no order {order!r}: its ids are 32 hexadecimal digits")
    return order


def _auth(url: str, credentials: Credentials, redactor: Redactor) -> httpx.Auth:
    """A token as it is, an OAuth client (in a user's name where one is given), or a user with password."""
    if credentials.token is not None:
        return HeaderAuth(credentials.token)
    if credentials.client_id is None or credentials.client_secret is None:
        return basic(*credentials.login(PRODUCT))
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.get_secret_value(),
    }
    if credentials.user and credentials.password is not None:
        form |= {
            "grant_type": "password",
            "username": credentials.user,
            "password": credentials.password.get_secret_value(),
        }
    return OAuth(PRODUCT, f"{url}/oauth_token.do", form, redactor.learn)
