"""What Microsoft's parser says of the corpus, asked or recorded, and how far we agree."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from twinwright_tools.errors import InputError
from twinwright_tools.twins.dtdl import validate

from .corpus import CORPUS, ROOT, Model

NODE = ROOT / "evals" / "dtdl_oracle"
RECORDING = CORPUS / "verdicts.json"
DISAGREEMENTS = CORPUS / "disagreements.yaml"

Verdicts = dict[str, dict[int, str]]
"""Name of a case to version of DTDL to ``valid``, ``incomplete``, ``invalid: codes`` or ``crash: text``."""


class OracleError(InputError):
    """Microsoft's parser can't be asked: Node or its package is missing, or it failed."""

    code = "dtdl.oracle"


@dataclass(frozen=True)
class Oracle:
    """The recorded or fresh verdicts of one release of the parser."""

    parser: str
    verdicts: Verdicts

    def of(self, model: Model) -> str | None:
        """The verdict on a model, or None if there is none."""
        return self.verdicts.get(model.name, {}).get(model.version)


def oracle_installed() -> bool:
    """Whether Node and the parser's package are there."""
    return shutil.which("node") is not None and (NODE / "node_modules" / "@digicatapult" / "dtdl-parser").is_dir()


def ask(models: Sequence[Model]) -> Oracle:
    """The parser's verdicts, asked in one run of Node.

    Raises:
        OracleError: it isn't installed, or failed.
    """
    if not oracle_installed():
        raise OracleError(f"Microsoft's parser isn't installed: run `npm ci --ignore-scripts` in {NODE}, with Node 20")
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "models.json", Path(folder) / "verdicts.json"
        asked.write_text(json.dumps([json.dumps(model.document) for model in models]))
        command = ["node", "judge.mjs", str(asked), str(answered)]
        done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
        if done.returncode or not answered.is_file():
            raise OracleError(f"Microsoft's parser failed: {done.stderr.strip()[-300:]}")
        told = json.loads(answered.read_text())
    verdicts: Verdicts = {}
    for model, verdict in zip(models, told["verdicts"], strict=True):
        verdicts.setdefault(model.name, {})[model.version] = verdict
    return Oracle(told["parser"], verdicts)


def read_recording(path: Path = RECORDING) -> Oracle:
    """The recorded verdicts."""
    found = json.loads(path.read_text())
    verdicts = {name: {int(of): told for of, told in by.items()} for name, by in found["verdicts"].items()}
    return Oracle(found["parser"], verdicts)


def write_recording(oracle: Oracle, path: Path = RECORDING) -> None:
    """Record verdicts, a case a line, so that a difference is easy to read."""
    lines = [f"  {json.dumps(name)}: {json.dumps(by)}" for name, by in oracle.verdicts.items()]
    body = ",\n".join(lines)
    path.write_text(f'{{"parser": {json.dumps(oracle.parser)}, "verdicts": {{\n{body}\n}}}}\n')


@dataclass(frozen=True)
class Judged:
    """One model, judged by us and by the parser."""

    model: Model
    ours: bool
    oracle: str | None
    problems: tuple[str, ...]

    @property
    def agreed(self) -> bool:
        """Whether both let it pass, or neither does; a parser that crashed has said nothing."""
        return self.oracle is not None and self.ours == (self.oracle == "valid")


def judge(models: Sequence[Model], oracle: Oracle) -> list[Judged]:
    """Each model with our verdict and the parser's."""
    found = []
    for model in models:
        problems = validate(model.document)
        said = tuple(f"{each.code} {each.place}: {each.message}" for each in problems)
        found.append(Judged(model, not problems, oracle.of(model), said))
    return found


@dataclass(frozen=True)
class Disagreement:
    """Models on which we knowingly differ from the parser, and why."""

    reason: str
    models: frozenset[tuple[str, int]]


def read_disagreements(path: Path = DISAGREEMENTS) -> list[Disagreement]:
    """Those that are known, with their reasons."""
    listed: list[dict[str, Any]] = yaml.safe_load(path.read_text()) or []
    return [
        Disagreement(each["reason"], frozenset((name, of) for name, by in each["cases"].items() for of in by))
        for each in listed
    ]
