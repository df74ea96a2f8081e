"""Opening a plant folder: what is read, what is cached, and who may open it at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twinwright_tools.errors import ConfigError, NoDataError, PlantError, TelemetryError, TimeFormatError
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.plant.check import check
from twinwright_tools.telemetry.series import SignalKey

NOON = datetime(2026, 1, 5, 0, 0, 0, tzinfo=UTC)
OPENER = """
import sys
from pathlib import Path
from twinwright_tools.plant import open_plant
sys.stdin.readline()
with open_plant(Path(sys.argv[1])) as plant:
    print(sum(info.count for info in plant.telemetry.signals()), plant.history.rows())
"""


def test_all_of_it_is_found(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps()
    assert not [problem for problem in plant.problems if problem.severity == "error"]
    assert plant.at == NOON + timedelta(seconds=40)
    assert {str(info.key): (info.kind, info.count) for info in plant.telemetry.signals()} == {
        "P1.flow": ("numeric", 5),
        "P1.mode": ("text", 2),
        "P1.running": ("boolean", 2),
    }
    report = check(plant).as_dict()
    assert json.loads(json.dumps(report)) == report
    assert report["twins"]["count"] == 2
    assert report["twins_without_telemetry"]["twins"] == ["P2"]
    assert report["history"]["by_kind"] == {"work_order": 2, "failure_code": 1}
    assert report["telemetry"]["rows"] == 9


def test_nothing_after_the_moment_of_asking(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps(at=NOON + timedelta(seconds=20))
    series = plant.telemetry.series(end=NOON + timedelta(days=9))
    assert [len(one) for one in series.values()] == [3, 1, 2]
    assert plant.telemetry.span() == (NOON, NOON + timedelta(seconds=20))
    assert plant.telemetry.info(SignalKey("P1", "flow")).count == 3


def test_before_all_data(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps(at=NOON - timedelta(days=900))
    assert plant.telemetry.signals() == []
    assert plant.telemetry.span() is None
    assert check(plant).as_dict()["telemetry"]["rows"] == 0
    with pytest.raises(NoDataError):
        plant.telemetry.info(SignalKey("P1", "flow"))


def test_processes_open_it_at_once(pump_plant: Path) -> None:
    tools = Path(sys.modules["twinwright_tools"].__path__[0]).parent
    command = [sys.executable, "-c", OPENER, str(pump_plant)]
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(tools)}
        )
        for _ in range(3)
    ]
    said = [process.communicate("go\n", timeout=60)[0] for process in running]
    assert said == ["9 3\n"] * 3
    assert len(list((pump_plant / ".twinwright" / "cache").iterdir())) == 1


def test_a_changed_file_makes_a_new_index_and_spares_readers(pump_plant: Path) -> None:
    with open_plant(pump_plant) as old:
        with (pump_plant / "telemetry" / "a.csv").open("a") as stream:
            stream.write("2026-01-05T00:00:50Z,P1,flow,3,\n")
        with open_plant(pump_plant) as new:
            assert new.telemetry.info(SignalKey("P1", "flow")).count == 6
        assert len(list((old.state / "cache").glob("*.duckdb"))) == 1
        assert old.telemetry.info(SignalKey("P1", "flow")).count == 5
        assert old.history.rows() == 3


def test_a_damaged_index_is_built_again(pump_plant: Path) -> None:
    with open_plant(pump_plant) as plant:
        (index,) = (plant.state / "cache").glob("*.duckdb")
    index.write_bytes(b"nothing of use")
    with open_plant(pump_plant) as plant:
        assert plant.history.rows() == 3


def test_a_plant_that_cannot_be_written(pump_plant: Path, tmp_path: Path) -> None:
    pump_plant.chmod(0o555)
    try:
        with open_plant(pump_plant, cache_home=tmp_path / "home") as plant:
            assert plant.state.is_relative_to(tmp_path / "home" / "twinwright")
            assert plant.history.rows() == 3
        assert not (pump_plant / ".twinwright").exists()
    finally:
        pump_plant.chmod(0o755)


def test_other_telemetry_instead(pump_plant: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("timestamp,twin,signal,value\n2026-02-01T00:00:00+01:00,P2,flow,5\n")
    with open_plant(pump_plant, telemetry=[other]) as plant:
        assert plant.at == datetime(2026, 1, 31, 23, tzinfo=UTC)
        assert [str(info.key) for info in plant.telemetry.signals()] == ["P2.flow"]
    with pytest.raises(TelemetryError, match="no such telemetry file"):
        open_plant(pump_plant, telemetry=[tmp_path / "gone.parquet"])


def test_what_cannot_be_opened(pump_plant: Path, tmp_path: Path) -> None:
    with pytest.raises(PlantError, match="no such plant folder"):
        open_plant(tmp_path / "nowhere")
    with pytest.raises(TimeFormatError):
        open_plant(pump_plant, at=datetime(2026, 1, 1))  # noqa: DTZ001  # naive on purpose


@pytest.mark.parametrize(
    ("text", "place", "suggestion"),
    [
        ('timezon = "UTC"', "timezon", "timezone"),
        ('[relationships]\nfeeds = { flow = "forward", source_sigal = "x" }', "source_sigal", "source_signal"),
        ('[relationships]\nfeeds = "sideways"', "relationships.feeds", None),
        ('timezone = "Mars/Base"', "timezone", None),
        ('[ranges]\n"P1.flow" = { low = 5, high = 1 }', "ranges.P1.flow", None),
        ("[telemetry]\nfile = []", "telemetry.file", "files"),
        ("name = ", None, None),
    ],
)
def test_a_wrong_configuration(pump_plant: Path, text: str, place: str | None, suggestion: str | None) -> None:
    (pump_plant / "twinwright.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        open_plant(pump_plant)
    assert caught.value.file == pump_plant / "twinwright.toml"
    assert place is None or place in str(caught.value.place)
    assert suggestion is None or suggestion in caught.value.suggestions


def test_all_that_is_wrong_with_a_configuration_is_told(pump_plant: Path) -> None:
    text = 'timezon = "UTC"\n[relationships]\nfeeds = "sideways"\n[cmms]\ntimeout_s = -1\n'
    (pump_plant / "twinwright.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        open_plant(pump_plant)
    for place in ("timezon", "relationships.feeds", "cmms.timeout_s"):
        assert place in str(caught.value)
    assert "did you mean timezone?" in str(caught.value)


@pytest.mark.shared
def test_the_packs_open_clean(shared_data: Path, tmp_path: Path) -> None:
    for pack in sorted(path.parent for path in shared_data.glob("*/cases.jsonl")):
        case = json.loads((pack / "cases.jsonl").read_text().splitlines()[0])
        at = datetime.fromisoformat(case["observed_at"])
        with open_plant(pack, telemetry=[Path(case["telemetry"])], state=tmp_path, at=at) as plant:
            assert not [problem for problem in plant.problems if problem.severity != "info"]
            infos = plant.telemetry.signals()
            assert all(info.known and info.last <= at for info in infos)
            usual = "sampled" if case["kind"].startswith("sampled") else "events"
            assert sum(info.sampling == usual for info in infos) >= 0.95 * len(infos)
