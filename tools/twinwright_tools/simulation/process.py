"""A model in a process of its own, with a limit of time and memory: what the rest of the simulation talks to."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ..errors import SimulationError
from .engines import Description, Floats, Variable

LIMIT_S = 300.0
_MOST_BYTES = 20_000_000
# A model is code of others: it gets what a program needs to run, and none of the environment's secrets.
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
Progress = Callable[[float], None]


class ModelProcess:
    """One model, loaded once and run as often as needed; `limit_s` seconds in all, then the process is ended.

    Attributes:
        description: what the model has.
    """

    def __init__(self, file: Path, class_name: str | None = None, limit_s: float = LIMIT_S) -> None:
        """Starts the process and loads the model.

        Raises:
            SimulationError: it can't be loaded: the extra is missing, no binary for this platform, a broken file, a
                crash, or time ran out.
        """
        self._file, self._limit_s = file, limit_s
        self._ends = time.monotonic() + limit_s
        self._pending = b""
        self._scratch = tempfile.TemporaryDirectory(prefix="twinwright-model-", ignore_cleanup_errors=True)
        self._folder = Path(self._scratch.name)
        self._log = (self._folder / "log").open("w+b")
        # -P: what lies in the folder one stands in is no part of Python's path.
        command = [sys.executable, "-P", "-m", "twinwright_tools.simulation.child", str(file), class_name or ""]
        self._process = subprocess.Popen(
            [*command, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            cwd=self._folder,
        )
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.close)
            self.description = _description(self._answer(lambda share: None))
            on_failure.pop_all()

    def run(
        self,
        times: Floats,
        inputs: Mapping[str, Floats],
        parameters: Mapping[str, float],
        outputs: Sequence[str],
        progress: Progress = lambda share: None,
    ) -> dict[str, Floats]:
        """The outputs at evenly spaced times.

        Args:
            times: seconds from 0, shape (n,); inputs: shape (n,) each, joined by straight lines.
            progress: told the share done, 0 to 1.

        Raises:
            SimulationError: the model failed, crashed, or time ran out.
        """
        np.save(self._folder / "inputs.npy", np.column_stack([times, *inputs.values()]), allow_pickle=False)
        request = {"inputs": list(inputs), "parameters": dict(parameters), "outputs": list(outputs)}
        try:
            assert self._process.stdin is not None  # it is a pipe
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        self._answer(progress)
        found = np.load(self._folder / "outputs.npy", allow_pickle=False)
        if found.shape != (len(times), len(outputs)):
            raise SimulationError(f"{self._file.name} answered in the wrong shape", code="simulation.failed")
        if not np.all(np.isfinite(found)):
            text = f"{self._file.name} computed numbers that aren't finite; are inputs and parameters in its units?"
            raise SimulationError(text, code="simulation.diverged")
        return {name: found[:, column] for column, name in enumerate(outputs)}

    def close(self) -> None:
        """Ends the process and throws its files away."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, progress: Progress) -> Any:
        while True:
            line = self._line()
            try:
                said = json.loads(line)
            except ValueError:
                raise SimulationError(f"{self._file.name} answered nonsense", code="simulation.failed") from None
            if "progress" in said:
                progress(float(said["progress"]))
            elif "error" in said:
                raise SimulationError(said["error"]["message"], code=said["error"]["code"])
            else:
                return said["done"]

    def _line(self) -> bytes:
        """The next line that the process says."""
        assert self._process.stdout is not None  # it is a pipe
        while b"\n" not in self._pending:
            left = self._ends - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                self._process.kill()
                text = f"{self._file.name} took more than {self._limit_s:g} s and was ended"
                raise SimulationError(f"{text}; a shorter window or a higher --limit may do", code="simulation.timeout")
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                raise self._died()
            self._pending += piece
            if len(self._pending) > _MOST_BYTES:
                raise SimulationError(f"{self._file.name} answered without end", code="simulation.failed")
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _died(self) -> SimulationError:
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            return SimulationError(f"{self._file.name} crashed ({name})", code="simulation.crashed")
        self._log.seek(0)
        words = self._log.read()[-20_000:].decode("utf-8", "replace").strip().splitlines()
        reason = words[-1].removeprefix("Exception: ")[:500] if words else f"exit code {code}"
        return SimulationError(f"{self._file.name} can't be used: {reason}", code="simulation.failed")


def _description(said: dict[str, Any]) -> Description:
    groups = {name: tuple(Variable(**one) for one in said[name]) for name in ("inputs", "outputs", "parameters")}
    return Description(said["kind"], said["name"], groups["inputs"], groups["outputs"], groups["parameters"])
