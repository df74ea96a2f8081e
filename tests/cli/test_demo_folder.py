"""The demo's folder: made anew where only the demo worked in it, and kept where people did."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.test_orders import drafted

from twinwright_cli.demo_folder import fresh_folder
from twinwright_cli.main import main
from twinwright_plant.make import END
from twinwright_plant.planning import write_planning
from twinwright_plant.writer import write_twins
from twinwright_tools.errors import UsageError


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the demo has made; copies keep the times of its files."""
    folder = tmp_path_factory.mktemp("demo") / "p"
    play(folder)
    return folder


def play(folder: Path) -> None:
    """What the demo does, without telemetry: a plant, one question, one draft."""
    with fresh_folder(folder) as free:
        assert free == folder
        assert [one.name for one in free.iterdir()] == [".made-by-twinwright-demo"]
        write_twins(free)
        write_planning(free, END)
        ask(free)
        drafted(free, run="run R1")


def ask(folder: Path) -> None:
    main(["ask", "how many pumps are there?", "-C", str(folder), "--model", "rules", "--json"])


def apply(folder: Path) -> None:
    patch = [{"op": "add", "path": "/name", "value": "Pump"}]
    change = {"operation": "DigitalTwins_Update", "id": "glycol-pump-1", "patch": patch}
    file = folder.parent / "changes.jsonl"
    file.write_text(json.dumps(change))
    assert main(["twins", "apply", str(file), "-C", str(folder)]) == 0


def test_a_folder_in_which_only_the_demo_worked_is_made_anew(played: Path, tmp_path: Path) -> None:
    plant = Path(shutil.copytree(played, tmp_path / "p"))
    # Looking is no work that could be lost.
    assert main(["orders", "list", "-C", str(plant)]) == 0
    with fresh_folder(plant) as free:
        assert free == plant and not (free / "graph.json").exists()


def test_one_that_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), fresh_folder(tmp_path / "p") as free:
        (free / "graph.json").write_text("{}")
        raise KeyboardInterrupt
    with fresh_folder(tmp_path / "p") as free:
        assert not (free / "graph.json").exists()


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (ask, "1 more question(s) asked"),
        (apply, "1 change(s) to twins"),
        (lambda plant: main(["orders", "edit", "WO-0001", "--set", "priority=P3", "-C", str(plant)]), "log of orders"),
        (lambda plant: main(["orders", "feedback", "WO-0001", "--found", "right", "-C", str(plant)]), "1 order(s)"),
        (lambda plant: (plant / "twinwright.toml").write_text("[relationships]\n"), "changed files: twinwright.toml"),
    ],
    ids=["asked", "twins", "orders", "feedback", "files"],
)
def test_what_people_did_is_kept_unless_they_say_so(
    work: Callable[[Path], object], told: str, played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant = Path(shutil.copytree(played, tmp_path / "p"))
    work(plant)
    before = {path: path.read_bytes() for path in plant.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
    capsys.readouterr()
    assert main(["demo", "--folder", str(plant), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "demo.used"
    assert told in error["message"] and "--force" in error["message"]
    assert {path: path.read_bytes() for path in before} == before
    for force in (True, False):
        with fresh_folder(plant, force) as free:
            assert [one.name for one in free.iterdir()] == [".made-by-twinwright-demo"]


def test_any_other_folder_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(UsageError, match="not a demo plant"), fresh_folder(tmp_path, force):
            pass
    assert (tmp_path / "mine.txt").read_text() == "mine"
