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
from twinwright_plant import FAULTS, make_plant
fault = next(iter(FAULTS))
make_plant(Path(sys.argv[1]), fault, int(sys.argv[2]))
print(fault)
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
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("broken") / "plant"
    folder.mkdir()
    return folder, run(MAKE, str(folder), str(SEED))


def test_an_investigation_opens_nothing_that_holds_the_truth(broken: tuple[Path, str]) -> None:
    watched = json.loads(run(WATCH, str(broken[0])))
    assert watched["status"] in {"concluded", "cannot_tell"}
    assert not [name for name in watched["modules"] if name.split(".")[0] in {"twinwright_plant", "twinwright_evals"}]
    assert not [path for path in watched["opened"] if "twinwright_plant" in path or "/evals/" in path]
    inside = [path for path in watched["opened"] if path.startswith(str(broken[0]))]
    assert inside, "the hook saw nothing of the plant folder: it watches nothing"


def test_fault_and_seed_leave_no_trace_in_the_plant_folder(broken: tuple[Path, str]) -> None:
    folder, fault = broken
    for file in folder.rglob("*"):
        if not file.is_file() or ".twinwright" in file.parts:
            continue
        assert fault not in file.name
        assert str(SEED) not in file.name
        if file.suffix == ".parquet":
            held = repr(pq.read_schema(file).metadata) + repr(pq.ParquetFile(file).metadata.created_by)
        else:
            held = file.read_text()
        assert fault not in held
        assert str(SEED) not in held
