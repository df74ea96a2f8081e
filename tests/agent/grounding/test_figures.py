"""Reading figures out of any text, a stranger's or a hash."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.grounding.figures import figures

BERLIN = ZoneInfo("Europe/Berlin")


@given(st.text(alphabet="0123456789eE.+-,:/ %°ChTZ—d", max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    figures(text, BERLIN)


@given(st.text(max_size=80))
def test_nor_does_any_other(text: str) -> None:
    figures(text, BERLIN)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "2026-13-01T00:00:00"])
def test_a_time_beyond_the_calendar_names_no_instant(text: str) -> None:
    assert not [moment for moment in figures(text, BERLIN).moments if moment.instant is not None]


@pytest.mark.parametrize("text", ["7e40231", "1e999", "3e-9999 bar", f"1{'0' * 400}"])
def test_a_piece_of_a_hash_is_no_figure(text: str) -> None:
    assert not figures(text, BERLIN).numbers


def test_a_figure_in_exponents_is_one() -> None:
    (number,) = figures("about 2.5e-3 bar", BERLIN).numbers
    assert number.value == pytest.approx(0.0025)
