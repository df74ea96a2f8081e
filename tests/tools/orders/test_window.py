"""The due window: crews, stops and limits, with the properties that hold whatever the plant's times are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.orders.spans import Span, intersected, length, merged, weekly_spans, without
from twinwright_tools.orders.window import WorkTimes, due_window
from twinwright_tools.plant.planning_config import Weekly, read_weekly

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 12, 13, tzinfo=UTC)  # a Thursday, 14:00 there
FITTERS = {"fitter": [read_weekly("Mon-Fri 06:00-14:00"), read_weekly("Mon-Fri 14:00-22:00")]}
moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30), timezones=st.just(UTC))  # noqa: DTZ001 - as hypothesis wants it
spans = st.lists(st.tuples(moments, st.integers(1, 5000)), max_size=6).map(
    lambda found: [(begin, begin + timedelta(minutes=minutes)) for begin, minutes in found]
)
weeklies = st.builds(
    Weekly,
    days=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(lambda days: tuple(sorted(days))),
    begin=st.integers(0, 23 * 60 + 59),
    end=st.integers(0, 24 * 60),
)


def inside(moment: datetime, found: list[Span]) -> bool:
    return any(begin <= moment < end for begin, end in found)


@given(one=spans, other=spans, moment=moments)
def test_spans_are_sets_of_moments(one: list[Span], other: list[Span], moment: datetime) -> None:
    assert inside(moment, merged(one)) == inside(moment, one)
    assert inside(moment, intersected(one, other)) == (inside(moment, one) and inside(moment, other))
    assert inside(moment, without(one, other)) == (inside(moment, one) and not inside(moment, other))
    found = merged(one)
    assert all(before[1] < after[0] for before, after in pairwise(found))


@given(rules=st.lists(weeklies, max_size=3), moment=moments)
def test_weekly_times_are_local_times(rules: list[Weekly], moment: datetime) -> None:
    around = (moment - timedelta(days=3), moment + timedelta(days=3))
    local = moment.astimezone(BERLIN)
    if moment.date() == datetime(2026, 3, 29).date() or local.date() == datetime(2026, 3, 29).date():  # noqa: DTZ001
        return  # the night in which the clock is put forward has hours that aren't there
    minute = local.hour * 60 + local.minute + (local.second + local.microsecond / 1e6) / 60

    def covers(rule: Weekly) -> bool:
        end = rule.end if rule.end > rule.begin else rule.end + 1440
        today = local.weekday() in rule.days and rule.begin <= minute < end
        return today or ((local.weekday() - 1) % 7 in rule.days and rule.begin <= minute + 1440 < end)

    if (local - timedelta(days=1)).date() != datetime(2026, 3, 29).date():  # noqa: DTZ001
        assert inside(moment, weekly_spans(rules, around, BERLIN)) == any(covers(rule) for rule in rules)


@given(
    at=moments,
    shifts=st.dictionaries(st.sampled_from(["fitter", "electrician", "default"]), st.lists(weeklies, max_size=3)),
    stops=spans,
    closed=spans,
    weekly=st.lists(weeklies, max_size=2),
    duration=st.floats(0.25, 40),
    limit=st.floats(1, 800),
    urgent=st.booleans(),
)
def test_the_work_fits_into_the_window(
    at: datetime,
    shifts: dict[str, list[Weekly]],
    stops: list[Span],
    closed: list[Span],
    weekly: list[Weekly],
    duration: float,
    limit: float,
    urgent: bool,
) -> None:
    times = WorkTimes(BERLIN, shifts, weekly, stops, closed)
    skills = ["fitter", "electrician"]
    window = due_window(times, at=at, limit_h=limit, duration_h=duration, skills=skills, urgent=urgent)
    if window is None:
        assert length(times.crew(skills, (at, at + timedelta(days=300)))) < timedelta(hours=duration)
        return
    assert at <= window.start < window.due
    crew = times.crew(skills, (window.start, window.due))
    assert length(crew) >= timedelta(hours=duration) - timedelta(microseconds=1)
    assert inside(window.start, crew)
    limit_at = at + timedelta(hours=limit)
    assert window.late == (window.due > limit_at)
    if "planned stop in which" in window.reason:
        standing = times.standing((at, limit_at))
        assert any(begin <= window.start and window.due <= end for begin, end in standing) and not urgent


def test_what_is_urgent_does_not_wait_for_a_stop() -> None:
    times = WorkTimes(BERLIN, FITTERS, [read_weekly("Sun 06:00-18:00")])
    found = due_window(times, at=AT, limit_h=24, duration_h=3, skills=["fitter"], urgent=True)
    assert found is not None and (found.start, found.due) == (AT, AT + timedelta(hours=24))


def test_what_can_wait_is_done_in_the_first_stop_in_which_the_crew_has_the_time() -> None:
    short, long = read_weekly("Fri 06:00-08:00"), read_weekly("Mon 05:00-10:00")
    found = due_window(
        WorkTimes(BERLIN, FITTERS, [short, long]), at=AT, limit_h=168, duration_h=3, skills=["fitter"], urgent=False
    )
    assert found is not None
    assert found.start == datetime(2026, 3, 16, 6, tzinfo=BERLIN) and found.due == datetime(
        2026, 3, 16, 10, tzinfo=BERLIN
    )


def test_a_job_that_is_longer_than_the_limit_is_late_and_says_so() -> None:
    found = due_window(WorkTimes(BERLIN, FITTERS), at=AT, limit_h=24, duration_h=40, skills=["fitter"], urgent=True)
    assert found is not None and found.late and "can't be kept" in found.reason


def test_who_is_never_there_has_no_window() -> None:
    times = WorkTimes(BERLIN, {"default": []})
    assert due_window(times, at=AT, limit_h=24, duration_h=1, skills=["fitter"], urgent=True) is None


@pytest.mark.parametrize(
    "text", ["Mon", "Mon 6-14", "Xyz 06:00-14:00", "Mon-Fri 06:00-25:00", "Mon 24:00-06:00", "Mon 06:60-07:00"]
)
def test_a_weekly_time_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match=r"weekly time|between 00:00"):
        read_weekly(text)


def test_a_night_shift_ends_on_the_next_day() -> None:
    night = weekly_spans([read_weekly("Sun 22:00-06:00")], (AT, AT + timedelta(days=7)), BERLIN)
    assert night == [(datetime(2026, 3, 15, 21, tzinfo=UTC), datetime(2026, 3, 16, 5, tzinfo=UTC))]
