"""`twinwright-gate`: everything that can be done at the gate. Plain argparse: it needs no more than it has to.

Exit codes: 0 done (a denial is an answer); 1 ended without an answer (no gate, a log that doesn't verify);
2 bad input. With --json one document stands on standard output, whatever the exit code.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import client
from .audit_cli import VERBS, AuditCommands
from .errors import GateError, KeyFileError, PolicyError, UnsafePathError
from .people_cli import PeopleCommands
from .policy_cli import PolicyCommands
from .readable import ascii_only, lines
from .run_cli import RunCommands


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["audit"] and not set(words[1:2]) & {*VERBS, "-h", "--help"}:
        words.insert(1, "verify")  # `audit LOG` verifies
    try:
        options = _parser().parse_args(words)
    except _UsageError as error:
        print(error.usage, end="", file=sys.stderr)
        return _fail(argparse.Namespace(json="--json" in words), "gate.usage", str(error), 2)
    try:
        code: int = options.run(options)
        return code
    except PolicyError as error:
        return _fail(options, error.code, str(error), 2, error.faults)
    except (UnsafePathError, KeyFileError) as error:
        return _fail(options, error.code, str(error), 2)
    except GateError as error:
        return _fail(options, error.code, str(error), 1)


class _UsageError(Exception):
    """The words of the command make no sense; carries how it is used."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    """Raises what argparse would print and exit for, so that --json can be kept to."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message, self.format_usage())


def _parser() -> argparse.ArgumentParser:
    # --json is looked for by its whole name where the words can't be parsed: so no abbreviations.
    parser = _Parser(
        prog="twinwright-gate",
        description="The safety layer. Actuation is off unless a signed policy turns it on.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON document on standard output")
        added.add_argument("--socket", type=Path, default=None, help="the gate's socket (default: the user's own)")
        return added

    RunCommands().add(commands)
    proposing = command("propose", _propose, "Propose an action from a JSON file; '-' is standard input.")
    proposing.add_argument("file", metavar="FILE")
    withdrawing = command("withdraw", _withdraw, "Take back a proposal of one's own.")
    withdrawing.add_argument("permit", metavar="PERMIT")
    command("status", _status, "Say how the running gate is.")
    PeopleCommands(_show).add(commands)
    AuditCommands(_show).add(commands)
    PolicyCommands(_show).add(commands)
    return parser


def _propose(options: argparse.Namespace) -> int:
    try:
        raw = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as error:
        return _fail(options, "gate.file", f"{options.file} can't be read: {error.strerror}", 2)
    answer = client.propose(_socket(options), raw)
    told = answer["permit_id"] if answer["reason"] is None else answer["reason"]
    text = f"{answer['state']}  {told}: {answer['sentence']}"
    where = [f"  {one['reason']} at {one['place']}" for one in answer["details"] if one["place"]]
    # Places repeat the proposal's own words.
    _show(options, answer, "\n".join(ascii_only(line) for line in [text, *where]))
    return 0


def _status(options: argparse.Namespace) -> int:
    found = client.status(_socket(options))
    log = found["log"]
    _show(
        options,
        found,
        f"serving since {found['since_utc']}, actuation {found['actuation']}, kill switch {found['kill']},"
        f" {found['proposals']} proposals, permits {found['permits'] or 'none'};"
        f" the log has {log['records']} records, head {log['head']}",
    )
    return 0


def _withdraw(options: argparse.Namespace) -> int:
    answer = client.withdraw(_socket(options), options.permit)
    _show(options, answer, f"{answer['permit_id']}  {answer['state']}")
    return 0


def _socket(options: argparse.Namespace) -> Path:
    named: Path | None = options.socket
    return named or client.default_socket()


def _show(options: argparse.Namespace, document: dict[str, Any], words: str) -> None:
    # A false gate says what it likes, and a terminal might obey it.
    print(json.dumps(document) if options.json else lines(words))


def _fail(options: argparse.Namespace, code: str, message: str, exit_code: int, faults: Sequence[str] = ()) -> int:
    if getattr(options, "json", False):
        error: dict[str, Any] = {"code": code, "message": message, "suggestions": list(faults), "position": None}
        print(json.dumps({"error": error}))
    print(lines("\n  ".join([f"twinwright-gate: {message}", *faults])), file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
