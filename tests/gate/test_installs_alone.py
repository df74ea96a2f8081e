"""The gate imports with nothing but the standard library and what its own lock names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

IMPORT_ALL = """
import sys, importlib, importlib.abc, pathlib

allowed = set(sys.stdlib_module_names) | set(sys.argv[1].split(","))

class Guard(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed and not name.startswith("_sysconfigdata"):
            raise ImportError("not in the gate's lock: " + name)

sys.meta_path.insert(0, Guard())
import twinwright_gate
root = pathlib.Path(twinwright_gate.__path__[0])
for module in sorted(root.rglob("*.py")):
    if module.stem == "plant_device":  # the adapter to the simulated plant, which the gate alone doesn't have
        continue
    importlib.import_module(".".join(("twinwright_gate", *module.relative_to(root).with_suffix("").parts)))
print("imported", "asyncio" in sys.modules)
"""


def test_it_imports_with_its_lock_alone() -> None:
    lock = (ROOT / "requirements-gate.lock").read_text()
    names = {name.replace("-", "_") for name in re.findall(r"^([a-z0-9_.-]+)==", lock, re.MULTILINE)}
    assert {"pydantic", "rfc8785"} <= names and "anthropic" not in names
    names |= {"yaml", "_yaml", "_cffi_backend"}  # what pyyaml and cffi are imported as
    allowed = ",".join(sorted(names | {"twinwright_gate", "_distutils_hack"}))
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, allowed], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("imported")
