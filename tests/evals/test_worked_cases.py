"""The worked cases of docs/diagnosis.md: the figures that it shows are there, small, and drawn from real runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twinwright_evals import worked_cases
from twinwright_evals.worked_cases import CASES, Worked, main

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOST_BYTES = 120_000


def test_the_page_shows_every_case_and_nothing_that_is_not_there() -> None:
    page = (DOCS / "diagnosis.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", page)
    assert shown == [f"{one.name}.png" for one in CASES]
    assert all((DOCS / name).stat().st_size < MOST_BYTES for name in shown)
    assert all(f"seed {one.seed}" in page for one in CASES)


def test_a_case_is_told_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = CASES[0].name
    assert main(["--out", str(tmp_path), "--only", name]) == 0
    told = capsys.readouterr().out
    assert "truth: " in told and "\n1. " in told and " D1 " in told
    drawn = (tmp_path / f"{name}.png").read_bytes()
    assert drawn.startswith(b"\x89PNG") and 5_000 < len(drawn) < MOST_BYTES


def test_a_signal_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Worked(CASES[0].seed, "case-none", ("glycol-header.nonsense",))
    monkeypatch.setattr(worked_cases, "CASES", (wrong,))
    assert main(["--out", str(tmp_path)]) == 2
    assert "glycol-header.nonsense" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
