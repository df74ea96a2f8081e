"""Whole investigations with Claude, replayed from recordings: the real client, stream, loop, tools and check."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from twinwright_agent.loop import investigate
from twinwright_agent.models.claude import DEFAULT_MODEL
from twinwright_agent.result import Investigation
from twinwright_evals.recordings import (
    RECORDINGS,
    RecordingError,
    ReplayedClaude,
    case_of,
    difference,
    recorded_cases,
    recorded_replies,
    recorded_requests,
)
from twinwright_evals.recordings import (
    vcr_config as recordings_config,
)
from twinwright_tools.plant import open_plant
from twinwright_tools.toolbox import standard_registry

CASES = sorted(recorded_cases())


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    return recordings_config()


@pytest.fixture(scope="module")
def vcr_cassette_dir() -> str:
    return str(RECORDINGS)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    return f"{request.node.callspec.params['name']}.yaml"


def replay(name: str, make_plant: Callable[..., tuple[Path, Any]], state: Path, **changes: Any) -> Investigation:
    case = case_of(name)
    folder, _ = make_plant(case.fault, case.seed)
    expected = recorded_requests(RECORDINGS / f"{name}.yaml")
    model = ReplayedClaude(api_key=SecretStr("none"), model=DEFAULT_MODEL, retries=0, expected=expected)
    with open_plant(folder, state=state) as plant:
        question = changes.get("question", case.question)
        return investigate(plant, question, model=model, registry=standard_registry(), run=changes.get("run", name))


@pytest.mark.vcr
@pytest.mark.parametrize("name", CASES)
def test_a_recorded_investigation_replays(
    name: str, make_demo_plant: Callable[..., tuple[Path, Any]], tmp_path: Path, vcr: Any
) -> None:
    # Another run id, another folder, another clock: none of them is in a request.
    found = replay(name, make_demo_plant, tmp_path / "state", run="replayed")
    about = json.loads((RECORDINGS / f"{name}.json").read_text())
    assert found.model == DEFAULT_MODEL
    assert (found.status, found.verdict, found.answer) == (about["status"], about["verdict"], about["answer"])
    assert [one.twin for one in found.hypotheses] == [one["twin"] for one in about["hypotheses"]]
    assert (found.usage.turns, found.usage.tool_calls) == (about["turns"], about["tool_calls"])
    assert [order.title for order in found.work_orders] == about["work_orders"]
    assert vcr.all_played


@pytest.mark.vcr
@pytest.mark.parametrize("name", CASES[:1])
def test_a_changed_request_fails_with_the_difference(
    name: str, make_demo_plant: Callable[..., tuple[Path, Any]], tmp_path: Path
) -> None:
    with pytest.raises(RecordingError) as error:
        replay(name, make_demo_plant, tmp_path / "state", question="why is line 2 slow?")
    assert "+why is line 2 slow?" in str(error.value)


@pytest.mark.parametrize("name", CASES)
def test_recordings_are_labelled_streamed_and_hold_no_key(name: str) -> None:
    text = (RECORDINGS / f"{name}.yaml").read_text()
    about = json.loads((RECORDINGS / f"{name}.json").read_text())
    assert about["model"] == "answer-desk"
    assert all(b'"model": "answer-desk"' in reply for reply in recorded_replies(RECORDINGS / f"{name}.yaml"))
    assert "text/event-stream" in text
    assert all(request["stream"] is True for request in recorded_requests(RECORDINGS / f"{name}.yaml"))
    for word in ("x-api-key", "authorization", "sk-ant", "127.0.0.1"):
        assert word not in text.lower()


def test_there_are_two_whole_investigations() -> None:
    assert len(CASES) >= 2


def test_equal_requests_have_no_difference() -> None:
    assert difference({"a": [1]}, {"a": [1]}) == ""
    assert '+ "a": 2' in difference({"a": 1}, {"a": 2})
