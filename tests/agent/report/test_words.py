"""Figures, durations and times as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.report.words import as_time, clean, duration, local, number, offsets, prose, quantity, share

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (1.23456, "1.235"),
        (-4.0, "−4"),
        (36_000.4, "36,000"),
        (1.5e-7, "1.500e−07"),
        (2.5e9, "2.500e+09"),
        (float("nan"), "no number"),
    ],
)
def test_number(value: float, shown: str) -> None:
    assert number(value) == shown


def test_quantity_keeps_words_and_units() -> None:
    assert quantity(2.5, "bar") == "2.5 bar"
    assert quantity("open", None) == "open"
    assert quantity(True, None) == "True"
    assert quantity(None, "bar") == "–"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59.6, "1 min"),
        (300, "5 min"),
        (7_800, "2 h 10 min"),
        (86_400, "1 d"),
        (90_061, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_share() -> None:
    assert [share(one) for one in (0.824, 0.001, 0.999, 0.0, 1.0)] == ["82 %", "< 1 %", "> 99 %", "0 %", "100 %"]


def test_times_carry_the_sites_offset_and_seconds_only_where_there_are_any() -> None:
    assert local(datetime(2026, 1, 5, 22, 20, tzinfo=UTC), BERLIN) == "2026-01-05 23:20 +01:00"
    assert local(datetime(2026, 7, 5, 22, 0, 7, tzinfo=UTC), BERLIN) == "2026-07-06 00:00:07 +02:00"


def test_axis_says_both_offsets_when_the_clock_changes() -> None:
    start, end = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    assert offsets(start, end, BERLIN) == "Europe/Berlin, +01:00 then +02:00"
    assert offsets(start, start, BERLIN) == "Europe/Berlin, +01:00"


def test_as_time_of_words_is_none() -> None:
    assert as_time("about noon") is None
    assert as_time("2026-01-05T08:00:00") is None
    assert as_time(None) is None


@pytest.mark.parametrize(
    "written",
    ["2026-01-05T07:00:00+00:00", "2026-01-05T07:00:00Z", "2026-01-05 08:00:00 +01:00", "2026-01-05 07:00+00:00"],
)
def test_prose_shows_times_in_the_sites_zone(written: str) -> None:
    shown = prose(f"It fell at {written}.", BERLIN)
    assert ">2026-01-05 08:00 +01:00</time>." in shown
    assert 'datetime="2026-01-05T07:00:00+00:00"' in shown


def test_prose_links_citations() -> None:
    assert prose("It fell [E2, E11].", BERLIN) == (
        'It fell <a class="ref" href="#E2">E2</a> <a class="ref" href="#E11">E11</a>.'
    )


def test_impossible_times_stand_as_they_are() -> None:
    assert prose("2026-13-45T99:00:00Z", BERLIN) == "2026-13-45T99:00:00Z"


@given(
    st.text(max_size=60), st.sampled_from(["", "2026-01-05T07:00:00Z", "[E1]", "<b>", "\u202e"]), st.text(max_size=60)
)
def test_prose_opens_no_tag_but_its_own(before: str, middle: str, after: str) -> None:
    shown = str(prose(before + middle + after, BERLIN))
    own = re.sub(r'</?time[^<>]*>|<a class="ref" href="#E\d+">|</a>', "", shown)
    assert "<" not in own
    assert ">" not in own
    if not middle:
        assert unescape(shown) == clean(before + after) or "<time" in shown or "<a " in shown


@given(st.text(max_size=9_000))
def test_clean_text_is_bounded_and_seen(text: str) -> None:
    cleaned = str(clean(text))
    assert len(cleaned) <= 4_050
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069]", cleaned)
