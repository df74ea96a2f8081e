"""Every connector has an honest scorecard, and the documentation shows it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from twinwright_cli.commands.cmms import command
from twinwright_tools.cmms.choose import KINDS
from twinwright_tools.cmms.scorecards import BEGIN, END, RULES, Scorecard, as_table, scorecard, scorecards
from twinwright_tools.errors import UnknownNameError

from .products import PRODUCTS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_whole_scorecard(kind: str) -> None:
    card = scorecard(kind)
    assert list(card.rules) == list(RULES)
    assert card.kind == kind


def test_what_only_a_local_server_has_seen_says_so() -> None:
    for kind in PRODUCTS:
        card = scorecard(kind)
        assert card.rules["real_product"].status == "to do"
        assert "never run against the real product" in card.tested_against
        assert card.rules["strict_server"].status == "done"


def test_a_scorecard_that_leaves_a_rule_out_or_flatters_is_refused() -> None:
    whole = scorecard("rt").model_dump()
    for rules in ({}, whole["rules"] | {"sparkle": {"status": "done", "why": "x"}}):
        with pytest.raises(ValidationError, match="missing or unknown"):
            Scorecard.model_validate(whole | {"rules": rules})
    with pytest.raises(ValidationError, match="never run"):
        Scorecard.model_validate(whole | {"tested_against": "never run against the real product"})


def test_the_documentation_shows_the_scorecards() -> None:
    text = (ROOT / "docs" / "connect-cmms.md").read_text("utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == f"\n{as_table(scorecards())}"
    for kind in KINDS:
        assert f"| `{kind}` |" in text


def test_an_unknown_kind_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError) as caught:
        scorecard("servicenoww")
    assert caught.value.suggestions[0] == "servicenow"


def test_the_command_lists_and_shows_them() -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(command, ["connectors", *words], standalone_mode=False)
        assert done.exception is None, done.exception
        return done.output

    assert [one["kind"] for one in json.loads(run("--json"))["value"]] == list(KINDS)
    assert json.loads(run("rt", "--json"))["rules"]["real_product"]["status"] == "done"
    assert "never run against the real product" in run()
    assert "If-Match" in run("rt")
    assert isinstance(command, click.Group)
