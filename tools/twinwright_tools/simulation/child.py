"""The process that a model runs in: ``python -m twinwright_tools.simulation.child FILE CLASS FOLDER``.

It reads one JSON request a line from standard input and answers each with JSON lines: ``{"progress": 0.4}`` now and
then, and at last ``{"done": …}`` or ``{"error": {"code", "message"}}``. Arrays travel as .npy files in FOLDER.
What nobody foresaw ends the process, and the parent reads the reason in its log.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import IO, Any

import numpy as np

from .engines import Engine, ModelError, load

MEMORY_BYTES = 4_000_000_000
_PROGRESS_S = 2.0


def main() -> None:
    """Load the model, say what it has, and answer until the input ends."""
    # A model may print; its words go to the log, not between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    file, class_name, folder = sys.argv[1], sys.argv[2] or None, Path(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        engine = load(Path(file), class_name, folder)
    except ModelError as error:
        _say(answers, {"error": {"code": error.code, "message": str(error)}})
        return
    _say(answers, {"done": engine.description.as_dict()})
    for line in sys.stdin:
        try:
            _say(answers, {"done": _run(engine, json.loads(line), folder, answers)})
        except ModelError as error:
            _say(answers, {"error": {"code": error.code, "message": str(error)}})


def _run(engine: Engine, request: dict[str, Any], folder: Path, answers: IO[str]) -> dict[str, Any]:
    table = np.load(folder / "inputs.npy", allow_pickle=False)
    told = time.monotonic()

    def progress(share: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _PROGRESS_S:
            told = time.monotonic()
            _say(answers, {"progress": share})

    columns = dict(zip(request["inputs"], table[:, 1:].T, strict=True))
    found = engine.run(table[:, 0], columns, request["parameters"], request["outputs"], progress)
    np.save(folder / "outputs.npy", np.asarray(found, dtype=np.float64), allow_pickle=False)
    return {"samples": len(found)}


def _say(answers: IO[str], what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
