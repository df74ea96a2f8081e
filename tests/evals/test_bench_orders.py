"""The benchmark of orders: it finds nothing twice or lost with the outbox, and plenty without; labels hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from twinwright_evals.bench_orders.__main__ import clean, told_apart
from twinwright_evals.bench_orders.labels import LABELS, TARGET, Judged, Score, judged_pairs
from twinwright_evals.bench_orders.runs import POINTS, Scenario, Tally


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    return judged_pairs(tmp_path_factory.mktemp("labels") / "plant")


def test_there_are_enough_pairs_of_every_kind(judged: list[Judged]) -> None:
    assert len(judged) >= 200
    kinds = {one.kind for one in judged}
    wanted = {"other mode", "twin of the pair", "reopened", "other wording", "german", "weeks old", "parent overhaul"}
    assert wanted <= kinds
    lines = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    texts = [(line["asset"], line["title"], json.dumps(order)) for line in lines for order in line["orders"]]
    assert len(texts) == len(set(texts)), "a pair counts once"


def test_precision_and_recall_hold(judged: list[Judged]) -> None:
    score = Score.of(judged)
    assert score.precision >= TARGET and score.recall >= TARGET and told_apart(judged)


def test_a_check_that_says_duplicate_to_all_would_not_pass(judged: list[Judged]) -> None:
    from dataclasses import replace

    blind = [replace(one, match=replace(one.match, verdict="duplicate")) for one in judged]
    assert not told_apart(blind) and Score.of(blind).precision < 0.5


def test_scenarios_are_drawn_from_their_number_and_reach_every_step() -> None:
    drawn = [Scenario.drawn(number, 1) for number in range(200)]
    assert drawn == [Scenario.drawn(number, 1) for number in range(200)]
    assert set(POINTS) <= {point for one in drawn for point, _ in one.crashes}
    assert (
        any(one.two for one in drawn)
        and any(one.addition for one in drawn)
        and any("slow" in one.changes for one in drawn)
    )


def test_nothing_may_be_twice_or_lost() -> None:
    assert clean(Tally())
    for field in ("duplicates", "lost", "unsettled", "files_wrong"):
        assert not clean(Tally(**{field: [1]}))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twinwright_evals.bench_orders", "--only", "crashes", *words]
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths}, check=False)


def test_a_few_runs_with_and_without_the_outbox() -> None:
    """In a process of its own, as it forks and kills."""
    done = run("--runs", "6", "--control", "6", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| **duplicates** | 0 |" in done.stdout and "| **lost** | 0 |" in done.stdout
    without = next(line for line in done.stdout.splitlines() if "without the outbox" in line)
    assert int(without.split("|")[2].split()[0]) > 0, "else the harness couldn't find a duplicate at all"
