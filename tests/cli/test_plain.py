"""Text of strangers can't steer the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_cli.main import main
from twinwright_cli.plain import plain, plain_json

ESCAPES = "\x1b]0;title\x07\x1b[31mred\x9b2J\u202eback"


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_unseen_is_left_and_what_can_be_seen_stays(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in shown)
    assert plain(shown) == shown


@given(st.text())
def test_json_says_the_same(text: str) -> None:
    written = plain_json(json.dumps({"text": text}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"text": text}
    assert plain(written) == written


def test_names_and_notes_reach_the_terminal_without_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = {
        "@context": "dtmi:dtdl:context;3",
        "@id": "dtmi:com:example:Pump;1",
        "@type": "Interface",
        "displayName": ESCAPES,
        "contents": [{"@type": "Property", "name": "name", "schema": "string"}],
    }
    twin = {"$dtId": "pump", "$metadata": {"$model": "dtmi:com:example:Pump;1"}, "name": ESCAPES}
    graph = {"digitalTwinsModels": [model], "digitalTwinsGraph": {"digitalTwins": [twin], "relationships": []}}
    (tmp_path / "graph.json").write_text(json.dumps(graph))
    (tmp_path / "history").mkdir()
    note = {"kind": "note", "twin": "pump", "text": ESCAPES, "time": "2026-01-05T08:00:00+00:00"}
    (tmp_path / "history" / "notes.jsonl").write_text(json.dumps(note) + "\n")
    for words in (
        ["check"],
        ["query", "SELECT * FROM DIGITALTWINS"],
        ["history", "SELECT kind, text FROM history"],
        ["history", "--search", "red"],
        ["ask", "--model", "rules", f"what is pump? {ESCAPES}"],
    ):
        main([*words, "-C", str(tmp_path)])
        captured = capsys.readouterr()
        for letter in "\x1b\x9b\x07\u202e":
            assert letter not in captured.out + captured.err, words


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_beyond_the_calendar_is_bad_input(time: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "-C", str(tmp_path), "--at", time, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "time"


def test_a_report_into_a_folder_is_refused_before_anything_runs(
    demo_plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ask", "why?", "-C", str(demo_plant), "--state", str(tmp_path / "state"), "--report", str(tmp_path)]
    assert main([*words, "--json"]) == 2
    assert "folder" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_a_question_that_is_no_text_is_refused(
    demo_plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ask", "why \udcff line 3", "-C", str(demo_plant), "--state", str(tmp_path / "state")]
    assert main([*words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"
