"""The connector for IBM Maximo beyond what every connector promises, and how strict its server is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.maximo import Maximo
from twinwright_tools.cmms.maximo.mapping import literal
from twinwright_tools.errors import CmmsAnswerError, CmmsLoginError, CmmsMissingError, CmmsRefusedError, ConfigError
from twinwright_tools.plant.config import CmmsConfig

from .products import MAXIMO
from .served import Served, new_order
from .servers.maximo import KEY, LOGIN, SITE

A_KEY = "ab" * 32


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(MAXIMO, tmp_path)
    yield running
    running.server.close()


def ask(served: Served, method: str, path: str, *, query: str = "", headers: Any = None, json: Any = None) -> int:
    given = {"apikey": KEY, **(headers or {})}
    address = f"{served.server.url}/api/os/{path}?{query or 'lean=1'}"
    return httpx.request(method, address, headers=given, json=json).status_code


@pytest.mark.parametrize(
    "query",
    [
        "oslc.pageSize=10",
        "lean=1&oslc.pagesize=10",
        "lean=1&oslc.pageSize=0",
        "lean=1&oslc.pageSize=1001",
        "lean=1&pageno=0",
        "lean=1&oslc.orderBy=wonum",
        "lean=1&oslc.orderBy=%2Bcolour",
        "lean=1&oslc.select=colour",
        "lean=1&oslc.where=colour=%22red%22",
        "lean=1&oslc.where=status=WAPPR",
        "lean=1&oslc.where=wopriority=%222%22",
        "lean=1&oslc.where=changedate%3E%222026-01-01T00:00:00%22",
        "lean=1&oslc.where=status=%22WAPPR%22%20or%20status=%22APPR%22",
        "lean=1&lean=1",
    ],
)
def test_the_server_refuses_a_wrong_question(served: Served, query: str) -> None:
    assert ask(served, "GET", "mxapiwodetail", query=query) == 400


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"siteid": "ELSEWHERE", "assetnum": "PUMP-7"},
        {"siteid": SITE, "assetnum": "NOT-THERE"},
        {"siteid": SITE, "assetnum": "PUMP-7", "colour": "red"},
        {"siteid": SITE, "assetnum": "PUMP-7", "wonum": "4711"},
        {"siteid": SITE, "assetnum": "PUMP-7", "description": "x" * 101},
        {"siteid": SITE, "assetnum": "PUMP-7", "externalrefid": "x" * 11},
        {"siteid": SITE, "assetnum": "PUMP-7", "wopriority": "2"},
        {"siteid": SITE, "assetnum": "PUMP-7", "wopriority": 1000},
        {"siteid": SITE, "assetnum": "PUMP-7", "problemcode": "NOSUCH"},
        {"siteid": SITE, "assetnum": "PUMP-7", "targstartdate": "2026-01-05T08:00:00"},
    ],
)
def test_the_server_refuses_a_wrong_order(served: Served, document: Any) -> None:
    assert ask(served, "POST", "mxapiwodetail", json=document) == 400
    assert served.server.texts() == []


def test_the_server_refuses_changes_without_what_they_need(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    path, merge = "mxapiwodetail/7001", {"x-method-override": "PATCH", "patchtype": "MERGE"}
    assert ask(served, "POST", path, json={"description": "x"}) == 405
    assert ask(served, "POST", path, headers={"x-method-override": "PATCH"}, json={"description": "x"}) == 400
    assert ask(served, "POST", path, headers=merge, json={"_rowstamp": "999", "description": "x"}) == 412
    assert ask(served, "POST", path, headers=merge, json={"status": "NOSUCH"}) == 400
    assert ask(served, "POST", path, headers=merge, json={"worklog": [{"logtype": "WORK"}]}) == 400
    assert ask(served, "POST", f"{path}/doclinks", headers={"slug": "a.png"}) == 400
    assert ask(served, "GET", "mxapiwodetail", headers={"apikey": "wrong"}) == 401
    assert ask(served, "GET", "mxapicolour") == 404
    assert served.connector.get(made.id) == made


def test_user_and_password_go_out_as_maxauth(served: Served) -> None:
    config = CmmsConfig(kind="maximo", url=served.server.url, options={"site": SITE})
    login = Credentials(user=LOGIN[0], password=SecretStr(LOGIN[1]))
    assert len(list(Maximo.connect(config, served.folder, login).assets())) == 3
    assert served.server.seen[-1] == ("GET", "/maximo/oslc/os/mxapiasset")
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_TOKEN"):
        Maximo.connect(config, served.folder, Credentials())


def test_an_order_is_found_when_its_text_was_rewritten(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, description_longdescription="<p>rewritten by a planner</p>")
    found = served.connector.by_key(A_KEY)
    assert found is not None and found.id == made.id


def test_keys_that_begin_alike_are_told_apart(served: Served) -> None:
    one = served.connector.create(new_order(A_KEY, served.pump))
    other = served.connector.create(new_order(A_KEY[:20] + "c" * 44, served.pump))
    assert served.connector.by_key(A_KEY).id == one.id
    assert served.connector.by_key(A_KEY[:20] + "c" * 44).id == other.id
    assert served.connector.by_key(A_KEY[:20] + "d" * 44) is None


def test_a_longer_key_field_of_the_site(served: Served) -> None:
    with pytest.raises(CmmsRefusedError, match="BMXAA4049E"):
        served.connect(key_length="64").create(new_order(A_KEY, served.pump))


def test_tasks_are_no_orders(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, istask=True)
    assert served.connector.open_orders([served.pump]) == []


def test_a_status_that_nobody_explained_is_told_and_can_be_explained(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, status="HOLD")
    for read in (lambda: served.connector.get(made.id), lambda: served.connector.open_orders([served.pump])):
        with pytest.raises(CmmsAnswerError, match=r'statuses = "HOLD = open"'):
            read()
    own = served.connect(statuses="HOLD = in_progress, FINI = done")
    assert (own.get(made.id).state, own.get(made.id).status) == ("in_progress", "HOLD")


def test_failure_modes_become_problem_codes_where_the_site_says_so(served: Served) -> None:
    connector = served.connect(failure_codes="bearing_wear = BRGFAIL", priorities="P1 = 5")
    made = connector.create(new_order(A_KEY, served.pump, priority="P1"))
    held = served.server.store.get("order", "7001")
    assert (held["problemcode"], held["wopriority"]) == ("BRGFAIL", 5)
    assert (made.failure_mode, made.priority) == ("bearing_wear", "P1")
    served.server.edit(made.id, description_longdescription="", wopriority=9)
    assert (connector.get(made.id).failure_mode, connector.get(made.id).priority) == ("bearing_wear", "9")


def test_a_link_to_another_host_is_not_followed(served: Served) -> None:
    served.server.seed(450, served.pump)
    assert len(list(served.connector.past(None))) == 450


@pytest.mark.parametrize("value", ['a"b', "50%", "*", "a\\b", "a\nb", ""])
def test_no_value_changes_a_question(value: str) -> None:
    with pytest.raises(CmmsMissingError):
        literal(value)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({}, "cmms.options.site"),
        ({"site": SITE, "key_feld": "x"}, "cmms.options.key_feld"),
        ({"site": SITE, "priorities": "P1 = urgent"}, "cmms.options.priorities"),
        ({"site": SITE, "priorities": "P9 = 1"}, "cmms.options.priorities"),
        ({"site": SITE, "statuses": "HOLD"}, "cmms.options.statuses"),
        ({"site": SITE, "statuses": "HOLD = perhaps"}, "cmms.options.statuses"),
        ({"site": SITE, "key_length": "3"}, "cmms.options.key_length"),
        ({"site": SITE, "key_field": 'x" or "1'}, "cmms.options.key_field"),
    ],
)
def test_wrong_options_are_told_with_their_place(tmp_path: Path, options: dict[str, str], place: str) -> None:
    config = CmmsConfig(kind="maximo", url="https://maximo.example.com/maximo", options=options)
    with pytest.raises(ConfigError) as caught:
        Maximo.connect(config, tmp_path, Credentials(token=SecretStr(KEY)))
    assert caught.value.place == place
