"""The connector for MaintainX beyond what every connector promises, and how strict its server is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.maintainx import MaintainX
from twinwright_tools.cmms.protocol import Attachment
from twinwright_tools.errors import CmmsLoginError, CmmsRefusedError, CmmsUnavailableError, ConfigError
from twinwright_tools.plant.config import CmmsConfig

from .products import MAINTAINX
from .served import Served, new_order
from .servers.maintainx import TOKEN

A_KEY = "ab" * 32


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(MAINTAINX, tmp_path)
    yield running
    running.server.close()


def ask(served: Served, method: str, path: str, **content: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKEN}", **content.pop("headers", {})}
    return httpx.request(method, f"{served.server.url}/{path}", headers=headers, **content)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "cursor=nonsense",
        "colour=red",
        "sort=colour",
        "expand=colour",
        "statuses=COMPLETE",
        "assets=PUMP-7",
        "show_upcoming=perhaps",
        "updatedAt[gte]=2026-01-05",
        "limit=1&limit=2",
    ],
)
def test_the_server_refuses_a_wrong_question(served: Served, query: str) -> None:
    assert ask(served, "GET", f"workorders?{query}").status_code == 400


def test_a_cursor_belongs_to_its_question(served: Served) -> None:
    served.server.seed(3, served.pump)
    cursor = ask(served, "GET", "workorders?limit=2").json()["nextCursor"]
    assert len(ask(served, "GET", f"workorders?limit=2&cursor={cursor}").json()["workOrders"]) == 1
    assert ask(served, "GET", f"workorders?limit=2&sort=createdAt&cursor={cursor}").status_code == 400


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": 7}, "title"),
        ({"colour": "red"}, "colour"),
        ({"priority": "URGENT"}, "priority"),
        ({"assetId": "852"}, "assetId"),
        ({"assetId": 999}, "assetId"),
        ({"estimatedTime": 1.5}, "estimatedTime"),
        ({"dueDate": "tomorrow"}, "dueDate"),
        ({"startDate": "2030-01-01T00:00:00.000Z"}, "startDate"),
        ({"extraFields": {"No such field": "x"}}, "extraFields"),
    ],
)
def test_the_server_refuses_a_wrong_order(served: Served, changes: dict[str, Any], field: str) -> None:
    answer = ask(served, "POST", "workorders", json={"title": "x"} | changes)
    assert (answer.status_code, answer.json()["errors"][0]["fieldPath"]) == (400, field)
    assert served.server.texts() == []


def test_the_server_refuses_who_and_what_it_does_not_know(served: Served) -> None:
    assert ask(served, "GET", "assets", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert ask(served, "GET", "assets/1").status_code == 404
    assert ask(served, "GET", "colours").status_code == 404
    assert ask(served, "POST", "workorders/1/comments", json={"content": "x"}).status_code == 404
    made = served.connector.create(new_order(A_KEY, served.pump))
    assert ask(served, "POST", f"workorders/{made.id}/comments", json={"text": "x"}).status_code == 400
    assert ask(served, "PUT", f"workorders/{made.id}/attachments/a.png", content=b"").status_code == 400


def test_a_list_names_the_asset_only_when_it_is_expanded(served: Served) -> None:
    served.connector.create(new_order(A_KEY, served.pump, start=None))
    (plain,) = ask(served, "GET", "workorders").json()["workOrders"]
    assert "assetId" not in plain and "asset" not in plain
    (found,) = served.connector.open_orders([served.pump])
    assert found.asset == served.pump


def test_a_long_import_waits_for_the_next_window(served: Served) -> None:
    served.server.seed(1100, served.pump)
    served.server.limit = 3
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        served.server.next_window()

    served.connector._sleep = wait
    assert len(list(served.connector.past(None))) == 1100
    assert waited == [42.0]
    assert served.slept == []


def test_what_429_says_in_its_own_header_is_told(served: Served) -> None:
    served.server.limit = 0
    with pytest.raises(CmmsUnavailableError) as caught:
        served.connector.get("106000000")
    assert caught.value.retry_after_s == 42.0
    assert not caught.value.may_have_happened


def test_the_key_is_looked_for_among_the_newest_orders_only(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.clock_off = timedelta(days=89)
    served.server.seed(300, served.pump)
    found = served.connector.by_key(A_KEY)
    assert found is not None and found.id == made.id
    served.server.clock_off = timedelta(days=200)
    served.server.seed(300, served.pump)
    before = len(served.server.seen)
    assert served.connector.by_key(A_KEY) is None
    assert len(served.server.seen) - before < 4
    assert served.connect(key_days="300").by_key(A_KEY) is not None


def test_a_custom_field_may_hold_the_key_too(served: Served) -> None:
    connector = served.connect(key_field="Twinwright key")
    made = connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, description="rewritten by a planner")
    assert connector.by_key(A_KEY).id == made.id
    with pytest.raises(CmmsRefusedError, match="No such field does not exist"):
        served.connect(key_field="No such field").create(new_order("cd" * 32, served.pump))


def test_a_start_without_a_due_date_is_left_out(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump, due=None))
    assert "startDate" not in served.server.store.get("order", made.id)


def test_hours_booked_come_back(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    assert made.duration_h is None
    served.server.finish(made.id)
    assert served.connector.get(made.id).duration_h == 1.5


def test_a_deleted_order_is_cancelled(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    served.server.edit(made.id, deletedAt="2026-01-05T08:00:00.000Z")
    found = served.connector.by_key(A_KEY)
    assert found is not None and (found.state, found.status) == ("cancelled", "DELETED")
    assert served.connector.open_orders([served.pump]) == []


def test_a_file_that_is_too_large_is_refused_in_its_own_words(served: Served) -> None:
    made = served.connector.create(new_order(A_KEY, served.pump))
    with pytest.raises(CmmsRefusedError, match="must not exceed 1mB"):
        served.connector.attach(made.id, Attachment("big.png", "image/png", bytes(1_000_001)))


def test_wrong_options_are_told_with_their_place(tmp_path: Path) -> None:
    for options, place in (
        ({"organization": "acme"}, "cmms.options.organization"),
        ({"priorities": "P1 = URGENT"}, "cmms.options.priorities"),
        ({"key_days": "0"}, "cmms.options.key_days"),
        ({"site": "x"}, "cmms.options.site"),
    ):
        config = CmmsConfig(kind="maintainx", url="https://api.getmaintainx.com/v1", options=options)
        with pytest.raises(ConfigError) as caught:
            MaintainX.connect(config, tmp_path, Credentials(token=SecretStr("token")))
        assert caught.value.place == place
    config = CmmsConfig(kind="maintainx", url="https://api.getmaintainx.com/v1")
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_TOKEN"):
        MaintainX.connect(config, tmp_path, Credentials())
