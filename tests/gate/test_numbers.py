"""The grammar of numbers: what is accepted equals its integer of 1e-6 exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_gate.numbers import is_decimal, to_micro

GRAMMATICAL = st.from_regex(r"\A-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?\Z").filter(
    lambda text: float(text) != 0 or text[0] != "-"
)


@given(GRAMMATICAL)
def test_an_accepted_string_equals_its_integer_exactly(text: str) -> None:
    micro = to_micro(text)
    assert Fraction(micro, 1_000_000) == Fraction(text)
    assert abs(micro) < 2**53


@given(st.text(alphabet="0123456789.-+eE_ \n,xainf\uff11\u00b2", max_size=14))
def test_whatever_is_accepted_is_plain(text: str) -> None:
    if is_decimal(text):
        assert set(text) <= set("0123456789.-")
        assert Fraction(to_micro(text), 1_000_000) == Fraction(text)
        assert len(text.partition(".")[2]) <= 6
    else:
        with pytest.raises(ValueError, match="plain decimal"):
            to_micro(text)


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_integer_of_a_millionth_can_be_written(micro: int) -> None:
    text = f"{'-' if micro < 0 else ''}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d}"
    assert to_micro(text) == micro


@pytest.mark.parametrize("text", ["5\n", "1.00000000001", "-0", "-0.0", "-0.000000", "00", "1.", ".1", "", "٣", "1e0"])
def test_regressions_are_refused(text: str) -> None:
    assert not is_decimal(text)


@pytest.mark.parametrize(("text", "micro"), [("0", 0), ("0.0", 0), ("-0.000001", -1), ("999999999.999999", 10**15 - 1)])
def test_the_edges_are_accepted(text: str, micro: int) -> None:
    assert to_micro(text) == micro
