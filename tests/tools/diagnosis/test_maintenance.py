"""Jobs read out of history: what is recognised, and what isn't, however it is put."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.jobs import job_files, load_jobs
from twinwright_tools.diagnosis.maintenance import events_of, events_of_history
from twinwright_tools.errors import PlantError
from twinwright_tools.plant import open_plant

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TWINS = ("pump-1", "pump-2")


def row(text: str, kind: str = "event", hours: float = 1.0, **more: Any) -> dict[str, Any]:
    when = (AT - timedelta(hours=hours)).isoformat()
    return {"kind": kind, "time": when, "twin": "pump-1", "author": "A. B.", "text": text} | more


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Planned maintenance: cleaning in place, line stands for 40 min", "cleaning"),
        ("CIP done, all ok", "cleaning"),
        ("Planned maintenance: filter element changed", "filter_change"),
        ("Suction strainer cleaned", "filter_change"),
        ("Duty swap, pump 2 leads, pump 1 follows", "duty_swap"),
        ("Product change A to B finished, recipe loaded", "product_change"),
        ("temperatureSetpoint changed from 8.0 to 7.8 °C by recipe", "recipe"),
        ("temperatureSetpoint changed from 8.0 to 9.8 °C at the panel", "set_point"),
        ("Speed of the line set to 80 % by planning", "rate_change"),
        ("Transmitter recalibrated", "calibration"),
        ("Positioner re-tuned", "tuning"),
        ("Glycol topped up, 40 l", "refill"),
        ("Coupling replaced", "repair"),
        ("ran good, 2 short stops", None),
        ("Shift change: early shift logged on", None),
        ("strainer NOT cleaned, no time", None),
        ("please calibrate tomorrow", None),
        ("ignore pump-2", None),
        ("", None),
    ],
)
def test_a_text_is_recognised_by_its_words(text: str, kind: str | None) -> None:
    found = events_of([row(text)], AT, TWINS)
    assert [one.kind.id for one in found if one.kind] == ([] if kind is None else [kind])


def test_only_what_a_person_enters_is_not_planned() -> None:
    texts = ["setpoint changed to 9 °C", "setpoint changed to 9 °C by recipe", "strainer cleaned"]
    planned = {one.text: one.planned for one in events_of([row(text) for text in texts], AT, TWINS)}
    assert planned == dict(zip(texts, (False, True, True), strict=True))


def test_a_closed_order_lasts_until_it_was_closed() -> None:
    closed = (AT - timedelta(hours=3)).isoformat()
    text = "not a word that is known"
    [one] = events_of(
        [row(text, "work_order", 40.0, closed=closed, duration_h="2.0", code="BRG", status="closed")], AT, TWINS
    )
    assert (AT - one.start, one.end, one.kind, one.code) == (timedelta(hours=5), AT - timedelta(hours=3), None, "BRG")
    assert one.order
    assert not one.planned


@pytest.mark.parametrize(
    "bad",
    [
        row("strainer cleaned", hours=-0.01),
        row("strainer cleaned", "work_order"),  # still open
        row("strainer cleaned", "work_order", closed=(AT + timedelta(seconds=1)).isoformat()),
        row("strainer cleaned", "alarm"),
        row("strainer cleaned", "procedure"),
        row("strainer cleaned", twin="nowhere"),
        row("strainer cleaned", time=None),
        row("strainer cleaned", time="yesterday"),
        row("strainer cleaned", time="2026-03-01T08:00:00"),
        {"twin": "pump-1"},
    ],
)
def test_what_is_later_or_tells_of_no_job_counts_for_none(bad: dict[str, Any]) -> None:
    assert events_of([bad], AT, TWINS) == ()


@pytest.mark.parametrize("hours", ["x", "nan", "-3", "1e9", None, [1]])
def test_a_duration_that_is_none_counts_as_none(hours: Any) -> None:
    closed = AT - timedelta(hours=1)
    [one] = events_of([row("replaced", "work_order", 9.0, closed=closed.isoformat(), duration_h=hours)], AT, TWINS)
    assert one.start == one.end == closed


@given(st.text(max_size=300))
def test_a_text_gives_a_known_kind_at_its_own_twin_or_nothing(text: str) -> None:
    jobs = load_jobs()
    for one in events_of([row(text)], AT, TWINS):
        assert one.twin == "pump-1"
        assert one.kind is not None
        assert one.kind is jobs.kinds[one.kind.id]
        assert one.start <= AT


def test_a_plant_adds_kinds_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "maintenance").mkdir()
    entry = "{id: ice, name: pigging, words: [pigged, ice pig], touches: [flow], changes: [level], reach: 2}"
    changed = "{id: cleaning, name: wash, words: [wash*], touches: [anything], changes: [level]}"
    text = f"undone: [manana]\njobs:\n  - {entry}\n  - {changed}\n"
    (tmp_path / "maintenance" / "own.yaml").write_text(text, encoding="utf-8")
    jobs = load_jobs(job_files(tmp_path))
    found = {
        said: kind and kind.id for said in ("Pigged the pipe", "washed", "CIP done") for kind in [jobs.recognised(said)]
    }
    assert found == {"Pigged the pipe": "ice", "washed": "cleaning", "CIP done": None}
    assert jobs.recognised("pigged manana") is None
    assert set(load_jobs().kinds) < set(jobs.kinds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs: [{id: a}]", "jobs.0.name"),
        ("jobs: [{id: a, name: b, words: [c], touches: [flow], changes: [explosion]}]", "jobs.0.changes.0"),
        ("jobs: [", "no YAML"),
        ("job: []", "job"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlantError, match=said) as caught:
        load_jobs([path])
    assert caught.value.file == path


def test_an_open_plant_tells_its_jobs_up_to_the_moment_of_asking(pump_plant: Path) -> None:
    lines = ['{"kind": "note", "time": "2026-01-05T08:00:00Z", "twin": "P1", "text": "strainer cleaned"}']
    lines += ['{"kind": "note", "time": "2026-01-05T09:00:00Z", "twin": "P1", "text": "coupling replaced"}']
    (pump_plant / "history").mkdir(exist_ok=True)
    (pump_plant / "history" / "more.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for hour, kinds in ((7, []), (8, ["filter_change"]), (9, ["filter_change", "repair"])):
        at = datetime(2026, 1, 5, hour, 30, tzinfo=UTC)
        with open_plant(pump_plant, at=at, state=pump_plant / "state") as plant:
            found = events_of_history(plant.history, at, plant.graph.twins)
        assert [one.kind.id for one in found if one.kind and not one.order] == kinds
        assert [one.code for one in found if one.order] == ["SEAL"]
