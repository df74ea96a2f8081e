"""What is shipped: the wheel, the locks, a quick command, and tools that can't act."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from twinwright_tools.registry import Effect
from twinwright_tools.toolbox import standard_registry

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock", "requirements-gate.lock")
HEAVY = {
    "anthropic",
    "duckdb",
    "httpx",
    "jinja2",
    "langgraph",
    "matplotlib",
    "networkx",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sqlglot",
}


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from twinwright_cli.main import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert loaded & HEAVY == set()


def test_an_effect_is_one_of_three() -> None:
    assert {effect.value for effect in Effect} == {"read", "draft", "propose"}


def test_the_tools_with_effects_are_exactly_two() -> None:
    tools = standard_registry().tools.values()
    assert {tool.name: tool.effect.value for tool in tools if tool.effect is not Effect.READ} == {
        "draft_work_order": "draft",
        "propose_action": "propose",
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.search(r"https?://|--index-url|--extra-index-url|--find-links|--trusted-host", text) is None
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    pinned = [entry for entry in entries if re.match(r"[A-Za-z0-9]", entry)]
    assert len(pinned) > 3
    assert [entry for entry in pinned if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_gates_lock_is_a_part_of_the_runtimes() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[A-Za-z0-9_.-]+==[^\s;\\]+", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements-gate.lock") <= pins("requirements.lock") <= pins("requirements-dev.lock")


def test_the_wheel_holds_every_package_and_its_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    wanted = {
        str(path.relative_to((ROOT / package).parent))
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(packages) == 7 and wanted - shipped == set()
    assert {name.partition("/")[0] for name in shipped} - {Path(package).name for package in packages} == {
        "twinwright-0.1.0.dist-info"
    }


def test_nothing_tracked_names_a_registry_or_this_machine() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    pattern = re.compile(r"--(?:extra-)?index-url\s+\S*://|\"resolved\"\s*:\s*\"http|/root/\.|/home/[a-z]+/")
    wrong = []
    for name in files:
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".toml", ".lock", ".json", ".md", ".yaml", ".yml", ".sh", ""}:
            wrong += [f"{name}: {hit}" for hit in pattern.findall(path.read_text(errors="replace"))]
    assert [one for one in wrong if not one.startswith("tests/house/")] == []


def test_nothing_that_is_ignored_is_tracked() -> None:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines() == []
