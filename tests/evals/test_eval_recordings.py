"""Recordings: kept without loss, replayed with the real client and loop, out of date as soon as a request differs."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from twinwright_cli.commands.eval import command
from twinwright_evals.cases import Case, Expectation, load_cases
from twinwright_evals.cassettes import Exchange, estimated, prefix_breaks, read_cassette, said, write_cassette
from twinwright_evals.clarity import clarity_of, labels, live_judge, recorded_clarity, recorded_judge
from twinwright_evals.drivers import Recorded, Recorder
from twinwright_evals.record import main
from twinwright_evals.recordings import (
    RECORDINGS,
    RecordingError,
    about,
    cassette_of,
    difference,
    has_recording,
    recording,
    replaying,
)
from twinwright_evals.runner import run_suite
from twinwright_tools.errors import InputError

CASES = [case for case in load_cases() if has_recording(case.id)]
COUNT = Case(id="count", category="twin query", plant="substations", seed=7, question="How many feeders are there?",
             expect=Expectation.model_validate({"figures": [{"value": 32}]}))  # fmt: skip
QUERY = {"query": "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:net:nordwald:grid:Feeder;1')"}
CLAIM = {"text": "There are 32 feeders.", "evidence": ["E1"]}
CONCLUSION = {"verdict": "answer", "answer": [CLAIM], "hypotheses": [], "missing": []}


def events(name: str, arguments: dict[str, Any], number: int) -> str:
    block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
    usage = {"input_tokens": 100, "output_tokens": 0}
    start = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "answer-desk", "content": [],
             "stop_reason": None, "stop_sequence": None, "usage": usage}  # fmt: skip
    delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
    end = {"stop_reason": "tool_use", "stop_sequence": None}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told)


@pytest.fixture
def desk() -> Iterator[str]:
    """Somebody who answers in place of a model: first asks the twins, then concludes."""

    class Desk(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            name, told = ("query_twins", QUERY) if len(request["messages"]) == 1 else ("conclude", CONCLUSION)
            if request["tools"][0]["name"] == "rate":
                pairs = request["messages"][0]["content"].count("<pair number=")
                rows = [{"number": number, "clarity": 4} for number in range(1, pairs + 1)]
                name, told = "rate", {"grades": rows}
            reply = events(name, told, 1)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(reply.encode())

    server = HTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def quiet(text: str) -> None:
    pass


def test_a_case_is_recorded_at_a_desk_and_replayed_without_it(desk: str, tmp_path: Path) -> None:
    recorder = Recorder("claude-opus-4-7", SecretStr("sk-ant-secret"), desk, folder=tmp_path)
    made = run_suite([COUNT], recorder, quiet)
    assert made.complete and made.results[0].scores["right_rows"] is True
    assert made.results[0].answerer == "answer-desk"
    kept = cassette_of("count", tmp_path).read_text()
    assert "sk-ant" not in kept and "127.0.0.1" not in kept
    replayed = run_suite([COUNT, replace_id("other")], Recorded(tmp_path), quiet)
    assert (replayed.cases, replayed.ran, replayed.skipped) == (1, 1, 0)
    assert replayed.results[0].answer == "There are 32 feeders."
    assert replayed.results[0].requests == 2 and not replayed.results[0].prefix_breaks
    assert replayed.results[0].usd is not None and replayed.results[0].usd > 0
    again = run_suite([COUNT], Recorded(tmp_path, again=True), quiet)
    assert again.complete and cassette_of("count", tmp_path).read_text() == kept


def replace_id(name: str) -> Case:
    return COUNT.model_copy(update={"id": name})


def test_a_request_that_is_another_fails_with_the_difference(desk: str, tmp_path: Path) -> None:
    run_suite([COUNT], Recorder("claude-opus-4-7", SecretStr("k"), desk, folder=tmp_path), quiet)
    changed = COUNT.model_copy(update={"question": "How many breakers are there?"})
    result = run_suite([changed], Recorded(tmp_path), quiet)
    assert not result.complete and result.skipped == 1
    assert "+How many breakers are there?" in str(result.results[0].skipped)


def test_another_outcome_than_the_recorded_one_fails(desk: str, tmp_path: Path) -> None:
    run_suite([COUNT], Recorder("claude-opus-4-7", SecretStr("k"), desk, folder=tmp_path), quiet)
    told = about("count", tmp_path)
    told["questions"][0]["answer"] = "There are 33."
    (tmp_path / "count.json").write_text(json.dumps(told))
    result = run_suite([COUNT], Recorded(tmp_path), quiet)
    assert "came to something else than recorded: answer" in str(result.results[0].skipped)


def test_what_was_recorded_and_never_asked_again_fails(desk: str, tmp_path: Path) -> None:
    run_suite([COUNT], Recorder("claude-opus-4-7", SecretStr("k"), desk, folder=tmp_path), quiet)
    with pytest.raises(RecordingError, match="2 of 2 recorded requests were never made"), \
            replaying(cassette_of("count", tmp_path)):  # fmt: skip
        pass


def test_a_judge_is_recorded_in_one_go_and_replayed(
    desk: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recorded_clarity(tmp_path) is None
    told = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": desk}
    assert main(["--clarity", "--into", str(tmp_path)], told) == 0
    assert "34 labelled answers" in capsys.readouterr().out
    (exchange,) = read_cassette(cassette_of("clarity", tmp_path))
    asked = exchange.request["messages"][0]["content"]
    assert all(one.answer in asked for one in labels()) and "127.0.0.1" not in json.dumps(exchange.request)
    found = recorded_clarity(tmp_path)
    assert found is not None and (found.answers, found.mean, found.agreement.of) == (0, None, 34)
    assert found.judge == "answer-desk"
    with pytest.raises(InputError, match="no judge has been recorded"), recorded_judge(tmp_path / "none"):
        pass


def test_a_judge_at_the_api_grades_answers_as_well(desk: str) -> None:
    with live_judge("claude-opus-4-7", SecretStr("k"), desk, None) as judge:
        found = clarity_of([("How many?", "Two.")] * 3, judge)
    assert (found.mean, found.answers) == (4.0, 3)


def test_a_recorded_run_reports_the_judge_apart(desk: str, tmp_path: Path) -> None:
    assert main(["--clarity", "--into", str(tmp_path)], {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": desk}) == 0
    run_suite([COUNT], Recorder("claude-opus-4-7", SecretStr("k"), desk, folder=tmp_path), quiet)
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "one.jsonl").write_text(COUNT.model_dump_json() + "\n")
    words = ["--model", "recorded", "--cases", str(cases), "--recordings", str(tmp_path), "--json"]
    shown = CliRunner().invoke(command, words)
    assert json.loads(shown.output)["clarity"]["agreement"]["of"] == 34


def test_an_error_is_passed_on_and_not_kept(tmp_path: Path) -> None:
    with recording("http://127.0.0.1:9") as kept:
        reply = httpx.post(f"{kept.url}/v1/messages", json={"messages": []})
    assert reply.status_code == 502 and not kept.exchanges


def test_the_recorder_of_whole_suites_names_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nosuch"], {"ANTHROPIC_API_KEY": "k"}) == 2
    assert main(["s-transformers"], {}) == 2
    assert main([], {"ANTHROPIC_API_KEY": "k"}) == 2
    told = capsys.readouterr().err
    assert "nosuch" in told and "ANTHROPIC_API_KEY" in told and "name the cases" in told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_kept_recordings_are_labelled_and_hold_no_key(case: Case) -> None:
    text = cassette_of(case.id).read_text()
    exchanges = read_cassette(cassette_of(case.id))
    by_hand = about(case.id)["model"] == "answer-desk"
    assert all(('"model": "answer-desk"' in one.reply) is by_hand for one in exchanges)
    assert all(one.request["stream"] is True for one in exchanges)
    for word in ("x-api-key", "authorization", "sk-ant", "127.0.0.1"):
        assert word not in text.lower()


def test_there_are_recordings_and_each_has_its_case() -> None:
    named = {path.name.removesuffix(".exchanges.json") for path in RECORDINGS.glob("*.exchanges.json")}
    assert len(CASES) >= 2 and named - {"clarity"} == {case.id for case in CASES}


def test_equal_requests_have_no_difference() -> None:
    assert difference({"a": [1]}, {"a": [1]}) == ""
    assert '+ "a": 2' in difference({"a": 1}, {"a": 2})


# Conversations of a few short messages: some go on from the one before, some don't, with cache marks anywhere.
texts = st.lists(st.sampled_from(["a", "b", "€"]), max_size=3)
conversations = st.lists(st.tuples(texts, st.integers(0, 3), st.sampled_from(["", "x\n\ny"])), max_size=4)


@given(conversations)
def test_a_cassette_gives_every_exchange_back(told: list[tuple[list[str], int, str]]) -> None:
    exchanges = []
    for texts, marked, reply in told:
        request = request_of(*texts, system=[{"type": "text", "text": reply, "cache_control": {"type": "ephemeral"}}])
        for message in request["messages"][marked : marked + 1]:
            message["content"][0]["cache_control"] = {"type": "ephemeral"}
        exchanges.append(Exchange(request, reply))
    with tempfile.TemporaryDirectory() as folder:
        write_cassette(Path(folder) / "c.json", exchanges)
        assert read_cassette(Path(folder) / "c.json") == exchanges


def request_of(*texts: str, **more: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": t}]} for t in texts],
        **more,
    }


def test_a_prefix_that_changes_is_seen_and_marks_and_compaction_are_not() -> None:
    marked = request_of("a")
    marked["messages"][0]["content"][0]["cache_control"] = {"type": "ephemeral"}
    assert prefix_breaks([marked, request_of("a", "b"), request_of("a", "b", "c")]) == []
    assert prefix_breaks([request_of("a", "b"), request_of("short")]) == []
    assert len(prefix_breaks([request_of("a"), request_of("A", "b")])) == 1
    assert "system" in prefix_breaks([request_of("a", system="x"), request_of("a", "b", system="y")])[0]


def test_tokens_are_read_again_where_the_prefix_is_cached() -> None:
    reply = events("query_twins", QUERY, 1)
    one, two = Exchange(request_of("a" * 4000), reply), Exchange(request_of("a" * 4000, "b" * 4000), reply)
    used = estimated([one, two])
    assert 1000 < used.read < 1100 and 2000 < used.written < 2200
    assert said(reply) == json.dumps(QUERY) and used.output == 2 * (len(json.dumps(QUERY)) // 4)
    assert replace(used, read=0).read == 0
