"""`twinwright-gate audit verify|prove|replay`: the auditor's commands. They need no running gate."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from .auditor import chain, merkle
from .auditor.heads import anchors, hold
from .auditor.replay import replay
from .auditor.signatures import signed
from .errors import AuditError
from .policy_cli import Show

VERBS = ("verify", "prove", "replay")


class AuditCommands:
    """The commands, which show what they found through `show` (options, document, words)."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def add(self, commands: Any) -> None:
        """Adds ``audit`` to the subcommands of a parser."""
        words = "Verify an audit log, prove what is in it, decide its decisions again."
        group = commands.add_parser("audit", help=words, description=words, allow_abbrev=False)
        verbs = group.add_subparsers(required=True, metavar="COMMAND")
        verify = self._command(verbs, "verify", self._verify, "Check every record, and kept heads against the log.")
        verify.add_argument("--against", type=Path, default=None, help="signed heads that were kept elsewhere")
        verify.add_argument("--key", default=None, help="the gate's public key (hex): checks records' signatures")
        prove = self._command(
            verbs, "prove", self._prove, "Prove a record to be in the log, or one log to begin another."
        )
        prove.add_argument("--record", type=int, default=None, help="the record's number, counted from 0")
        prove.add_argument("--size", type=int, default=None, help="the size of the tree to prove it in (default: all)")
        prove.add_argument(
            "--since", type=int, default=None, help="prove that the first so many records still begin it"
        )
        self._command(verbs, "replay", self._replay, "Decide every recorded decision again from the log alone.")

    def _command(self, verbs: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, help=words, description=words, allow_abbrev=False)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON document on standard output")
        added.add_argument("log", metavar="LOG", type=Path, nargs="?", default=default_log(), help="the audit log")
        return added

    def _verify(self, options: argparse.Namespace) -> int:
        began = time.monotonic()
        found = list(chain.records(options.log))
        spent = max(time.monotonic() - began, 1e-9)
        leaves = [one.leaf for one in found]
        signatures = None if options.key is None else signed(found, options.key)
        kept = []
        if options.against is not None:
            if options.key is None:
                raise AuditError("--against needs --key, the public key that the gate signs its heads with")
            kept = list(anchors(options.against, options.key))
            hold(leaves, kept)
        left = chain.torn(options.log)
        document = {
            "records": len(leaves),
            "head": leaves[-1].hex() if leaves else "0" * 64,
            "root": merkle.root(leaves).hex(),
            "torn_bytes": len(left),
            "heads_held": len(kept),
            "records_signed": signatures,
            "records_per_s": round(len(leaves) / spent),
        }
        words = f"{len(leaves)} records verify, head {document['head']}, root {document['root']}"
        words += f"; behind them a last line without an end ({len(left)} bytes)" if left else ""
        words += "" if signatures is None else f"; {signatures} of them are signed with that key"
        held = (
            f"; {len(kept)} kept heads hold" if kept else "; a cut-off end shows only against a kept head (--against)"
        )
        self._show(options, document, words + held)
        return 0

    def _prove(self, options: argparse.Namespace) -> int:
        leaves = [one.leaf for one in chain.records(options.log)]
        size = len(leaves) if options.size is None else options.size
        tree = leaves[:size]
        try:
            if options.since is not None:
                proof = merkle.consistency(tree, options.since)
                old = merkle.root(leaves[: options.since])
                document: dict[str, Any] = {"from": options.since, "from_root": old.hex()}
            else:
                index = len(tree) - 1 if options.record is None else options.record
                proof = merkle.inclusion(tree, index)
                document = {"record": index, "leaf": leaves[index].hex()}
        except (ValueError, IndexError) as error:
            raise AuditError(f"{options.log}: {error}") from error
        document |= {"size": len(tree), "root": merkle.root(tree).hex(), "proof": [one.hex() for one in proof]}
        self._show(options, document, json.dumps(document, indent=1))
        return 0

    def _replay(self, options: argparse.Namespace) -> int:
        found = replay(chain.records(options.log), lambda: 0)
        document = {"decisions": found.decisions, "allowed": found.allowed}
        words = f"{found.decisions} decisions come out as recorded; {found.allowed} of them allowed"
        self._show(options, document, words)
        return 0


def default_log() -> Path:
    """Where a gate's log is unless told otherwise."""
    return Path.home() / ".local/state/twinwright-gate/audit.jsonl"
