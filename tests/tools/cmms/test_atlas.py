"""The connector for Atlas beyond what every connector promises, and how strict its server is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from twinwright_tools.cmms.atlas import Atlas
from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.protocol import Attachment
from twinwright_tools.errors import CmmsAnswerError, CmmsLoginError, CmmsMissingError, CmmsUnavailableError, ConfigError
from twinwright_tools.plant.config import CmmsConfig

from .products import ATLAS
from .served import Served, new_order
from .servers.atlas import KEY

A_KEY = "ab" * 32
CHART = Attachment("chart.png", "image/png", b"\x89PNG\r\n\x1a\n")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(ATLAS, tmp_path)
    yield running
    running.server.close()


def ask(served: Served, method: str, path: str, **content: Any) -> int:
    headers = {"X-API-Key": KEY, **content.pop("headers", {})}
    return httpx.request(method, f"{served.server.url}/{path}", headers=headers, **content).status_code


@pytest.mark.parametrize(
    "criteria",
    [
        {"colour": "red"},
        {"pageSize": 0},
        {"pageNum": -1},
        {"sortField": "colour"},
        {"direction": "up"},
        {"filterFields": [{"field": "colour", "operation": "eq", "value": "red"}]},
        {"filterFields": [{"field": "title", "operation": "like", "value": "x"}]},
        {"filterFields": [{"field": "updatedAt", "operation": "ge", "value": "2026-01-05T08:00:00.000Z"}]},
        {"filterFields": [{"field": "updatedAt", "operation": "ge", "value": "2026-01-05", "enumName": "JS_DATE"}]},
    ],
)
def test_the_server_refuses_a_wrong_question(served: Served, criteria: Any) -> None:
    served.connector.create(new_order(A_KEY, served.pump))
    assert ask(served, "POST", "work-orders/search", json=criteria) in (400, 500)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"title": None}, 400),
        ({"colour": "red"}, 400),
        ({"customFields": None}, 500),
        ({"priority": "URGENT"}, 500),
        ({"estimatedDuration": -1}, 406),
        ({"dueDate": "tomorrow"}, 500),
        ({"title": "x" * 256}, 500),
        ({"description": "x" * 10_001}, 500),
        ({"asset": {"id": 999}}, 500),
    ],
)
def test_the_server_refuses_a_wrong_order(served: Served, changes: dict[str, Any], status: int) -> None:
    document = {"title": "x", "customFields": [], "asset": {"id": int(served.pump)}} | changes
    assert ask(served, "POST", "work-orders", json=document) == status
    assert served.server.texts() == []


def test_the_server_refuses_who_and_what_it_does_not_know(served: Served) -> None:
    wrong = {"email": "planner@example.com", "password": "wrong", "type": "CLIENT"}
    assert ask(served, "POST", "auth/signin", json=wrong) == 403
    assert ask(served, "GET", "assets/501", headers={"X-API-Key": "wrong"}) == 403
    assert ask(served, "GET", "assets/501", headers={"X-API-Key": "", "Authorization": "Bearer a.b.c"}) == 500
    assert ask(served, "GET", "assets/1") == 404
    assert ask(served, "GET", "assets/PUMP-7") == 500
    assert ask(served, "GET", "colours") == 404
    assert ask(served, "POST", "comments", json={"workOrder": {"id": 1}, "content": " "}) == 400
    assert ask(served, "POST", "files/upload", files={"files": ("a.png", b"x", "image/png")}) == 500
    assert ask(served, "POST", "files/upload", json={}) == 500


def test_an_api_key_will_do(served: Served) -> None:
    config = CmmsConfig(kind="atlas", url=served.server.url)
    connector = Atlas.connect(config, served.folder, Credentials(token=SecretStr(KEY)))
    assert len(list(connector.assets())) == 3
    assert ("POST", "/auth/signin") not in served.server.seen


def test_a_token_is_asked_for_once_and_renewed_before_it_runs_out(served: Served) -> None:
    signed_in = ("POST", "/auth/signin")
    served.connector.check()
    list(served.connector.assets())
    assert served.server.seen.count(signed_in) == 1
    auth = served.connector._http._client.auth
    auth._clock = lambda: auth._until + 1
    list(served.connector.assets())
    assert served.server.seen.count(signed_in) == 2


@pytest.mark.parametrize("hours", [-12, -5, 0, 2, 14])
def test_past_orders_whatever_the_zone_of_the_server(served: Served, hours: int) -> None:
    served.server.zone = timedelta(hours=hours)
    ids = [served.connector.create(new_order(f"{n:064x}", served.pump)).id for n in range(3)]
    since = served.connector.get(ids[1]).changed
    assert [one.id for one in served.connector.past(since)] == ids[1:]


def test_pages_that_never_end_are_told(served: Served) -> None:
    served.server.seed(250, served.pump)
    served.server.stuck = True
    with pytest.raises(CmmsAnswerError, match="again"):
        list(served.connector.past(None))


def test_an_archived_order_is_cancelled_unless_it_is_complete(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.cancel(made.id)
    assert served.connector.get(made.id).status == "OPEN, archived"
    served.server.finish(made.id)
    assert served.connector.get(made.id).state == "done"


def test_no_order_for_an_archived_asset(served: Served) -> None:
    held = served.server.store.get("asset", served.seal)
    served.server.store.put("asset", served.seal, held | {"archived": True})
    assert served.seal not in [one.id for one in served.connector.assets()]
    with pytest.raises(CmmsMissingError):
        served.connector.create(new_order(A_KEY, served.seal))


@pytest.mark.parametrize("field", ["title", "feedback"])
def test_the_key_may_be_looked_for_in_another_field(served: Served, field: str) -> None:
    connector = served.connect(key_field=field)
    made = connector.create(new_order(A_KEY, served.pump, title="T" * 300))
    assert connector.by_key(A_KEY) == made
    assert len(served.server.store.get("order", made.id)["title"]) <= 255


def test_an_upload_whose_link_fails_is_linked_by_the_next_try(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.fail("503", "PATCH")
    with pytest.raises(CmmsUnavailableError):
        served.connector.attach(made.id, CHART)
    assert list(served.connector._files(made.id)) == []
    served.connector.attach(made.id, CHART)
    assert list(served.connector._files(made.id)) == ["chart.png"]


def test_no_password_is_shown_when_signing_in_fails(served: Served) -> None:
    served.server.fail("500", "POST", "/auth/signin", times=-1)
    with pytest.raises(CmmsUnavailableError) as caught:
        served.connect().check()
    assert "Passw0rd" not in str(caught.value)
    assert not caught.value.may_have_happened


def test_wrong_options_are_told_with_their_place(tmp_path: Path) -> None:
    for options, place in (
        ({"key_field": "colour"}, "cmms.options.key_field"),
        ({"priorities": "P1 = URGENT"}, "cmms.options.priorities"),
        ({"folder": "../secrets"}, "cmms.options.folder"),
    ):
        config = CmmsConfig(kind="atlas", url="https://atlas.example.com", options=options)
        with pytest.raises(ConfigError) as caught:
            Atlas.connect(config, tmp_path, Credentials(token=SecretStr("token")))
        assert caught.value.place == place
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_USER"):
        Atlas.connect(CmmsConfig(kind="atlas", url="https://atlas.example.com"), tmp_path, Credentials())
