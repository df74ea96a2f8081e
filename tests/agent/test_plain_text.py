"""Results as text: what is said once, how numbers and times are written, and what is quoted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.plain_text import number, short_times, text_of, word


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"a": 1, "b": None, "c": "x", "d": []}, ["a: 1; c: x"]),
        ({"list": ["a", "b c"]}, ['list: a, "b c"']),
        ({"rows": [{"k": 1, "u": "bar"}, {"k": None, "u": "bar"}]}, ["rows (2; u bar): k", "1", "-"]),
        ({"columns": ["t", "p"], "units": {"p": "bar"}, "rows": [["2026-03-12T10:00:00+00:00", 1.25]]},
         ["rows (1): t|\"p [bar]\"", "2026-03-12T10:00Z|1.25"]),
        ({"columns": ["p"], "units": {"q": "bar"}, "rows": [[1]]}, ["rows (1): p", "1", "units: q bar"]),
        ({"in": {"a": 1, "b": 2.5}}, ["in: a 1, b 2.5"]),
        ({"in": {"a": {"b": 1}, "c": 2}}, ["in:", " c: 2", " a: b 1"]),
        ({"rows": [{"a": [1, 2], "b": {"c": 3}}]}, ["rows (1): a|b", "[1 2]|{c 3}"]),
        ({"rows": [{"a": [{"b": 1}]}, {"a": []}]}, ["rows (2):", "- a (1): b", "  1"]),
        ([1, 2], ["data: 1, 2"]),
    ],
)  # fmt: skip
def test_what_it_looks_like(data: Any, lines: list[str]) -> None:
    assert text_of(data).splitlines() == lines


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (34743.3, "34743"),
        (13.9589, "13.96"),
        (0.034632, "0.03463"),
        (120.0, "120"),
        (-0.5, "-0.5"),
        (1.2e-9, "1.2e-09"),
    ],
)
def test_a_number_has_four_digits(value: float, told: str) -> None:
    assert number(value) == told


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_off_by_less_than_a_sensor(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=5.01e-4)


def test_times_are_as_long_as_they_need_to_be() -> None:
    assert short_times("from 2026-03-12T10:00:00+00:00 to 2026-03-12T10:00:05Z") == (
        "from 2026-03-12T10:00Z to 2026-03-12T10:00:05Z"
    )
    assert word("2026-03-12T11:00:00+01:00") == "2026-03-12T11:00+01:00"
    assert word("2026-03-12T11:00:05-05:30") == "2026-03-12T11:00:05-05:30"


def test_other_peoples_words_stay_as_they_are() -> None:
    text = "since 2026-03-12T10:00:00+00:00"
    assert word(text, verbatim=True) == f'"{text}"'
