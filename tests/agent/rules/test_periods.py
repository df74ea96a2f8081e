"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.models.rules.periods import period, without_times

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)  # 15:30 in Berlin


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("speed between 08:00 and 10:00 yesterday", "2026-03-11T08:00:00+01:00", "2026-03-11T10:00:00+01:00"),
        ("speed between 08:00 and 10:00", "2026-03-12T08:00:00+01:00", "2026-03-12T10:00:00+01:00"),
        ("speed between 18:00 and 20:00", "2026-03-11T18:00:00+01:00", "2026-03-11T20:00:00+01:00"),
        ("speed from 22:00 to 02:00", "2026-03-11T22:00:00+01:00", "2026-03-12T02:00:00+01:00"),
        ("speed in the last 3 hours", "2026-03-12T12:30:00+01:00", "2026-03-12T15:30:00+01:00"),
        ("speed over the past day", "2026-03-11T15:30:00+01:00", "2026-03-12T15:30:00+01:00"),
        ("speed since 12:00", "2026-03-12T12:00:00+01:00", "2026-03-12T15:30:00+01:00"),
        ("speed yesterday", "2026-03-11T00:00:00+01:00", "2026-03-12T00:00:00+01:00"),
        ("speed this morning", "2026-03-12T06:00:00+01:00", "2026-03-12T12:00:00+01:00"),
        ("speed at 08:00", "2026-03-12T07:55:00+01:00", "2026-03-12T08:05:00+01:00"),
        ("speed on 2026-03-10", "2026-03-10T00:00:00+01:00", "2026-03-11T00:00:00+01:00"),
        ("speed at 2026-03-10T08:00:00+00:00", "2026-03-10T08:55:00+01:00", "2026-03-10T09:05:00+01:00"),
        (
            "speed between 2026-03-10 08:00 and 2026-03-10 09:00",
            "2026-03-10T08:00:00+01:00",
            "2026-03-10T09:00:00+01:00",
        ),
    ],
)
def test_a_span_is_read_in_the_sites_zone(question: str, start: str, end: str) -> None:
    found = period(question, AT, BERLIN)
    assert found.given
    assert (found.start, found.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_without_a_time_it_is_the_last_hour() -> None:
    found = period("what is the speed of line-2-filler", AT, BERLIN)
    assert not found.given
    assert (found.end - found.start).total_seconds() == 3600
    assert found.end == AT


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("speed of line 2 between 08:00 and 10:00 yesterday", "speed of line 2"),
        ("what was the flow of pump 1 in the last 3 hours", "what was the flow of pump 1"),
        ("level at 2026-03-10T08:00:00+00:00", "level"),
    ],
)
def test_times_are_taken_out_so_that_their_numbers_name_nothing(question: str, left: str) -> None:
    assert without_times(question) == left


@given(st.text(max_size=80))
def test_any_text_has_a_span_that_runs_forward(text: str) -> None:
    found = period(text, AT, BERLIN)
    assert found.start <= found.end
