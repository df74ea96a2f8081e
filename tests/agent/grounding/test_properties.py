"""Claims made from evidence pass, however they are rounded and in whatever unit; figures that are off fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twinwright_agent.grounding.carried import carried
from twinwright_agent.grounding.checking import reasons
from twinwright_agent.grounding.figures import figures
from twinwright_agent.grounding.grounds import Grounds
from twinwright_agent.grounding.units import UNITS, convert
from twinwright_tools.evidence import Evidence, Fact, Finding
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.graph import TwinGraph

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
BARE = Grounds({}, TwinGraph({}, (), Flows()), ZONE, AT, frozenset(), frozenset())
SIZES = st.floats(min_value=5, max_value=5e4, allow_nan=False)
PRESSURES = ["bar", "kPa", "MPa", "psi"]


def grounds_with(*facts: Fact) -> Grounds:
    finding = Finding(summary="Found.", facts=list(facts), reproduce="-", provenance="telemetry")
    evidence = {"E1": Evidence.of(1, "telemetry_window", {}, finding)}
    return Grounds(evidence, BARE.graph, ZONE, AT, frozenset(), frozenset())


def why(text: str, grounds: Grounds) -> list[str]:
    return reasons(text, grounds.cited(["E1"]), grounds)


@given(value=SIZES, decimals=st.integers(0, 4))
def test_a_rounded_figure_stands(value: float, decimals: int) -> None:
    assert why(f"It is {value:.{decimals}f} kW.", grounds_with(Fact(name="x", value=value, unit="kW"))) == []


@given(value=SIZES, decimals=st.integers(0, 3))
def test_thousands_separators_are_understood(value: float, decimals: int) -> None:
    assert why(f"It is {value:,.{decimals}f} kW.", grounds_with(Fact(name="x", value=value, unit="kW"))) == []


@given(value=SIZES, decimals=st.integers(0, 3), off=st.floats(min_value=1.2, max_value=50), up=st.booleans())
def test_a_figure_that_is_off_fails(value: float, decimals: int, off: float, up: bool) -> None:
    said = value + (off if up else -off) * 10.0**-decimals
    assume(said > 0)
    assert why(f"It is {said:.{decimals}f} kW.", grounds_with(Fact(name="x", value=value, unit="kW"))) != []


@given(value=st.floats(min_value=1, max_value=400), source=st.sampled_from(PRESSURES), to=st.sampled_from(PRESSURES))
def test_units_of_a_kind_are_converted(value: float, source: str, to: str) -> None:
    said = convert(value, UNITS[source], UNITS[to])
    assert said is not None
    assert why(f"It is {said:.5f} {to}.", grounds_with(Fact(name="x", value=value, unit=source))) == []


@given(value=SIZES, source=st.sampled_from(["bar", "kW", "rpm"]), to=st.sampled_from(["°C", "mm", "h"]))
def test_units_of_another_kind_fail(value: float, source: str, to: str) -> None:
    assert why(f"It is {value:.1f} {to}.", grounds_with(Fact(name="x", value=value, unit=source))) != []


@given(one=SIZES, other=SIZES)
def test_differences_and_shares_of_two_facts_stand(one: float, other: float) -> None:
    assume(abs(one - other) > 0.01 * max(one, other))
    facts = (Fact(name="before", value=one, unit="K"), Fact(name="after", value=other, unit="K"))
    assert why(f"It changed by {abs(one - other):.2f} K.", grounds_with(*facts)) == []
    assert why(f"It changed by {abs(one - other) / one:.2%}.", grounds_with(*facts)) == []


@given(ago=st.integers(0, 86_400))
def test_times_stand_in_the_sites_zone_and_with_a_zone_written(ago: int) -> None:
    time = AT - timedelta(seconds=ago)
    grounds = grounds_with(Fact(name="onset", value=time.isoformat()))
    local = time.astimezone(ZONE)
    assert why(f"It began at {local:%H:%M}.", grounds) == []
    assert why(f"It began at {local:%Y-%m-%d %H:%M:%S}.", grounds) == []
    assert why(f"It began at {time:%H:%M} UTC.", grounds) == []
    assert why(f"It began at {local.isoformat()}.", grounds) == []


@given(ago=st.integers(7_200, 80_000), off=st.integers(120, 3_000))
def test_times_that_are_off_fail(ago: int, off: int) -> None:
    time = AT - timedelta(seconds=ago)
    grounds = grounds_with(Fact(name="onset", value=time.isoformat()))
    assert why(f"It began at {(time + timedelta(seconds=off)).isoformat()}.", grounds) != []
    assert why(f"It began at {time + timedelta(seconds=off):%H:%M} UTC.", grounds) != []


@given(ago=st.integers(60, 200_000))
def test_spans_between_two_times_stand(ago: int) -> None:
    grounds = grounds_with(Fact(name="onset", value=(AT - timedelta(seconds=ago)).isoformat()))
    hours, minutes = divmod(round(ago / 60), 60)
    assert why(f"It began {hours} h {minutes} min before.", grounds) == []


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    figures(text, ZONE)
    reasons(text, carried([], ZONE, AT), BARE)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3-5 bar", [3, 5]),
        ("-3.5 °C", [-3.5]),
        ("−3 °C", [-3]),
        ("1,234.5 kg", [1234.5]),
        ("1.2e3 W", [1200]),
        ("four of twelve", [4, 12]),
        ("two pumps", []),
        ("the 3rd pump", []),
        ("12% and 7%", [12, 7]),
        ("2x", [2]),
        ("10:30", []),
        ("2 h 10 min", []),
        (".5 bar", [0.5]),
        ("5 °C/h", [5]),
    ],
)
def test_numbers_in_prose(text: str, numbers: list[float]) -> None:
    assert [number.value for number in figures(text, ZONE).numbers] == numbers
