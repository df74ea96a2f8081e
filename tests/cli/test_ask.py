"""`ask`, `chat` and `show` from the command line, on a small plant and with the rules or an endpoint of our own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.agent.conftest import write_plant
from tests.agent.messages_api import KEY, Endpoint, use

from twinwright_cli.main import main
from twinwright_cli.output import working

QUESTION = "how many pumps are there?"
Run = Callable[..., tuple[int, dict[str, Any]]]
CONCLUDES = use(
    "conclude",
    9,
    verdict="answer",
    answer=[{"text": "Nothing can be said of that.", "evidence": []}],
    hypotheses=[],
    missing=[],
    assumptions=["I took the pumps to be those of line 3."],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_plant(tmp_path / "plant")


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with --json; its exit code and document."""

    def run(name: str, *words: str) -> tuple[int, dict[str, Any]]:
        code = main([name, "-C", str(folder), "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    found = Endpoint()
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", found.url)
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_without_a_key_the_answer_says_so(run: Run) -> None:
    code, found = run("ask", QUESTION)
    assert code == 0
    assert found["model"] == "rules"
    assert found["hand_over"]["kind"] == "no_key"
    assert "no key" in found["answer"]
    assert found["usage"]["usd"] == 0


def test_an_overloaded_api_is_finished_by_the_rules(
    run: Run, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("twinwright_agent.models.claude.RETRIES", 0)
    endpoint.replies += [{"status": 429, "headers": {"retry-after": "3600"}}]
    code, found = run("ask", QUESTION)
    assert code == 0
    assert found["hand_over"]["kind"] == "api"
    assert "rate limit" in found["hand_over"]["because"]
    assert found["answer"].endswith(".)")
    assert main(["show", "-C", str(folder), found["run"]]) == 0
    assert f"twinwright ask --resume {found['run']} -C {folder}" in capsys.readouterr().out


def test_show_replays_a_run(run: Run, endpoint: Endpoint, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    endpoint.play(use("describe_twin", 1, twin="pump-1"), use("describe_twin", 2, twin="pump-9"))
    endpoint.play(CONCLUDES)
    _, found = run("ask", QUESTION)
    code, shown = run("show", found["run"])
    assert code == 0
    assert shown["question"] == QUESTION
    assert [step["kind"] for step in shown["steps"]] == ["question", "turn", "results", "turn"]
    assert shown["result"]["answer"] == found["answer"] == "Nothing can be said of that."
    assert [item["id"] for item in shown["evidence"]] == ["E1"]
    assert shown["resumable"] is False
    assert main(["show", "-C", str(folder), found["run"]]) == 0
    said = capsys.readouterr().out
    for part in ("turn 1", '→ describe_twin {"twin": "pump-1"}', "← E1 ", "← failed: ", "→ conclude: answer",
                 "assumed, not proven: I took"):  # fmt: skip
        assert part in said
    code, runs = run("show")
    assert [one["run"] for one in runs["value"]] == [found["run"]]
    assert runs["value"][0]["status"] == "concluded"


def test_an_unknown_run_is_told(run: Run) -> None:
    code, found = run("show", "1127-abcdef")
    assert (code, found["error"]["code"]) == (2, "run.unknown")


def test_bounds_come_from_the_file_and_the_command_line(run: Run, endpoint: Endpoint, folder: Path) -> None:
    config = folder / "twinwright.toml"
    config.write_text(config.read_text() + "\n[budget]\nturns = 1\nusd = 0.5\n")
    endpoint.play(use("describe_twin", 1, twin="pump-1"))
    _, found = run("ask", QUESTION)
    assert "1 turns" in found["hand_over"]["because"]
    endpoint.play(use("describe_twin", 1, twin="pump-1"))
    endpoint.play(CONCLUDES)
    _, found = run("ask", QUESTION, "--turns", "5")
    assert found["hand_over"] is None
    endpoint.play(use("describe_twin", 1, twin="pump-1"))
    _, found = run("ask", QUESTION, "--usd", "0.001", "--turns", "5")
    assert "US dollars" in found["hand_over"]["because"]


@pytest.mark.parametrize("words", [["--usd", "0"], ["--turns", "0"], ["--tokens", "many"], ["--seconds", "-1"]])
def test_a_bound_that_is_none_is_refused(run: Run, words: list[str]) -> None:
    code, found = run("ask", QUESTION, *words)
    assert (code, found["error"]["code"]) == (2, "usage")


def test_what_leaves_is_shown_and_not_sent(run: Run, endpoint: Endpoint, folder: Path) -> None:
    config = folder / "twinwright.toml"
    config.write_text(config.read_text() + '\n[redact]\nnames = ["Testworks", "pump-1"]\n')
    code, found = run("ask", "--what-leaves", "why is pump-1 slow?")
    assert code == 0
    assert endpoint.requests == []
    assert found["redacted"] == 2
    told = json.dumps(found["request"])
    assert "__R2__" in told
    for word in ("Testworks", "pump-1", KEY, str(folder)):
        assert word not in told


def test_a_broken_redaction_is_refused(run: Run, folder: Path) -> None:
    config = folder / "twinwright.toml"
    config.write_text(config.read_text() + '\n[redact]\npatterns = ["("]\n')
    code, found = run("ask", QUESTION)
    assert (code, found["error"]["code"]) == (2, "plant.config")


def test_chat_asks_back(run: Run, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.play(use("find_twins", 1, words="pump", limit=5))
    back = [{"text": "Do you mean pump-1 or pump-2?", "evidence": ["E1"]}]
    endpoint.play(use("conclude", 2, verdict="clarify", answer=back, hypotheses=[], missing=[]))
    endpoint.play(CONCLUDES)
    monkeypatch.setattr("sys.stdin", io.StringIO("why is the pump slow?\nthe leftmost\n"))
    code, found = run("chat")
    assert code == 0
    assert [one["verdict"] for one in found["value"]] == ["clarify", "answer"]
    assert "clarify and one question" in endpoint.requests[0]["system"][0]["text"]
    assert json.dumps(endpoint.requests[2]).count("the leftmost") == 1


@pytest.mark.parametrize("report", ["graph.json/report.html", "graph.json/below/report.html", "/dev/null"])
def test_a_report_that_cant_be_written_is_refused_before_anything_is_asked(
    report: str, run: Run, endpoint: Endpoint, folder: Path
) -> None:
    code, found = run("ask", QUESTION, "--report", str(folder / report))
    assert (code, found["error"]["code"]) == (2, "usage")
    assert report in found["error"]["message"]
    assert endpoint.requests == []


def test_a_report_that_fails_after_all_costs_no_answer(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("twinwright_agent.report.write_report", full)
    assert main(["ask", QUESTION, "-C", str(folder), "--model", "rules", "--json"]) == 1
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (found["status"], found["report"]) == ("concluded", None)
    assert "2" in found["answer"]
    assert told.err.startswith("error: the report can't be written to ") and "No space left" in told.err


def test_people_are_told_times_in_the_sites_zone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with working(zone=ZoneInfo("Europe/Berlin"), doing="reading", patience_s=0) as tell:
        tell("since 2026-01-05T08:00:00+00:00")
        tell("no time at all: 2026-13-45T99:99Z")
    told = capsys.readouterr().err
    assert told == "  reading\n  since 2026-01-05 09:00:00 +01:00\n  no time at all: 2026-13-45T99:99Z\n"
    assert main(["ask", f"{QUESTION} not 2026-13-45T99:99Z", "-C", str(folder), "--model", "rules"]) in (0, 1)
    assert "+00:00" not in capsys.readouterr().err
    assert main(["show", "-C", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "+00:00" not in told and ("+01:00" in told or "+02:00" in told)
    ends = ["--from", "2026-01-05T06:00:00Z", "--to", "2026-01-05T05:00:00Z", "-C", str(folder)]
    assert main(["window", "pump-1.flow", *ends]) == 2
    assert "from (2026-01-05 07:00:00 +01:00) must lie before" in capsys.readouterr().err
    assert main(["window", "pump-1.flow", *ends, "--json"]) == 2
    assert "from (2026-01-05T06:00:00+00:00)" in json.loads(capsys.readouterr().out)["error"]["message"]
