"""Maximo's work orders and assets as ours, and ours as Maximo's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from ...errors import CmmsMissingError
from ..protocol import CmmsAsset, CmmsOrder, NewOrder, OrderState
from ..shared import Priority, Table, WordOptions, Words, cut, failure_mode_in, key_of, text_with_key

PRODUCT = "IBM Maximo"
# The internal values of the domain WOSTATUS; a site's synonyms of them go into the option `states`.
STATES: dict[str, OrderState] = {
    "WAPPR": "open",
    "APPR": "open",
    "WSCH": "open",
    "WMATL": "open",
    "WPCOND": "open",
    "INPRG": "in_progress",
    "COMP": "done",
    "CLOSE": "done",
    "CAN": "cancelled",
}
PRIORITIES: dict[Priority, str] = {"P1": "1", "P2": "2", "P3": "3", "P4": "4"}
MOST_DESCRIPTION = 100
ORDER_FIELDS = (
    "workorderid,wonum,siteid,istask,description,description_longdescription,status,assetnum,wopriority,"
    "reportdate,changedate,statusdate,actfinish,actlabhrs,problemcode"
)
ASSET_FIELDS = "assetnum,siteid,description,parent,status,serialnum,location,manufacturer,assettype"


class WorkOrder(BaseModel):
    """A member of the object structure of work orders (MXAPIWODETAIL), lean; durations in hours."""

    model_config = ConfigDict(extra="allow")

    workorderid: int
    wonum: str
    siteid: str
    istask: bool = False
    description: str = ""
    description_longdescription: str = ""
    status: str
    assetnum: str | None = None
    wopriority: int | None = None
    reportdate: AwareDatetime | None = None
    changedate: AwareDatetime | None = None
    statusdate: AwareDatetime | None = None
    actfinish: AwareDatetime | None = None
    actlabhrs: float | None = None
    problemcode: str | None = None
    rowstamp: str | None = Field(default=None, alias="_rowstamp")


class ServiceRequest(BaseModel):
    """A member of the object structure of service requests (MXAPISR), lean."""

    ticketid: str
    description: str = ""
    description_longdescription: str = ""
    status: str
    assetnum: str | None = None
    reportedpriority: int | None = None
    reportdate: AwareDatetime | None = None
    changedate: AwareDatetime | None = None
    statusdate: AwareDatetime | None = None


REQUEST_FIELDS = (
    "ticketid,description,description_longdescription,status,assetnum,reportedpriority,reportdate,changedate,statusdate"
)
# The internal values of the domain SRSTATUS.
REQUEST_STATES: dict[str, OrderState] = {
    "NEW": "open",
    "QUEUED": "open",
    "PENDING": "open",
    "INPROG": "in_progress",
    "RESOLVED": "done",
    "CLOSED": "done",
}


class Asset(BaseModel):
    """A member of the object structure of assets (MXAPIASSET), lean."""

    assetnum: str
    siteid: str
    description: str = ""
    parent: str | None = None
    status: str | None = None
    serialnum: str | None = None
    location: str | None = None
    manufacturer: str | None = None
    assettype: str | None = None


class Total(BaseModel):
    """How many there are."""

    total: int = Field(alias="totalCount")


class Counted(BaseModel):
    """A page that was asked to count."""

    info: Total = Field(alias="responseInfo")


class NextPage(BaseModel):
    """The link to the next page."""

    href: str


class ResponseInfo(BaseModel):
    """Where a page stands."""

    pagenum: int | None = None
    next_page: NextPage | None = Field(default=None, alias="nextPage")


class WorkOrders(BaseModel):
    """A page of work orders."""

    member: list[WorkOrder]
    info: ResponseInfo = Field(alias="responseInfo")


class ServiceRequests(BaseModel):
    """A page of service requests."""

    member: list[ServiceRequest]
    info: ResponseInfo = Field(alias="responseInfo")


class Assets(BaseModel):
    """A page of assets."""

    member: list[Asset]
    info: ResponseInfo = Field(alias="responseInfo")


class WorkLog(BaseModel):
    """An entry of a work order's log."""

    description: str = ""
    description_longdescription: str = ""


class Logged(BaseModel):
    """A work order with its log."""

    worklog: list[WorkLog] = []


class LogPage(BaseModel):
    """A page of those."""

    member: list[Logged]


class DocumentInfo(BaseModel):
    """What a document is called."""

    file_name: str | None = Field(default=None, alias="fileName")
    title: str | None = None


class Document(BaseModel):
    """A document that is linked to a work order."""

    described_by: DocumentInfo = Field(alias="describedBy")


class Documents(BaseModel):
    """The documents of a work order."""

    member: list[Document]


class MaximoOptions(WordOptions):
    """``[cmms.options]`` for Maximo.

    Attributes:
        site: the site id (SITEID); work orders and assets are looked for and made there.
        api: the route, ``api`` or ``oslc``; else ``api`` with an API key, ``oslc`` without.
        records: what is imported: orders, or the site's service requests.
        work_orders, assets, requests: the object structures.
        key_field, key_length: the attribute that holds the (start of the) idempotency key, and its length.
        work_type: the work type of new orders; log_type that of added log entries.
        failure_codes: our failure modes as problem codes: ``"bearing_wear = BRGFAIL"``; others go into the text only.
        page: the beginning of a link for people, to which the WORKORDERID is added.
    """

    site: str = Field(min_length=1)
    api: Literal["api", "oslc"] | None = None
    work_orders: str = "mxapiwodetail"
    assets: str = "mxapiasset"
    records: Literal["orders", "requests"] = "orders"
    requests: str = "mxapisr"
    key_field: str = Field(default="externalrefid", pattern="^[a-z][a-z0-9_]*$")
    key_length: int = Field(default=10, ge=8)
    work_type: str = "CM"
    log_type: str = "CLIENTNOTE"
    failure_codes: Table = Field(default_factory=dict)
    page: str | None = None

    @field_validator("priorities")
    @classmethod
    def _numbers(cls, value: dict[Priority, str]) -> dict[Priority, str]:
        if not all(word.isascii() and word.isdigit() for word in value.values()):
            raise ValueError("WOPRIORITY is a whole number, as in P1 = 1, P2 = 2")
        return value


@dataclass(frozen=True)
class Usage:
    """How this site's Maximo is used."""

    options: MaximoOptions
    words: Words

    def order(self, given: WorkOrder) -> CmmsOrder:
        """Ours of Maximo's."""
        state = self.words.state(given.status, PRODUCT)
        extra = (given.model_extra or {}).get(self.options.key_field)
        ours = {theirs: mode for mode, theirs in self.options.failure_codes.items()}
        code = ours.get(given.problemcode or "", given.problemcode)
        return CmmsOrder(
            id=given.wonum,
            key=key_of(given.description_longdescription, str(extra) if extra else None),
            asset=given.assetnum,
            title=given.description,
            text=given.description_longdescription,
            failure_mode=failure_mode_in(given.description_longdescription) or code,
            state=state,
            status=given.status,
            priority=self.words.priority(None if given.wopriority is None else str(given.wopriority)),
            created=given.reportdate,
            changed=given.changedate,
            closed=_closed(given, state),
            duration_h=given.actlabhrs,
            version=given.rowstamp,
            url=f"{self.options.page}{given.workorderid}" if self.options.page else None,
        )

    def request(self, given: ServiceRequest) -> CmmsOrder:
        """Ours of Maximo's service request; `statuses` holds for it too."""
        state = Words({**REQUEST_STATES, **self.options.statuses}, {}).state(given.status, PRODUCT)
        return CmmsOrder(
            id=given.ticketid,
            asset=given.assetnum,
            title=given.description,
            text=given.description_longdescription,
            state=state,
            status=given.status,
            priority=self.words.priority(None if given.reportedpriority is None else str(given.reportedpriority)),
            created=given.reportdate,
            changed=given.changedate,
            closed=given.statusdate if state in ("done", "cancelled") else None,
        )

    def document(self, order: NewOrder) -> dict[str, Any]:
        """Maximo's of ours."""
        title = cut(order.title, MOST_DESCRIPTION)
        document: dict[str, Any] = {
            "siteid": self.options.site,
            "assetnum": order.asset,
            "description": title,
            "description_longdescription": text_with_key(order, title),
            "wopriority": int(self.words.priorities[order.priority]),
            "worktype": self.options.work_type,
            self.options.key_field: order.key[: self.options.key_length],
        }
        if order.start:
            document["targstartdate"] = order.start.isoformat(timespec="seconds")
        if order.due:
            document["targcompdate"] = order.due.isoformat(timespec="seconds")
        if order.duration_h is not None:
            document["estdur"] = order.duration_h
        if code := self.options.failure_codes.get(order.failure_mode or ""):
            document["problemcode"] = code
        return document


def _closed(given: WorkOrder, state: OrderState) -> datetime | None:
    return (given.actfinish or given.statusdate) if state in ("done", "cancelled") else None


def asset(given: Asset) -> CmmsAsset:
    """Ours of Maximo's."""
    more = {
        "status": given.status,
        "location": given.location,
        "manufacturer": given.manufacturer,
        "type": given.assettype,
        "site": given.siteid,
    }
    return CmmsAsset(
        id=given.assetnum,
        name=given.description or given.assetnum,
        parent=given.parent,
        tags=(given.serialnum,) if given.serialnum else (),
        attributes={name: value for name, value in more.items() if value},
    )


def literal(value: str) -> str:
    """A value in oslc.where, between double quotes.

    Raises:
        CmmsMissingError: no number holds these characters; ``%`` and ``*`` would be wildcards.
    """
    if not value or any(char in '"\\%*' or not char.isprintable() for char in value):
        raise CmmsMissingError(f"{PRODUCT} has nothing that is called {value!r}")
    return f'"{value}"'
