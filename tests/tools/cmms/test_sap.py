"""The connector for SAP beyond what every connector promises, and how strict its server is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.sap import Sap
from twinwright_tools.cmms.sap.mapping import MaintenanceOrder, filter_time, literal, odata_time
from twinwright_tools.errors import CmmsAnswerError, CmmsLoginError, CmmsRefusedError, ConfigError
from twinwright_tools.plant.config import CmmsConfig

from .products import SAP
from .served import Served, new_order
from .servers import odata
from .servers.odata import Field
from .servers.sap import LOGIN, ORDER, PLANT

A_KEY = "ab" * 32
ORDERS = "/sap/opu/odata/sap/API_MAINTENANCEORDER;v=0002"
DATES = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(SAP, tmp_path)
    yield running
    running.server.close()


@contextmanager
def session(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.server.url, auth=LOGIN, headers={"Accept": "application/json"}) as client:
        fetched = client.get(f"{ORDERS}/", headers={"X-CSRF-Token": "Fetch"})
        client.headers["X-CSRF-Token"] = fetched.headers["x-csrf-token"]
        yield client


@pytest.mark.parametrize(
    "query",
    [
        "$filter=Colour eq 'red'",
        "$filter=SystemStatusText eq 'CRTD'",
        "$filter=Equipment = '1'",
        "$filter=Equipment eq 1",
        "$filter=Equipment eq '1' and",
        "$filter=(Equipment eq '1'",
        "$filter=LastChangeDateTime ge '2026-01-01'",
        "$filter=LastChangeDateTime ge datetime'2026-01-01T00:00:00'",
        "$filter=Equipment eq '1234567890123456789'",
        "$select=Colour",
        "$expand=to_Colour",
        "$orderby=SystemStatusText",
        "$top=-1",
        "$colour=red",
        "$top=1&$top=2",
        "$format=xml",
    ],
)
def test_the_server_refuses_a_wrong_question(served: Served, query: str) -> None:
    served.connector.create(new_order(A_KEY, served.pump))
    with session(served) as client:
        answer = client.get(f"{ORDERS}/MaintenanceOrder?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]["value"]


@pytest.mark.parametrize(
    "changes",
    [
        {"MaintenanceOrderType": None},
        {"MaintenanceOrderType": "ZZ99"},
        {"MaintenanceOrderDesc": "x" * 41},
        {"Equipment": "999"},
        {"Colour": "red"},
        {"MaintenanceOrder": "4711"},
        {"LastChangeDateTime": "/Date(0+0000)/"},
        {"MaintOrdBasicStartDateTime": "2026-01-05T08:00:00Z"},
        {"to_MaintenanceOrderLongText": [{"Language": "EN"}]},
    ],
)
def test_the_server_refuses_a_wrong_order(served: Served, changes: dict[str, Any]) -> None:
    document = {"MaintenanceOrderType": "PM01", "MaintenanceOrderDesc": "x", "Equipment": served.pump} | changes
    given_ = {name: value for name, value in document.items() if value is not None}
    with session(served) as client:
        assert client.post(f"{ORDERS}/MaintenanceOrder", json=given_).status_code == 400
    assert served.server.texts() == []


def test_the_server_refuses_changes_without_what_they_need(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    text = f"{ORDERS}/MaintenanceOrderLongText(MaintenanceOrder='{made.id}',TextObjectType='KOPF',Language='EN')"
    document = {"MaintenanceOrderLongText": "x"}
    with session(served) as client:
        assert client.patch(text, json=document).status_code == 428
        assert client.patch(text, json=document, headers={"If-Match": 'W/"1"'}).status_code == 412
        assert client.delete(f"{ORDERS}/MaintenanceOrder('{made.id}')").status_code == 405
        assert client.get(f"{ORDERS}/MaintenanceOrder", headers={"Accept": "application/atom+xml"}).status_code == 406
        token = client.headers.pop("X-CSRF-Token")
        refused = client.post(f"{ORDERS}/MaintenanceOrder", json={})
        assert (refused.status_code, refused.headers["x-csrf-token"]) == (403, "Required")
        client.cookies.clear()
        assert client.post(f"{ORDERS}/MaintenanceOrder", json={}, headers={"X-CSRF-Token": token}).status_code == 403
    assert served.connector.get(made.id) == made


def test_a_token_is_fetched_once_and_anew_when_the_session_has_ended(served: Served) -> None:
    fetches = [("GET", f"{ORDERS}/")]
    served.connector.create(new_order(A_KEY, served.pump))
    served.connector.create(new_order("cd" * 32, served.pump))
    assert sum(one in fetches for one in served.server.seen) == 1
    served.server.end_sessions()
    served.connector.create(new_order("ef" * 32, served.pump))
    assert sum(one in fetches for one in served.server.seen) == 2
    assert len(served.server.texts()) == 3


def test_an_order_is_found_when_its_text_was_rewritten(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, texts=[])
    found = served.connector.by_key(A_KEY)
    assert found is not None and (found.id, found.key) == (made.id, A_KEY[:40])
    added = served.connector.add(found, "The first text.", "c-1")
    assert "The first text." in added.text


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("CRTD MANC NMAT PRC", "open"),
        ("REL  MANC PRC", "open"),
        ("REL  PCNF PRC", "in_progress"),
        ("REL  CNF  GMPS", "in_progress"),
        ("TECO CNF  PRC", "done"),
        ("CLSD TECO CNF", "done"),
        ("DLFL TECO CNF", "cancelled"),
    ],
)
def test_the_weightiest_word_of_a_status_line_decides(served: Served, line: str, state: str) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, SystemStatusText=line)
    assert served.connector.get(made.id).state == state


def test_a_status_line_in_another_language_is_told_and_can_be_explained(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, SystemStatusText="FREI RÜCK VOKL")
    with pytest.raises(CmmsAnswerError, match="FREI"):
        served.connector.get(made.id)
    own = served.connect(statuses="EROF = open, FREI = open, RÜCK = in_progress, TABG = done")
    assert own.get(made.id).state == "in_progress"


def test_a_refusal_is_in_saps_own_words(served: Served) -> None:
    with pytest.raises(CmmsRefusedError, match="not defined in Customizing"):
        served.connect(order_type="ZZ99").create(new_order(A_KEY, served.pump))


def test_the_client_and_the_page_of_the_options(served: Served) -> None:
    connector = served.connect(client="100", page="https://sap.example.com/#MaintenanceOrder-display?order=")
    made = connector.create(new_order(A_KEY, served.pump))
    assert made.url == f"https://sap.example.com/#MaintenanceOrder-display?order={made.id}"
    connector.add(made, "More.", "c-1")


def test_equipment_of_a_past_period_or_marked_for_deletion_is_left_out(served: Served) -> None:
    served.server.delete_asset(served.seal)
    held = served.server.store.get("equipment", served.line)
    served.server.store.put("equipment", served.line, held | {"ValidityEndDate": "2020-01-01T00:00:00+00:00"})
    assert [one.id for one in served.connector.assets()] == [served.pump]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=18))
def test_no_value_changes_a_question(value: str) -> None:
    test = odata.parse(f"Equipment eq {literal(value)}", {"Equipment": Field(length=40)})
    assert test({"Equipment": value})
    assert not test({"Equipment": value + "x"})


@given(DATES)
def test_times_survive(whole: datetime) -> None:
    row = {"MaintenanceOrder": "1", "SystemStatusText": "REL", "LastChangeDateTime": odata_time(whole)}
    assert MaintenanceOrder.model_validate(row).changed == whole
    held = {"LastChangeDateTime": whole.isoformat()}
    assert odata.parse(f"LastChangeDateTime ge {filter_time(whole)}", ORDER)(held)
    assert not odata.parse(f"LastChangeDateTime gt {filter_time(whole)}", ORDER)(held)


@pytest.mark.parametrize("text", ["2026-01-05T08:00:00Z", "/Date(x)/", "Date(0)", 0])
def test_a_time_in_another_form_is_another_schema(text: object) -> None:
    with pytest.raises(ValidationError):
        MaintenanceOrder.model_validate({"MaintenanceOrder": "1", "SystemStatusText": "", "LastChangeDateTime": text})


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("Equipment eq '2' or Equipment eq '1' and MaintPriority eq '9'", False),
        ("(Equipment eq '2' or Equipment eq '1') and MaintPriority eq '1'", True),
        ("Equipment gt '0'", True),
        ("Equipment gt '1'", False),
        ("Equipment lt '10'", True),
        ("MaintenanceOrderDesc eq 'it''s'", True),
        ("LastChangeDateTime ge datetimeoffset'2026-01-01T00:00:00Z'", False),
    ],
)
def test_filters_of_the_server(clause: str, found: bool) -> None:
    row = {"Equipment": "1", "MaintPriority": "1", "MaintenanceOrderDesc": "it's", "LastChangeDateTime": None}
    assert odata.parse(clause, ORDER)(row) is found


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"client": "1"}, "cmms.options.client"),
        ({"priorities": "P1 = high"}, "cmms.options.priorities"),
        ({"planning_plant": "17100"}, "cmms.options.planning_plant"),
        ({"planing_plant": PLANT}, "cmms.options.planing_plant"),
        ({"language": "english"}, "cmms.options.language"),
    ],
)
def test_wrong_options_are_told_with_their_place(tmp_path: Path, options: dict[str, str], place: str) -> None:
    config = CmmsConfig(kind="sap", url="https://sap.example.com", options=options)
    with pytest.raises(ConfigError) as caught:
        Sap.connect(config, tmp_path, Credentials(token=SecretStr("token")))
    assert caught.value.place == place
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_USER"):
        Sap.connect(CmmsConfig(kind="sap", url="https://sap.example.com"), tmp_path, Credentials())
