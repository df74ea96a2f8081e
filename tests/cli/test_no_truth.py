"""No tool opens anything that holds the fault, the seed or the truth: an audit hook watches a whole investigation.

The plant is made by another process. DuckDB opens its files beneath Python, where no audit hook sees it; it is handed
paths inside the plant folder alone, and that folder is searched for every trace of the fault.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

SEED = 271828

MAKE = """
import sys
from pathlib import Path
from twinwright_plant import make_plant
make_plant(Path(sys.argv[1]), sys.argv[3] or None, int(sys.argv[2]))
"""

WATCH = """
import json, sys
from pathlib import Path
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from twinwright_agent.loop import investigate
from twinwright_agent.models.rules import RulesModel
from twinwright_tools.plant import open_plant
from twinwright_tools.toolbox import standard_registry
with open_plant(Path(sys.argv[1])) as plant:
    found = investigate(plant, "why is line 3 throughput dropping?", model=RulesModel(), registry=standard_registry())
print(json.dumps({"opened": sorted(set(opened)), "modules": sorted(sys.modules), "status": found.status}))
"""


def run(code: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(folder: Path, fault: str) -> Path:
    folder.mkdir()
    run(MAKE, str(folder), str(SEED), fault)
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("broken") / "plant", "cavitation")


def test_an_investigation_opens_nothing_that_holds_the_truth(broken: Path) -> None:
    watched = json.loads(run(WATCH, str(broken)).splitlines()[-1])
    assert watched["status"] in {"concluded", "cannot_tell"}
    assert not [name for name in watched["modules"] if name.split(".")[0] in {"twinwright_plant", "twinwright_evals"}]
    assert not [path for path in watched["opened"] if "twinwright_plant" in path or "/evals/" in path]
    inside = [path for path in watched["opened"] if path.startswith(str(broken))]
    assert inside, "the hook saw nothing of the plant folder: it watches nothing"


def test_fault_and_seed_leave_no_trace_but_in_telemetry(broken: Path, tmp_path: Path) -> None:
    healthy = held(made(tmp_path / "healthy", ""))
    faulty = held(broken)
    assert faulty == healthy
    assert not [name for name, what in faulty.items() if str(SEED) in name + what]


def held(folder: Path) -> dict[str, str]:
    """What each file says beside the samples: a telemetry file's schema and metadata, all of any other."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and ".twinwright" not in file.parts:
            name = str(file.relative_to(folder))
            found[name] = parquet_says(file) if file.suffix == ".parquet" else file.read_text()
    return found


def parquet_says(file: Path) -> str:
    opened = pq.ParquetFile(file)
    return f"{opened.schema_arrow} {opened.schema_arrow.metadata} {opened.metadata.created_by}"
