"""The folder: its files, what it never says, and that a seed says all of it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from twinwright_plant import FAULTS, make_plant
from twinwright_plant.make import END

HOURS = 3.0


def files(folder: Path) -> dict[str, bytes]:
    """Each file's bytes by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def plants(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, Path]:
    """Three plants of one seed: sound, with a leak, and with a fouled cooler."""
    made: dict[str | None, Path] = {}
    for fault in (None, "air-leak", "fouling"):
        made[fault] = tmp_path_factory.mktemp("plant")
        make_plant(made[fault], fault, 5, HOURS)
    return made


def test_same_seed_same_bytes(plants: dict[str | None, Path], tmp_path: Path) -> None:
    make_plant(tmp_path, "air-leak", 5, HOURS)
    assert files(tmp_path) == files(plants["air-leak"])


def test_another_seed_is_another_plant(plants: dict[str | None, Path], tmp_path: Path) -> None:
    make_plant(tmp_path, "air-leak", 6, HOURS)
    mine, theirs = files(tmp_path), files(plants["air-leak"])
    assert mine["telemetry/line-3.parquet"] != theirs["telemetry/line-3.parquet"]
    assert mine["history/work_orders.csv"] != theirs["history/work_orders.csv"]
    assert mine["graph.json"] == theirs["graph.json"]


def test_faults_differ_in_telemetry_alone(plants: dict[str | None, Path]) -> None:
    leak, fouled, sound = (files(plants[fault]) for fault in ("air-leak", "fouling", None))
    assert list(leak) == list(fouled) == list(sound)
    for name in leak:
        if not name.startswith("telemetry/"):
            assert leak[name] == fouled[name] == sound[name], name
    assert leak["telemetry/line-3.parquet"] != fouled["telemetry/line-3.parquet"]


def test_telemetry_is_the_same_up_to_the_onset(plants: dict[str | None, Path], tmp_path: Path) -> None:
    onset = make_plant(tmp_path, "fouling", 5, HOURS).onset
    assert onset is not None
    for name in ("line-1", "line-2", "line-3", "utilities"):
        tables = [pq.read_table(plants[fault] / "telemetry" / f"{name}.parquet") for fault in (None, "fouling")]
        early = [table.filter(pc.less_equal(table["timestamp"], onset)) for table in tables]
        assert early[0].equals(early[1])


def test_the_folder_names_no_fault(plants: dict[str | None, Path]) -> None:
    text = b" ".join(content for name, content in files(plants["air-leak"]).items()).lower()
    for fault in FAULTS.values():
        assert f'"{fault.id}"'.encode() not in text
    for name in files(plants["air-leak"]):
        assert not any(fault.id in name or fault.mode in name for fault in FAULTS.values())
    metadata = pq.read_metadata(plants["air-leak"] / "telemetry" / "line-3.parquet").metadata
    assert set(metadata or {}) <= {b"ARROW:schema"}


def test_telemetry_has_the_agreed_columns(plants: dict[str | None, Path]) -> None:
    table = pq.read_table(plants[None] / "telemetry" / "line-3.parquet")
    assert table.column_names == ["timestamp", "twin", "signal", "value", "text"]
    assert str(table.schema.field("timestamp").type) == "timestamp[us, tz=UTC]"
    assert pc.max(table["timestamp"]).as_py() == END
    both = pc.and_(pc.is_valid(table["value"]), pc.is_valid(table["text"]))
    assert not pc.any(both).as_py()


def test_it_has_numeric_boolean_and_text_signals(plants: dict[str | None, Path]) -> None:
    signals = {"numeric": set(), "text": set(), "boolean": set()}  # type: dict[str, set[tuple[str, str]]]
    for path in sorted((plants[None] / "telemetry").glob("*.parquet")):
        table = pq.read_table(path, columns=["twin", "signal", "text"])
        pairs = table.group_by(["twin", "signal"]).aggregate([("text", "count")]).to_pylist()
        for pair in pairs:
            kind = "text" if pair["text_count"] else "numeric"
            signals[kind].add((pair["twin"], pair["signal"]))
    assert 140 <= len(signals["numeric"]) <= 260
    assert ("line-3-filler", "state") in signals["text"]
    assert ("line-3-filler", "foamLimitActive") in signals["numeric"]
    assert ("line-3", "throughput") in signals["numeric"]


def test_samples_are_missing_now_and_then(plants: dict[str | None, Path]) -> None:
    table = pq.read_table(plants[None] / "telemetry" / "utilities.parquet")
    one = table.filter(pc.and_(pc.equal(table["twin"], "chiller"), pc.equal(table["signal"], "load")))
    assert 0.9 * HOURS * 360 < one.num_rows < HOURS * 360


def test_the_configuration_says_what_flows(plants: dict[str | None, Path]) -> None:
    config = tomllib.loads((plants[None] / "twinwright.toml").read_text(encoding="utf-8"))
    graph = json.loads((plants[None] / "graph.json").read_text(encoding="utf-8"))
    used = {edge["$relationshipName"] for edge in graph["digitalTwinsGraph"]["relationships"]}
    assert used == set(config["relationships"])
    assert config["timezone"] == "Europe/Berlin"
    labels = {model["displayName"] for model in graph["digitalTwinsModels"]}
    assert {key.split(".")[0] for key in config["ranges"]} <= labels


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fault": "gremlins"}, "unknown fault 'gremlins'"),
        ({"end": datetime(2026, 3, 12, 14, 0)}, "no time zone"),  # noqa: DTZ001 - the point of the test
        ({"hours": 0.1}, "between 1 and 1440"),
        ({"severity": 0.0}, "above 0"),
    ],
)
def test_bad_arguments_are_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"folder": tmp_path, "fault": None, "seed": 1, **changes}
    with pytest.raises(ValueError, match=message):
        make_plant(**arguments)  # type: ignore[arg-type]


def test_the_end_can_be_chosen(tmp_path: Path) -> None:
    end = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    truth = make_plant(tmp_path, "starvation", 3, HOURS, end)
    assert truth.onset is not None
    assert truth.onset < end
    newest = pq.read_table(tmp_path / "telemetry" / "line-3.parquet", columns=["timestamp"])["timestamp"]
    assert pc.max(newest).as_py() == end


def test_the_command_prints_the_truth_and_writes_the_plant(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "twinwright_plant", str(tmp_path / "p"), "--fault", "fouling", "--hours", "2"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, cwd=root / "tools", check=True)
    assert json.loads(done.stdout)["twin"] == "line-3-product-cooler"
    assert (tmp_path / "p" / "graph.json").is_file()
