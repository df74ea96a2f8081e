"""A site's own failure modes: read, merged, and refused with the place where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.failure_modes import (
    failure_mode_files,
    lint_modes,
    load_failure_modes,
    load_library,
    modes_of_plant,
)
from twinwright_tools.errors import ConfigError, PlantError
from twinwright_tools.plant import open_plant
from twinwright_tools.plant.config import read_config

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "failure-modes.md"
MINE = """\
modes:
  - id: my_mode
    name: "Mine"
    equipment: [pump]
    iso_class: PU
    failure: LOO
    mechanism: "2.4"
    signature:
      - {role: flow, direction: down, seen: 0.9}
    checks:
      - {text: "Look", finding: "it is so", minutes: 5, skill: operator, tells: {my_mode: 0.9}}
    tasks: ["Mend it"]
    skills: [operator]
    duration_h: 1
"""


def written(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_mode_of_ones_own_comes_behind_the_library(tmp_path: Path) -> None:
    modes = load_failure_modes([written(tmp_path, MINE)])
    assert modes[-1].id == "my_mode" and modes[-1].failure == "LOO – low output"
    assert modes[:-1] == load_failure_modes()


def test_an_id_that_exists_is_replaced_in_its_place(tmp_path: Path) -> None:
    modes = load_failure_modes([written(tmp_path, MINE.replace("my_mode", "cavitation"))])
    before = load_failure_modes()
    assert [one.id for one in modes] == [one.id for one in before]
    assert next(one for one in modes if one.id == "cavitation").name == "Mine"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = written(tmp_path, MINE)
    assert load_failure_modes([file])[-1].name == "Mine"
    written(tmp_path, MINE.replace('"Mine"', '"Mine, renamed"'))
    assert load_failure_modes([file])[-1].name == "Mine, renamed"


def test_the_example_in_the_docs_is_valid(tmp_path: Path) -> None:
    example = DOCUMENT.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    report = lint_modes(written(tmp_path, example))
    assert report["modes"] == ["barrier_fluid_loss"] and report["warnings"] == [] and report["overrides"] == []


@pytest.mark.parametrize(
    ("old", "new", "words", "at"),
    [
        ("seen: 0.9", "seen: 1.5", ["line 9", "my_mode", "seen", "less than 1", "1.5"], "1.5"),
        ("role: flow", "role: flwo", ["role 'flwo'", "flow"], "flwo"),
        ("failure: LOO", "failure: LOW", ["'LOW'", "failure mode of ISO 14224"], "LOW"),
        ('mechanism: "2.4"', "mechanism: 2.4", ["mechanism", "string"], "2.4"),
        ("direction: down", "direction: dwn", ["direction", "'down'"], "dwn"),
        ("skills:", "skill:", ["no field 'skill'", "skills"], "[operator]"),
        ("    duration_h: 1\n", "", ["'duration_h' is missing", "my_mode"], "id: my_mode"),
        ("tells: {my_mode: 0.9}", "tells: {seal_leek: 0.9}", ["seal_leek", "seal_leak"], "0.9}}"),
        ("tells: {my_mode: 0.9}", "tells: {seal_leak: 0.9}", ["my_mode", "tells"], "{text"),
        ("seen: 0.9", "seen: 0.05", ["no sign speaks for the mode"], "- {role"),
        ("equipment: [pump]", "equipment: [on]", ["quotes"], "on]"),
        ("minutes: 5", "minutes: -5", ["minutes", "greater than 0"], "-5"),
        ("    name:", "    id: x\n    name:", ["'id'", "twice"], "id: x"),
        ("modes:", "modes: [", ["YAML"], None),
        (MINE, "- 1", ["mapping"], "- 1"),
        (MINE, MINE + MINE.removeprefix("modes:\n"), ["twice in this file"], None),
        (MINE, "modes: {}", ["list"], "{}"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    old: str, new: str, words: list[str], at: str | None, tmp_path: Path
) -> None:
    text = MINE.replace(old, new, 1)
    file = written(tmp_path, text)
    with pytest.raises(PlantError) as caught:
        load_failure_modes([file])
    for word in [str(file), *words]:
        assert word in str(caught.value)
    assert caught.value.position is not None
    if at is not None:
        assert text[caught.value.position :].startswith(at)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = MINE.replace("seen: 0.9", "sen: 0.9", 1).replace("minutes: 5", "minutes: -5", 1).replace("LOO", "LOW", 1)
    with pytest.raises(PlantError) as caught:
        load_failure_modes([written(tmp_path, text)])
    first, count, *rest = caught.value.message.splitlines()
    assert "there is no field 'sen' here; did you mean seen?" in first
    assert count == "3 more:" and len(rest) == 3
    lines = text.splitlines()
    for line, (old, words) in zip(
        rest, [("LOW", "'LOW' is no failure"), ("sen:", "'seen' is missing"), ("-5", "greater than 0")], strict=True
    ):
        number = next(at for at, each in enumerate(lines, 1) if old in each)
        assert line.startswith(f"line {number}, entry my_mode, ") and words in line


@given(st.text(alphabet="modes:[]{}-# \n'\"&*!|>abc01.", max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = written(tmp_path_factory.getbasetemp(), text, "any.yaml")
    try:
        lint_modes(file)
    except PlantError as error:
        assert "any.yaml" in str(error)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(PlantError, match=r"absent\.yaml"):
        load_library([tmp_path / "absent.yaml"])
    (tmp_path / "bytes.yaml").write_bytes(b"modes: \xff")
    with pytest.raises(PlantError, match="UTF-8"):
        load_library([tmp_path / "bytes.yaml"])


def test_modes_with_the_same_signs_are_warned_of(tmp_path: Path) -> None:
    twin = MINE.removeprefix("modes:\n").replace("my_mode", "my_other")
    report = lint_modes(written(tmp_path, MINE + twin))
    assert any("my_other" in warning for warning in report["warnings"])


def test_a_plants_files_come_from_its_folder_and_its_configuration(pump_plant: Path, tmp_path: Path) -> None:
    config = pump_plant / "twinwright.toml"
    config.write_text('failure_modes = ["more/*.yaml"]\n' + config.read_text())
    with pytest.raises(ConfigError, match="no file matches"):
        failure_mode_files(pump_plant, read_config(pump_plant))
    written(pump_plant, MINE.replace("my_mode", "named"), "more/a.yaml")
    written(pump_plant, MINE.replace("my_mode", "found"), "failure_modes/b.yaml")
    with open_plant(pump_plant, state=tmp_path / "state") as plant:
        assert list(modes_of_plant(plant).modes)[-2:] == ["named", "found"]


@pytest.mark.parametrize("pattern", ["../x.yaml", "/etc/*.yaml"])
def test_files_outside_the_plant_are_refused(pump_plant: Path, pattern: str) -> None:
    (pump_plant / "twinwright.toml").write_text(f'failure_modes = ["{pattern}"]\n')
    with pytest.raises(ConfigError):
        failure_mode_files(pump_plant, read_config(pump_plant))
