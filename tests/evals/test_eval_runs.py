"""Whole runs: in processes, scored by what was left behind; the model that obeys everybody; report and command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from twinwright_agent.models.base import Model, Progress, ToolCall, ToolSpec, Transcript, Turn
from twinwright_cli.commands.eval import command
from twinwright_evals.cases import Case, load_cases
from twinwright_evals.clarity import agreement, clarity_of, labels
from twinwright_evals.drivers import Obeying, Rules
from twinwright_evals.history import compared, keep, last_run
from twinwright_evals.report import as_html, as_markdown, page, write_report
from twinwright_evals.results import SuiteResult
from twinwright_evals.runner import run_suite
from twinwright_evals.workshop import Workshop
from twinwright_tools.errors import InputError, UsageError

KNOWN = {case.id: case for case in load_cases()}
NAMES = ("s-transformers", "s-maker", "follow-transformer", "no-weather", "inj-note-fleet", "s-oil-now")
FEW = [KNOWN[name] for name in NAMES]


def quiet(text: str) -> None:
    pass


@pytest.fixture(scope="module")
def few() -> SuiteResult:
    """A run of the rules over a few cases of the second plant, in two processes."""
    return run_suite(FEW, Rules(), quiet, jobs=2)


def test_cases_are_run_in_processes_and_come_back_in_order(few: SuiteResult) -> None:
    assert [one.case for one in few.results] == [case.id for case in FEW]
    assert few.complete and (few.cases, few.ran, few.skipped) == (6, 6, 0)
    rows = {one.case: one for one in few.results}
    assert rows["s-transformers"].scores["right_rows"] is True
    assert rows["no-weather"].scores["abstained"] is True
    assert rows["inj-note-fleet"].scores["not_steered"] is True
    assert all(one.scores["nothing_acted"] is True for one in few.results)
    assert rows["follow-transformer"].status.count(" / ") == 2


def test_a_case_that_cannot_be_run_is_skipped_and_the_run_is_no_result() -> None:
    broken = Case.model_validate({"id": "x", "category": "c", "question": "?", "fault": "nosuch", "expect": {}})
    result = run_suite([broken], Rules(), quiet)
    assert not result.complete and (result.ran, result.skipped) == (0, 1)
    assert "nosuch" in str(result.results[0].skipped)
    assert not run_suite([], Rules(), quiet).complete


def test_repeats_have_a_spread() -> None:
    result = run_suite([KNOWN["s-transformers"]], Rules(), quiet, repeats=2)
    assert [one.repeat for one in result.results] == [0, 1]
    assert result.ran == 1 and result.spread["right_rows"] == 0.0


def test_the_obeying_model_does_as_it_is_told_and_nothing_comes_of_it() -> None:
    names = ("inj-note-fleet", "inj-ticket-fleet-urgent", "inj-ticket-sql", "inj-chat-fleet", "s-transformers")
    result = run_suite([KNOWN[name] for name in names], Obeying(), quiet)
    rows = {one.case: one for one in result.results}
    assert set(rows) == set(names) - {"s-transformers"}
    # It was told to draft, to submit without asking, to call tools that aren't there: it tried.
    assert rows["inj-ticket-fleet-urgent"].tool_errors >= 2
    assert rows["inj-note-fleet"].scores["not_steered"] is False
    assert all(one.scores["nothing_acted"] is True for one in result.results)
    assert [one.met for one in result.figures] == [True]


class Meddler:
    """A model with a hand in the plant: it changes a file. No tool can; the scorer has to see it."""

    name = "rules"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def next(self, transcript: Transcript, tools: list[ToolSpec], progress: Progress) -> Turn:
        from twinwright_agent.conclusion import Claim, Conclusion

        if not transcript.evidence:
            call = ToolCall(id="1", name="query_twins", arguments={"query": "SELECT COUNT() FROM DIGITALTWINS"})
            return Turn(calls=[call])
        graph = self.folder / "graph.json"
        graph.write_text(graph.read_text() + "\n")
        return Turn(
            conclusion=Conclusion(
                verdict="answer", answer=[Claim(text="Done.", evidence=[])], hypotheses=[], missing=[]
            )
        )


class Meddling(Rules):
    """Gives the meddler."""

    @contextmanager
    def model(self, case: Case) -> Iterator[Model]:
        yield Meddler(FOLDERS[-1])


FOLDERS: list[Path] = []


def test_a_plant_that_was_changed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Workshop.plant

    def noted(self: Workshop, case: Case) -> Any:
        found = made(self, case)
        FOLDERS.append(found[0])
        return found

    monkeypatch.setattr(Workshop, "plant", noted)
    result = run_suite([KNOWN["s-transformers"]], Meddling(), quiet)
    assert result.results[0].scores["nothing_acted"] is False
    assert next(one for one in result.figures if one.name == "cases that acted").met is False


def test_the_benign_success_is_that_of_the_same_task_with_and_without_the_text(few: SuiteResult) -> None:
    lost = next(one for one in few.figures if one.name.startswith("benign success"))
    rows = {one.case: one.scores["solved"] for one in few.results}
    assert lost.of == 1 and lost.value == 100.0 * (int(bool(rows["s-oil-now"])) - int(bool(rows["inj-note-fleet"])))


def test_the_report_is_one_page_in_three_forms(few: SuiteResult, tmp_path: Path) -> None:
    made = page(few, None)
    assert [one.heading for one in made.tables] == ["Figures", "By category", "Cases"]
    assert len(made.tables[-1].rows) == 6
    markdown, html = as_markdown(made), as_html(made)
    assert "| s-transformers |" in markdown and "<td>s-transformers</td>" in html
    hostile = replace(few.results[0], category="<script>", top="a|b")
    made = page(replace(few, results=(hostile,)), None)
    assert "<script>" not in as_html(made) and "a\\|b" in as_markdown(made)
    write_report(tmp_path / "r.html", made)
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    with pytest.raises(UsageError, match=r"\.html or \.md"):
        write_report(tmp_path / "r.pdf", made)
    with pytest.raises(UsageError, match="can't be written"):
        write_report(tmp_path / "no" / "r.md", made)


def test_a_run_is_compared_with_the_one_before(few: SuiteResult, tmp_path: Path) -> None:
    file = tmp_path / "state" / "evals.json"
    assert last_run(file, "rules") is None and compared(few, None) == []
    keep(file, few, datetime(2026, 3, 1, tzinfo=UTC))
    last = last_run(file, "rules")
    assert last is not None and compared(few, last) == []
    first = few.results[0]
    worse = replace(few, results=(replace(first, scores=first.scores | {"solved": False}),))
    assert compared(worse, last) == [("s-transformers", "solved", "not solved")]
    assert "Changed since the last run" in as_markdown(page(worse, last))
    file.write_text("[")
    with pytest.raises(InputError, match="no earlier runs"):
        last_run(file, "rules")


def test_a_run_that_skipped_says_that_it_is_no_result(few: SuiteResult) -> None:
    result = replace(few, skipped=1, ran=5, results=(replace(few.results[0], skipped="why"),))
    assert "NOT A RESULT" in as_markdown(page(result, None))


def invoke(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(command, list(arguments))
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.stdout


def test_the_command_prints_one_document_and_fails_where_nothing_ran(tmp_path: Path) -> None:
    last = ("--last", str(tmp_path / "evals.json"))
    code, printed = invoke("--case", "s-transformers", "--json", "--report", str(tmp_path / "r.md"), *last)
    told = json.loads(printed)
    assert code == 0 and (told["cases"], told["ran"], told["skipped"]) == (1, 1, 0)
    assert told["metrics"]["right_rows"] == 1.0 and told["figures"][0]["name"]
    assert (tmp_path / "r.md").exists() and not (tmp_path / "evals.json").exists()
    code, printed = invoke("--model", "recorded", "--recordings", str(tmp_path), "--json", *last)
    assert code == 1 and json.loads(printed)["ran"] == 0


@pytest.mark.parametrize(
    "arguments", [("--case", "nosuch"), ("--model", "gpt"), ("--model", "claude-opus-4-7"), ("--record",)]
)
def test_bad_input_is_an_error(arguments: Sequence[str]) -> None:
    with pytest.raises(UsageError):
        invoke(*arguments)


class Even:
    """A judge that always gives the same grade."""

    model = "even"

    def __init__(self, grade: int) -> None:
        self.given = grade

    def grades(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        return [self.given] * len(pairs)


def test_a_judge_is_held_against_labels_that_people_gave() -> None:
    known = labels()
    assert len(known) >= 30 and {one.by for one in known} == {"developers"}
    assert {one.clarity for one in known} == set(range(1, 6))
    found = clarity_of([("q", "a")], Even(4))
    assert found.mean == 4.0 and found.agreement.of == len(known)
    assert found.agreement.kappa == pytest.approx(0.0)
    perfect = agreement([1, 3, 5], [1, 3, 5])
    assert (perfect.same, perfect.within_one, perfect.kappa) == (1.0, 1.0, 1.0)
    assert agreement([1, 5], [5, 1]).kappa == pytest.approx(-1.0)
    assert agreement([3, 3], [3, 3]).kappa is None
