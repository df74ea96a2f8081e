"""Which model a run gets."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from twinwright_agent.models.choose import choose_model
from twinwright_tools.errors import UsageError
from twinwright_tools.settings import Settings

KEY = SecretStr("sk-ant-test")


def test_auto_without_a_key_is_the_rules_and_says_so() -> None:
    said: list[str] = []
    assert choose_model(Settings(), said.append).name == "rules"
    assert "rules" in said[0]


def test_auto_with_a_key_is_claude() -> None:
    said: list[str] = []
    assert choose_model(Settings(api_key=KEY), said.append).name == "claude-opus-4-7"
    assert said == []


def test_rules_need_no_key() -> None:
    assert choose_model(Settings(model="rules", api_key=KEY)).name == "rules"


def test_a_named_claude_model() -> None:
    assert choose_model(Settings(model="claude-sonnet-5", api_key=KEY)).name == "claude-sonnet-5"


def test_a_claude_model_without_a_key_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="ANTHROPIC_API_KEY"):
        choose_model(Settings(model="claude-sonnet-5"))


def test_an_unknown_model_gets_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        choose_model(Settings(model="rulez"))
    assert error.value.suggestions[0] == "rules"
