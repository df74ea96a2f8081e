"""Where limits are stated, and that their units fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from twinwright_tools.errors import ConfigError, InputError
from twinwright_tools.plant import open_plant
from twinwright_tools.prognosis.limits import StatedLimit, given_limit, limit_direction, limits_to_draw, stated_limits
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.telemetry.window import window

Make = Callable[..., Path]


def stated(folder: Path, twin: str) -> list[StatedLimit]:
    with open_plant(folder) as plant:
        key = SignalKey(twin, "vibration")
        return stated_limits(plant, key, plant.telemetry.info(key).unit)


@pytest.mark.parametrize(
    ("name", "signal", "direction"),
    [
        ("vibrationHighLimit", "vibration", "rising"),
        ("max_vibration", "vibration", "rising"),
        ("vibrationAlarm", "vibration", "rising"),
        ("minSuctionPressure", "suctionPressure", "falling"),
        ("suctionPressureLowLow", "suctionPressure", "falling"),
        ("vibration", "vibration", None),
        ("vibrationUnit", "vibration", None),
        ("vibrationLevel", "vibration", None),
        ("maxMotorVibration", "vibration", None),
        ("pressureMaxMin", "pressure", None),
        ("limit", "vibration", None),
    ],
)
def test_a_propertys_name_says_what_it_limits(name: str, signal: str, direction: str | None) -> None:
    assert limit_direction(name, signal) == direction


def test_a_twins_property_is_a_limit_and_the_nearest_counts(make_fans: Make) -> None:
    (limit,) = stated(make_fans(), "fan-4")
    assert (limit.value, limit.side) == (5.0, "above")
    assert limit.source == "property vibrationHighLimit of fan-4"


def test_nothing_stated_is_nothing(make_fans: Make) -> None:
    assert stated(make_fans(), "fan-1") == []


def test_the_configuration_goes_before_properties_and_a_twin_before_its_model(make_fans: Make) -> None:
    folder = make_fans('[limits]\n"Fan.vibration" = { low = 1, high = 7 }\n"fan-1.vibration" = { high = 6 }\n')
    assert [(each.value, each.side) for each in stated(folder, "fan-1")] == [(6.0, "above")]
    assert [(each.value, each.side) for each in stated(folder, "fan-2")] == [(7.0, "above"), (1.0, "below")]
    assert [each.value for each in stated(folder, "fan-4")] == [7.0, 1.0]


@pytest.mark.parametrize("unit", ["m/s", "metrePerSecond"])
def test_the_signals_unit_may_be_named_either_way(make_fans: Make, unit: str) -> None:
    folder = make_fans(f'[limits]\n"Fan.vibration" = {{ high = 7, unit = "{unit}" }}\n')
    assert stated(folder, "fan-1")[0].value == 7


def test_another_unit_is_an_error(make_fans: Make) -> None:
    with pytest.raises(InputError) as caught:
        stated(make_fans('[limits]\n"Fan.vibration" = { high = 7.1, unit = "mm/s" }\n'), "fan-1")
    assert caught.value.code == "limit.unit" and "m/s" in caught.value.suggestions


@pytest.mark.parametrize(("unit", "drawn"), [("m/s", [("high", 7.0), ("low", 1.0)]), ("mm/s", None)])
def test_limits_are_drawn_in_the_signals_unit_or_not_at_all(
    make_fans: Make, unit: str, drawn: list[tuple[str, float]] | None
) -> None:
    folder = make_fans(f'[limits]\n"Fan.vibration" = {{ low = 1, high = 7, unit = "{unit}" }}\n')
    key = SignalKey("fan-1", "vibration")
    with open_plant(folder) as plant:
        one = window(plant, key, plant.at - timedelta(days=2), plant.at)
        assert limits_to_draw(plant, [one]).get(key) == drawn


def test_a_limit_that_is_none_is_an_error(make_fans: Make) -> None:
    with pytest.raises(ConfigError) as caught:
        open_plant(make_fans('[limits]\n"Fan.vibration" = { hihg = 7.1 }\n'))
    assert caught.value.suggestions[0] == "high"


def test_a_limit_of_nothing_is_a_problem(make_fans: Make) -> None:
    with open_plant(make_fans('[limits]\n"Fann.vibration" = { high = 7.1 }\n')) as plant:
        assert [each.place for each in plant.problems if each.code == "config.limits"] == ["limits.Fann.vibration"]


@pytest.mark.parametrize(("text", "value"), [("80", 80.0), ("-2.5e1", -25.0), ("7.1 m/s", 7.1), (" 7.1m/s ", 7.1)])
def test_a_given_limit(text: str, value: float) -> None:
    assert given_limit(text, "rising", "m/s", "a.b").value == value


@pytest.mark.parametrize("text", ["", "high", "7.1 mm/s", "nan", "1e999"])
def test_a_given_limit_that_isnt_one(text: str) -> None:
    with pytest.raises(InputError):
        given_limit(text, "rising", "m/s", "a.b")
