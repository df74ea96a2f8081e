"""A fleet: who belongs to it, and who comes first, ties told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twinwright_tools.errors import InputError, UnknownNameError, UsageError
from twinwright_tools.plant import open_plant
from twinwright_tools.prognosis.outlook import Outlook, fleet_keys, need_limit, outlooks, plants_own
from twinwright_tools.prognosis.plot import plot_outlooks
from twinwright_tools.prognosis.ranking import before, ranked
from twinwright_tools.prognosis.words import duration, parse_duration
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.times import from_micros, to_micros

from .conftest import DAY_US, START_US

Make = Callable[..., Path]
LIMITS = '[limits]\n"Fan.vibration" = { high = 7 }\n"fan-5.vibration" = { low = 1.8, high = 7 }\n'


def told(folder: Path, days: float = 60) -> list[Outlook]:
    with open_plant(folder) as plant:
        return outlooks(plant, fleet_keys(plant, "Fan.vibration"), plants_own(plant), days * 86_400)


def test_a_model_stands_for_its_heirs_too(make_fans: Make) -> None:
    with open_plant(make_fans()) as plant:
        names = ["fan-1", "fan-2", "fan-3", "fan-4", "fan-5"]
        assert [key.twin for key in fleet_keys(plant, "Fan.vibration")] == names
        assert [key.twin for key in fleet_keys(plant, "dtmi:com:example:Fan;1.Vibration")] == names
        assert [key.twin for key in fleet_keys(plant, "Exhaust fan.vibration")] == ["fan-2"]
        assert len(fleet_keys(plant, "all")) == 5


def test_a_fleet_that_isnt_there(make_fans: Make) -> None:
    with open_plant(make_fans()) as plant:
        with pytest.raises(UnknownNameError) as model:
            fleet_keys(plant, "Fam.vibration")
        with pytest.raises(UnknownNameError) as signal:
            fleet_keys(plant, "Fan.vibraton")
        with pytest.raises(InputError):
            fleet_keys(plant, "Fan")
    assert "Fan" in model.value.suggestions and "vibration" in signal.value.suggestions


def test_the_soonest_comes_first_and_ties_are_told(make_fans: Make) -> None:
    ranking = ranked(told(make_fans(LIMITS)))
    assert [one.key.twin for one in ranking.groups[0]] == ["fan-1"]
    assert {one.key.twin for group in ranking.groups[1:] for one in group} == {"fan-2", "fan-4"}
    for group in ranking.groups:
        assert all(before(group[0].found, one.found) < 0.8 for one in group[1:])
    assert [one.key.twin for one in ranking.unanswered] == ["fan-3"]
    # The fifth falls, towards its lower limit of two; from 2 by 0.05 a day it is below 1.8 since the fourth day.
    (beyond,) = ranking.beyond
    assert beyond.key.twin == "fan-5" and beyond.limit.side == "below"
    assert beyond.found.since is not None and (beyond.found.since - START_US) / DAY_US == pytest.approx(4, abs=1.5)


def test_the_same_outlook_twice_is_a_tie_and_order_is_a_probability(make_fans: Make) -> None:
    first, second, *_ = told(make_fans(LIMITS))
    assert before(first.found, first.found) == 0.5
    assert before(first.found, second.found) == 1.0 and before(second.found, first.found) == 0.0
    ranking = ranked([first, Outlook(second.info, first.limit, first.found)])
    assert [len(group) for group in ranking.groups] == [2]
    assert ranking.undecided[first.key] == (second.key,)


def test_a_running_signal_says_what_counts(make_fans: Make) -> None:
    # The first fan ran in the last twelve days only.
    rows = [(START_US, "fan-1", "running", 0.0), (START_US + 8 * DAY_US, "fan-1", "running", 1.0)]
    first = told(make_fans(LIMITS, rows))[0].found
    assert first.trend is not None and first.trend.begin >= START_US + 8 * DAY_US


def test_nothing_after_the_moment_of_asking_counts(make_fans: Make) -> None:
    with open_plant(make_fans(LIMITS), at=from_micros(START_US + 10 * DAY_US)) as plant:
        one = outlooks(plant, fleet_keys(plant, "Fan.vibration")[:1], plants_own(plant))[0]
        assert one.found.at == to_micros(plant.at)
        assert one.found.crossing is not None and (one.found.crossing - START_US) / DAY_US == pytest.approx(25, abs=2)


def test_a_signal_without_a_limit_or_a_number_is_an_error(make_fans: Make) -> None:
    rows = [(START_US, "fan-1", "running", 0.0), (START_US + DAY_US, "fan-1", "running", 1.0)]
    with open_plant(make_fans("", rows)) as plant:
        (info,) = [each for each in plant.telemetry.signals() if each.kind == "boolean"]
        own = plants_own(plant)
        with pytest.raises(UsageError):
            outlooks(plant, [fleet_keys(plant, "all")[0]], lambda info: need_limit(info, own(info)))
        (limit,) = own(plant.telemetry.info(SignalKey("fan-4", "vibration")))
        with pytest.raises(InputError):
            outlooks(plant, [info.key], lambda info: [limit])


def test_a_plot_is_written(make_fans: Make, tmp_path: Path) -> None:
    folder = make_fans(LIMITS)
    everything = told(folder)
    with open_plant(folder) as plant:
        plot_outlooks(plant, everything, tmp_path / "a.png")
        plot_outlooks(plant, everything[:1], tmp_path / "b.svg")
        with pytest.raises(UsageError):
            plot_outlooks(plant, everything, tmp_path / "c.gif")
        with pytest.raises(InputError):
            plot_outlooks(plant, [], tmp_path / "d.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "b.svg").read_text()


@pytest.mark.parametrize(("text", "seconds"), [("30d", 2_592_000), ("12h", 43_200), ("90 min", 5400)])
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "3 fortnights"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InputError):
        parse_duration(text)


def test_durations_are_said() -> None:
    said = [duration(each) for each in (0, 45, 5430, 22_500, 1_000_000, 1e9, float("inf"))]
    assert said == ["0 s", "45 s", "90.5 min", "6.25 h", "11.6 d", "11,574 d", "never"]
