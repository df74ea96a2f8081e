"""Every way in which a request can fail, against a real server: what is tried again, how often, and what is said."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from tests.agent.messages_api import KEY, Endpoint, Reply, text, use

from twinwright_agent.loop import investigate
from twinwright_agent.models.base import Entry, Transcript, Turn
from twinwright_agent.models.claude import Claude
from twinwright_agent.models.failing import MOST_WAIT_S
from twinwright_agent.models.rules import RulesModel
from twinwright_tools.errors import ModelCallError
from twinwright_tools.plant import Plant

NOTHING: Reply = {"verdict": "nothing_wrong", "answer": [], "hypotheses": [], "missing": []}


def asked() -> Transcript:
    question = Entry(kind="question", text="why is line 3 slow?")
    return Transcript(plant="# The plant", at="2026-01-05T09:00:00+00:00", entries=[question])


def turn(claude: Claude, said: list[str] | None = None) -> Turn:
    return claude.next(asked(), [], (said if said is not None else []).append)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(claude: Claude, endpoint: Endpoint, status: int) -> None:
    endpoint.replies += [status, status]
    endpoint.play(use("look", twin="a"))
    said: list[str] = []
    assert len(turn(claude, said).calls) == 1
    assert len(endpoint.requests) == 3
    assert endpoint.requests[0] == endpoint.requests[2]
    assert [line.split(" (")[-1] for line in said] == ["1 of 2)", "2 of 2)"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(529, "model.overloaded"), (429, "model.rate_limited"), (500, "model.status")],
)
def test_after_the_retries_it_is_told(claude: Claude, endpoint: Endpoint, status: int, code: str) -> None:
    endpoint.replies += [status] * 3
    with pytest.raises(ModelCallError) as error:
        turn(claude)
    assert error.value.code == code
    assert len(endpoint.requests) == 3
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "model.key"), (403, "model.key"), (404, "model.unknown"), (400, "model.status")]
)
def test_what_no_retry_mends_is_told_at_once(claude: Claude, endpoint: Endpoint, status: int, code: str) -> None:
    endpoint.replies.append(status)
    with pytest.raises(ModelCallError) as error:
        turn(claude)
    assert error.value.code == code
    assert len(endpoint.requests) == 1


def test_the_api_says_how_long_to_wait(endpoint: Endpoint) -> None:
    waited: list[float] = []
    claude = Claude(api_key=SecretStr(KEY), base_url=endpoint.url, pause=waited.append)
    endpoint.replies.append({"status": 429, "headers": {"retry-after": "7"}})
    endpoint.replies.append({"status": 429, "headers": {}})
    endpoint.play(text("Hm."))
    turn(claude)
    assert waited[0] == 7.0
    assert 0 < waited[1] <= 1.0


def test_a_wait_that_is_too_long_is_left_to_people(endpoint: Endpoint) -> None:
    waited: list[float] = []
    claude = Claude(api_key=SecretStr(KEY), base_url=endpoint.url, pause=waited.append)
    endpoint.replies.append({"status": 429, "headers": {"retry-after": str(MOST_WAIT_S + 1)}})
    with pytest.raises(ModelCallError, match="61 s"):
        turn(claude)
    assert waited == []


@pytest.mark.parametrize(
    "how",
    [{"lost": True}, {"ends": 4}, {"ends": 1}, {"ends": 0}, {"fails": "overloaded_error"}, {"fails": "api_error"}],
    ids=str,
)
def test_an_answer_that_breaks_off_is_asked_for_again(claude: Claude, endpoint: Endpoint, how: Reply) -> None:
    endpoint.play(text("Let me look|.\nNow"), use("look", 1, twin="pump-1"), **how)
    endpoint.play(use("look", 2, twin="pump-2"))
    got = turn(claude)
    assert [call.arguments for call in got.calls] == [{"twin": "pump-2"}]
    assert got.text == ""
    assert len(endpoint.requests) == 2


def test_tokens_of_a_lost_answer_are_counted(claude: Claude, endpoint: Endpoint) -> None:
    endpoint.play(text("Hm."), fails="overloaded_error")
    endpoint.play(text("Hm."))
    assert turn(claude).usage.input_tokens == 2000


def test_an_answer_that_always_breaks_off_is_told(claude: Claude, endpoint: Endpoint) -> None:
    for _ in range(3):
        endpoint.play(text("Let me look."), use("look", 1, twin="pump-1"), lost=True)
    with pytest.raises(ModelCallError, match="lost in the middle") as error:
        turn(claude)
    assert error.value.code == "model.offline"


@pytest.mark.parametrize("broken", ['{"twin": pump-1}', '{"twin": "pum', '["pump-1"]', '{"twin": "a"} x'])
def test_broken_arguments_are_no_call(claude: Claude, endpoint: Endpoint, broken: str) -> None:
    endpoint.play({"type": "tool_use", "id": "toolu_1", "name": "look", "input": broken})
    endpoint.play(use("look", 2, twin="pump-2"))
    assert [call.id for call in turn(claude).calls] == ["toolu_2"]


def test_arguments_that_stay_broken_are_told(claude: Claude, endpoint: Endpoint) -> None:
    for _ in range(3):
        endpoint.play({"type": "tool_use", "id": "toolu_1", "name": "look", "input": '{"twin": "pum'})
    with pytest.raises(ModelCallError, match="no JSON") as error:
        turn(claude)
    assert error.value.code == "model.answer"


def test_no_network_is_told() -> None:
    claude = Claude(api_key=SecretStr(KEY), base_url="http://127.0.0.1:9", retries=1, pause=lambda seconds: None)
    with pytest.raises(ModelCallError) as error:
        turn(claude)
    assert error.value.code == "model.offline"


def test_pauses_add_up_in_one_message(claude: Claude, endpoint: Endpoint) -> None:
    endpoint.play(text("One."), stop="pause_turn")
    endpoint.play(text("Two."), stop="pause_turn")
    endpoint.play(use("look", twin="a"))
    got = turn(claude)
    assert [block["type"] for block in got.raw] == ["text", "text", "tool_use"]
    last = endpoint.requests[2]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant"]
    assert [block["text"] for block in last[1]["content"]] == ["One.", "Two."]


def test_a_model_that_only_pauses_is_told(claude: Claude, endpoint: Endpoint) -> None:
    for _ in range(4):
        endpoint.play(text("Wait."), stop="pause_turn")
    with pytest.raises(ModelCallError, match="paused"):
        turn(claude)


def test_half_a_thought_is_not_sent_back(claude: Claude, endpoint: Endpoint) -> None:
    endpoint.play({"type": "thinking", "thinking": "Hm", "signature": ""}, text("So"), stop="max_tokens")
    assert [block["type"] for block in turn(claude).raw] == ["text"]


def test_what_it_thinks_is_shown_as_it_comes(claude: Claude, endpoint: Endpoint) -> None:
    said: list[str] = []
    endpoint.play({"type": "thinking", "thinking": "First the pump.\nThen", "signature": "c2ln"}, text("So."))
    turn(claude, said)
    assert said == ["· First the pump.", "· Then", "So."]
    assert endpoint.requests[0]["thinking"] == {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("model", "adaptive"),
    [
        ("claude-opus-4-7", True), ("claude-opus-5-5", True), ("claude-sonnet-5", True), ("claude-fable-5-1", True),
        ("claude-haiku-5-5", True), ("claude-haiku-4-5", False), ("claude-opus-4-5-20251101", False),
    ],
)  # fmt: skip
def test_models_that_think_adaptively_are_told_to(model: str, adaptive: bool) -> None:
    assert ("thinking" in Claude(api_key=SecretStr(KEY), model=model).request(asked(), [])) is adaptive


@pytest.mark.parametrize("how", [{"lost": True}, {"fails": "overloaded_error"}], ids=str)
def test_retries_repeat_no_draft(
    small_plant: Plant, bench: Any, claude: Claude, endpoint: Endpoint, how: Reply
) -> None:
    """The answer that asks for the draft is lost once, and so is the one after it."""
    endpoint.play(use("draft_work_order", 1, twin="pump-1"), **how)
    endpoint.play(use("draft_work_order", 2, twin="pump-1"))
    endpoint.play(use("conclude", 3, **NOTHING), **how)
    endpoint.play(use("conclude", 4, **NOTHING))
    found = investigate(small_plant, "why?", model=claude, registry=bench.registry())
    assert [run.split()[0] for run in bench.runs] == ["draft"]
    assert len(found.work_orders) == 1


def test_a_run_that_lost_the_api_goes_on_later_without_drafting_again(
    small_plant: Plant, bench: Any, claude: Claude, endpoint: Endpoint
) -> None:
    endpoint.play(use("draft_work_order", 1, twin="pump-1"))
    endpoint.replies += [529] * 3
    first = investigate(small_plant, "why?", model=claude, registry=bench.registry(), run="r1")
    assert (first.status, first.usage.turns) == ("failed", 1)
    endpoint.play(use("draft_work_order", 1, twin="pump-1"), use("look", 2, twin="pump-1"))
    endpoint.play(use("conclude", 3, **NOTHING))
    found = investigate(small_plant, "why?", model=claude, registry=bench.registry(), run="r1")
    assert found.status == "concluded"
    assert [run.split()[0] for run in bench.runs] == ["draft", "look"]


def test_without_the_api_the_rules_finish(small_plant: Plant, bench: Any, claude: Claude, endpoint: Endpoint) -> None:
    endpoint.play(use("look", 1, twin="pump-1"))
    endpoint.replies += [529] * 3
    found = investigate(small_plant, "why?", model=claude, registry=bench.registry(), fallback=RulesModel())
    assert found.model == "claude-opus-4-7+rules"
    assert found.hand_over is not None
    assert (found.hand_over.kind, found.hand_over.turns) == ("api", 1)
    assert "overloaded" in found.hand_over.because
    assert "Finished by the built-in rules" in found.answer
    assert [item.id for item in found.evidence] == ["E1"]
