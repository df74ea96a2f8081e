"""FMUs that are compiled here, and demo plants with models attached."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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


@pytest.fixture
def open_demo(make_demo_plant: Callable[..., tuple[Path, Any]], tmp_path: Path) -> Iterator[Callable[..., Plant]]:
    """A copy of a demo plant (24 h), open; with an FMU where one is given."""
    with ExitStack() as stack:

        def open_it(fault: str | None, seed: int, fmu: Path | None = None, hours: float = 24) -> Plant:
            folder = tmp_path / f"plant-{fault}-{seed}"
            shutil.copytree(make_demo_plant(fault, seed, hours)[0], folder)
            if fmu is not None:
                shutil.copyfile(fmu, folder / "simulation" / "CoolingLoop.fmu")
            return stack.enter_context(open_plant(folder))

        yield open_it
