"""What is ServiceNow's own: OAuth, encoded queries, columns that are dropped, and rules that stop an insert."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.servicenow import ServiceNow
from twinwright_tools.errors import CmmsLoginError, CmmsRefusedError, ConfigError
from twinwright_tools.plant.config import CmmsConfig

from .products import SERVICENOW
from .served import Served, new_order
from .servers.servicenow import LOGIN, OAUTH_CLIENT

CLIENT = {"client_id": OAUTH_CLIENT[0], "client_secret": SecretStr(OAUTH_CLIENT[1])}
USER = {"user": LOGIN[0], "password": SecretStr(LOGIN[1])}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(SERVICENOW, tmp_path)
    yield running
    running.server.close()


def connector(served: Served, credentials: Credentials, **options: str) -> ServiceNow:
    config = CmmsConfig(kind="servicenow", url=served.server.url, options=options)
    return ServiceNow.connect(config, served.folder, credentials)


@pytest.mark.parametrize("given", [CLIENT, CLIENT | USER])
def test_oauth_with_and_without_a_user(served: Served, given: dict[str, object]) -> None:
    one = connector(served, Credentials.model_validate(given))
    assert len(list(one.assets())) == 3
    made = one.create(new_order("k" * 20, served.pump))
    asked = [path for _, path in served.server.seen if path == "/oauth_token.do"]
    assert len(asked) == 1
    served.server.expire_tokens()
    assert one.get(made.id).key == "k" * 20


def test_a_token_that_ran_out_makes_no_second_order(served: Served) -> None:
    one = connector(served, Credentials.model_validate(CLIENT))
    list(one.assets())
    one._check_columns()
    assert one._has_asset(served.pump)
    served.server.expire_tokens()
    one._make(new_order("k" * 20, served.pump))
    assert len(served.server.texts()) == 1


def test_a_wrong_oauth_secret(served: Served) -> None:
    wrong = Credentials(client_id=OAUTH_CLIENT[0], client_secret=SecretStr("not-the-secret-at-all"))
    with pytest.raises(CmmsLoginError, match="OAuth") as caught:
        connector(served, wrong).check()
    assert "not-the-secret" not in str(caught.value)


def test_no_credentials(served: Served) -> None:
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_USER"):
        connector(served, Credentials())


def test_a_caret_in_a_key_adds_no_condition(served: Served) -> None:
    one = connector(served, Credentials.model_validate(USER))
    made = one.create(new_order("abcdefgh^ORstate=1", served.pump))
    assert one.by_key("abcdefgh^ORstate=1") == made
    assert one.by_key("12345678^ORstate=1") is None


def test_a_column_that_is_not_there_stops_before_an_order_is_made(served: Served) -> None:
    one = connector(served, Credentials.model_validate(USER), key_field="u_nothing")
    with pytest.raises(CmmsRefusedError, match="no column 'u_nothing'"):
        one.create(new_order("k" * 20, served.pump))
    assert served.server.texts() == []


def test_a_rule_that_stops_an_insert_is_a_refusal_not_a_login(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    one = connector(served, Credentials.model_validate(USER))
    # The item goes after it was looked up.
    monkeypatch.setattr(one, "_has_asset", lambda asset: True)
    with pytest.raises(CmmsRefusedError, match="aborted by Data Policy") as caught:
        one.create(new_order("k" * 20, "f" * 32))
    assert not caught.value.may_have_happened


def test_an_option_that_is_not_there(served: Served) -> None:
    with pytest.raises(ConfigError, match=r"cmms\.options\.tabel") as caught:
        connector(served, Credentials.model_validate(USER), tabel="incident")
    assert caught.value.suggestions == ["table"]
