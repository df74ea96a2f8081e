"""`twinwright-gate keys …` and `twinwright-gate policy …`: what people do with keys and policies, offline."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bundle import read_anchors, read_bundle, sign_policy
from .errors import PolicyError
from .lint import lint
from .policy import Policy
from .policy_diff import widenings
from .policy_store import PolicyStore, widening_document
from .signing import load_key, new_key, public_hex, save_key
from .source import read_source

Show = Callable[[argparse.Namespace, dict[str, Any], str], None]


class PolicyCommands:
    """The commands, which show what they found through `show` (options, document, words)."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def add(self, commands: Any) -> None:
        """Adds ``keys`` and ``policy`` to the subcommands of a parser."""
        keys = _group(commands, "keys", "Make and show keys (Ed25519).")
        made = _command(keys, "new", self._new_key, "Make a private key in a new file; print its public key.")
        made.add_argument("file", type=Path, metavar="FILE")
        shown = _command(keys, "show", self._show_key, "Print the public key that belongs to a private one.")
        shown.add_argument("file", type=Path, metavar="FILE")
        policy = _group(commands, "policy", "Check, compare, sign and load policies.")
        linted = _command(policy, "lint", self._lint, "Say everything that is wrong with a policy's source.")
        linted.add_argument("source", type=Path, metavar="SOURCE")
        compared = _command(policy, "diff", self._diff, "Say what a new policy would newly allow.")
        compared.add_argument("old", type=Path, metavar="OLD")
        compared.add_argument("new", type=Path, metavar="NEW", help="sources (.yaml) or signed policies (.json)")
        signed = _command(policy, "sign", self._sign, "Compile a source and sign it, or add a signature.")
        signed.add_argument("source", type=Path, metavar="SOURCE")
        signed.add_argument("--key", type=Path, required=True)
        signed.add_argument("--out", type=Path, required=True, help="the signed policy; further signatures are added")
        loaded = _command(policy, "load", self._load, "Put a signed policy in force.")
        loaded.add_argument("bundle", type=Path, metavar="SIGNED")
        for one in (signed, loaded):
            one.add_argument("--anchors", type=Path, required=True, help="who may sign, and how many it takes")
        loaded.add_argument("--folder", type=Path, required=True, help="the gate's own folder for policies")

    def _new_key(self, options: argparse.Namespace) -> int:
        key = new_key()
        save_key(key, options.file)
        return self._told_key(options, public_hex(key))

    def _show_key(self, options: argparse.Namespace) -> int:
        return self._told_key(options, public_hex(load_key(options.file)))

    def _told_key(self, options: argparse.Namespace, public: str) -> int:
        self._show(options, {"public_key": public, "file": str(options.file)}, public)
        return 0

    def _lint(self, options: argparse.Namespace) -> int:
        policy = _sound(options.source)
        self._show(options, _head(policy), f"{options.source}: no fault; {_words(policy)}")
        return 0

    def _diff(self, options: argparse.Namespace) -> int:
        old, new = _sound(options.old), _sound(options.new)
        found = widenings(old, new)
        document = {"widens": bool(found), "widenings": widening_document(found), "moc": new.moc is not None}
        lines = [f"{one.place}: {one.words}\n    for example {one.example}" for one in found]
        lines = lines or ["it only narrows: nothing is newly allowed"]
        if found and new.moc is None:
            raise PolicyError("it would newly allow the following and names no moc record", tuple(lines))
        self._show(options, document, "\n".join(lines))
        return 0

    def _sign(self, options: argparse.Namespace) -> int:
        before = read_bundle(options.out) if options.out.exists() else None
        policy, anchors = read_source(options.source), read_anchors(options.anchors)
        bundle = sign_policy(policy, load_key(options.key), anchors, before)
        try:
            options.out.write_bytes(bundle.encode())
        except OSError as error:
            raise PolicyError(f"{options.out} can't be written: {error.strerror}") from error
        names = [one.signer for one in bundle.signatures]
        document = _head(policy) | {"signed_by": names, "quorum": anchors.quorum}
        words = f"{_words(policy)}, signed by {', '.join(names)}; it takes {anchors.quorum}"
        self._show(options, document, words)
        return 0

    def _load(self, options: argparse.Namespace) -> int:
        bundle = read_bundle(options.bundle)
        found = PolicyStore(options.folder, read_anchors(options.anchors)).load(bundle)
        document = _head(bundle.policy) | {"widenings": widening_document(found)}
        self._show(options, document, f"{_words(bundle.policy)} is in force; it newly allows {len(found)} things")
        return 0


def _group(commands: Any, name: str, words: str) -> Any:
    parser = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
    return parser.add_subparsers(required=True, metavar="COMMAND")


def _command(group: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = group.add_parser(name, help=words, description=words, allow_abbrev=False)
    added.set_defaults(run=run)
    added.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return added


def _sound(path: Path) -> Policy:
    """The policy in a source or a signed file, if it has no fault."""
    policy = read_bundle(path).policy if path.suffix == ".json" else read_source(path)
    if faults := lint(policy):
        raise PolicyError(f"{path} has {len(faults)} faults", faults)
    return policy


def _head(policy: Policy) -> dict[str, Any]:
    points = [one.binding.binding_id for one in policy.points if one.writable and one.tier == "twin"]
    return {"version": policy.version, "digest": policy.digest, "actuation": policy.actuation, "points": points}


def _words(policy: Policy) -> str:
    return f"policy {policy.version} of {policy.site} ({policy.digest[:12]}…), actuation {policy.actuation}"
