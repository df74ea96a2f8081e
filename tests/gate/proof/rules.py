"""The deciding half: the reference gate, the z3 proofs, the benign set, the rules' cases, and how fast it decides."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from .row import Row


def rows(nightly: bool) -> Iterator[Row]:
    """The rows of this half, each by the command that shows it alone."""
    yield _tests("z3 on the compiled policy", "tests/gate/test_proofs.py")
    yield _tests("abuse corpus, one plan and one snapshot", "tests/gate/test_cases.py")
    yield _tests("a case for every reason, its rule alone", "tests/gate/test_rules.py")
    yield _tests("invariants over drawn requests", "tests/gate/test_invariants.py")
    yield _tests("benign proposals", "tests/gate/test_benign.py")
    count, seed = (1_000_000, int(f"{datetime.now(UTC):%Y%m%d}")) if nightly else (100_000, 1)
    words = ["tests.gate.differential", "--count", str(count), "--seed", str(seed)]
    done = _run("-m", *words)
    told = done.stdout.strip().splitlines()[-1:] or [done.stderr.strip()[-200:]]
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)  # the first differences, whole
    yield Row("the gate against the reference gate", f"{count:,} requests", told[0].split(";")[0], done.returncode == 0)
    done = _run("-m", "tests.gate.bench_evaluate")
    found = json.loads(done.stdout or "{}")
    figure = f"p99 {found.get('p99_ms')} ms, {found.get('per_second')}/s on one core"
    yield Row("evaluation", f"{found.get('evaluations')} evaluations", figure, done.returncode == 0)


def _tests(what: str, path: str) -> Row:
    done = _run("-m", "pytest", path, "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    told = (done.stdout.strip().splitlines() or ["nothing"])[-1]
    whole = done.returncode == 0 and "passed" in told and "skipped" not in told
    return Row(what, path, told.split(" in ")[0].strip("= "), whole)


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
