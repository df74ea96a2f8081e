"""FMUs that are compiled here, and demo plants with models attached."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from twinwright_plant.cooling_model import build_fmu as builder
from twinwright_tools.plant import Plant, open_plant

EXTRA = "needs the extra: pip install 'twinwright[simulate]'"
COMPILER = pytest.mark.system(*builder.COMPILERS)
MODELICA = Path(builder.SOURCE)
ADVANCE = "static void advance(Loop *loop, double seconds) {"


@pytest.fixture(scope="session")
def fmpy() -> Any:
    """fmpy, or the test is skipped."""
    return pytest.importorskip("fmpy", reason=EXTRA)


@pytest.fixture(scope="session")
def rumoca() -> Any:
    """rumoca, or the test is skipped."""
    return pytest.importorskip("rumoca", reason=EXTRA)


@pytest.fixture(scope="session")
def fmus(fmpy: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The cooling loop's FMU of an FMI version; only for tests marked with COMPILER."""
    folder, made = tmp_path_factory.mktemp("fmu"), dict[int, Path]()

    def build(version: int) -> Path:
        if version not in made:
            made[version] = builder.build_fmu(folder / f"fmi{version}" / "CoolingLoop.fmu", 3 if version == 3 else 2)
        return made[version]

    return build


@pytest.fixture
def sabotaged(fmpy: Any, tmp_path: Path) -> Callable[[str], Path]:
    """An FMU whose steps begin with a statement of the test's choice."""

    def build(statement: str) -> Path:
        code = tmp_path / "sabotaged.c"
        text = builder.CODE.read_text()
        assert ADVANCE in text
        code.write_text(text.replace(ADVANCE, f"{ADVANCE}\n    {statement}"))
        return builder.build_fmu(tmp_path / "Sabotaged.fmu", 2, code)

    return build


@pytest.fixture(scope="session")
def demo(
    make_demo_plant: Callable[..., tuple[Path, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str | None, int], Plant]]:
    """A demo plant (18 h) with the Modelica source alone, opened once: ``(fault, seed)``."""
    opened: dict[tuple[str | None, int], Plant] = {}
    with ExitStack() as stack:

        def open_it(fault: str | None, seed: int) -> Plant:
            if (fault, seed) not in opened:
                folder = make_demo_plant(fault, seed, 18)[0]
                state = tmp_path_factory.mktemp("state", numbered=True)
                opened[fault, seed] = stack.enter_context(open_plant(folder, state=state))
            return opened[fault, seed]

        yield open_it


@pytest.fixture
def attached(demo: Callable[[str | None, int], Plant], tmp_path: Path) -> Callable[..., Plant]:
    """A demo plant with `simulation/` of the test's own: an FMU in it, and words of line 3's attachment replaced."""

    def attach(fault: str | None, seed: int, fmu: Path | None = None, *words: tuple[str, str]) -> Plant:
        plant = demo(fault, seed)
        target = tmp_path / "simulation"
        shutil.copytree(plant.folder / "simulation", target, dirs_exist_ok=True)
        if fmu is not None:
            shutil.copyfile(fmu, target / "CoolingLoop.fmu")
        file = target / "line-3-cooling.toml"
        text = file.read_text()
        for old, new in words:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        return replace(plant, folder=tmp_path.resolve())

    return attach
