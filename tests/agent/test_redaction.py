"""What leaves is redacted, what comes back is restored, and nothing in between is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from tests.agent.messages_api import KEY, Endpoint, text, use

from twinwright_agent.loop import investigate
from twinwright_agent.models.claude import Claude
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.redaction import Redacted, Redaction
from twinwright_tools.plant import Plant
from twinwright_tools.plant.config import RedactConfig

CONFIG = RedactConfig(names=["pump-1", "Testworks", "Miller & Sons"], patterns=[r"\b[A-Z]{2}-\d{4}\b"])


@given(st.text() | st.sampled_from(["pump-1", "PUMP-1 and pump-10", "__R1__", "__R1__ pump-1 __R2__", "AB-1234x"]))
def test_what_comes_back_is_what_went_out(said: str) -> None:
    redaction = Redaction(CONFIG)
    assert redaction.back(redaction.out(said)) == said


@given(st.lists(st.sampled_from(["pump-1", "Pump-1", "AB-1234", "AB-1235", "__R1__", "Testworks"]), min_size=1))
def test_nothing_that_is_listed_leaves_and_placeholders_are_stable(words: list[str]) -> None:
    redaction = Redaction(CONFIG)
    out = [redaction.out(word) for word in words]
    assert not {"pump-1", "pump-1".title(), "AB-1234", "Testworks"} & set(out)
    assert len(set(out)) == len(set(words))
    assert [redaction.out(word) for word in words] == out


def test_longer_names_go_first() -> None:
    redaction = Redaction(RedactConfig(names=["pump", "pump-1"]))
    assert redaction.out("pump-1") == "__R1__"


@pytest.mark.parametrize("pattern", ["(", "a*", "x|"])
def test_a_pattern_that_cannot_work_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        RedactConfig(patterns=[pattern])


def test_the_rules_and_an_empty_list_need_no_redaction(claude_here: Claude) -> None:
    assert isinstance(Redacted.around(RulesModel(), CONFIG), RulesModel)
    assert Redacted.around(claude_here, RedactConfig()) is claude_here


@pytest.fixture
def claude_here() -> Claude:
    return Claude(api_key=SecretStr(KEY))


def test_a_whole_run_behind_a_redaction(small_plant: Plant, bench: Any) -> None:
    config = small_plant.config.model_copy(update={"redact": CONFIG})
    plant = replace(small_plant, config=config)
    endpoint = Endpoint()
    claude = Claude(api_key=SecretStr(KEY), base_url=endpoint.url, retries=0)
    # The model says the placeholder that it was shown: Testworks is the first, pump-1 the second.
    endpoint.play(text("Looking at __R2__."), use("look", 1, twin="__R2__"))
    kept = {
        "id": "H1", "twin": "__R2__", "signal": None, "mode": None, "state": "supported", "evidence_for": ["E1"],
        "evidence_against": [], "note": "__R2__ fell.",
    }  # fmt: skip
    endpoint.play(use("keep_hypotheses", 2, hypotheses=[kept]))
    claims = [{"text": "__R2__.pressure fell to 2.5 bar.", "evidence": ["E1"]}]
    endpoint.play(use("conclude", 3, verdict="answer", answer=claims, hypotheses=[], missing=[]))
    said: list[str] = []
    found = investigate(
        plant, "why is pump-1 slow, order AB-1234?", model=claude, registry=bench.registry(), progress=said.append
    )
    sent = json.dumps(endpoint.requests)
    for word in ("pump-1", "Testworks", "AB-1234"):
        assert word not in sent
    assert bench.runs == ["look pump-1"]
    assert found.answer == "pump-1.pressure fell to 2.5 bar."
    assert [(one.twin, one.note) for one in found.ledger] == [("pump-1", "pump-1 fell.")]
    assert found.struck == []
    assert "Looking at pump-1." in said
    # The model's own words go back as it said them: each request is its predecessor plus what is new.
    before, after = (request["messages"] for request in endpoint.requests[1:3])
    assert [bare(one) for one in after[: len(before)]] == [bare(one) for one in before]
    endpoint.server.shutdown()
    endpoint.server.server_close()


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: bare(item) for name, item in value.items() if name != "cache_control"}
    return [bare(item) for item in value] if isinstance(value, list) else value
