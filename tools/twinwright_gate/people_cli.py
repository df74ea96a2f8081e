"""`twinwright-gate pending|approve|kill|reset|release|revoke-key|why`: what people do at the people's socket."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .approver.rendering import shown
from .approver.signing import Signer, confirmed, pending
from .approver.terminal import decide, listed
from .approver.web import Approving
from .client import ask, default_socket
from .clocks import SystemClock
from .errors import GateRefused
from .policy_cli import Show
from .readable import lines
from .signing import load_key


class PeopleCommands:
    """The commands, which show what they found through `show` (options, document, words)."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def add(self, commands: Any) -> None:
        """Adds the commands to the subcommands of a parser."""
        self._command(commands, "pending", self._pending, "List what waits for people, with its taint.")
        approve = self._signing(commands, "approve", self._approve, "Show one plan and sign it, or reject it.")
        approve.add_argument("permit", metavar="PERMIT", nargs="?", default=None)
        approve.add_argument("--web", action="store_true", help="on a local page instead of here")
        approve.add_argument("--port", type=int, default=0, help="of the local page (default: any that is free)")
        approve.add_argument("--digest", default=None, help="the plan's whole digest, for who has read it elsewhere")
        self._command(commands, "kill", self._kill, "Latch the kill switch: nothing is written any more.")
        self._signing(commands, "reset", self._reset, "Clear the kill switch with a person's signature.")
        release = self._signing(commands, "release", self._release, "Take an asset out of quarantine, signed.")
        release.add_argument("permit", metavar="PERMIT")
        revoke = self._command(commands, "revoke-key", self._revoke, "Never believe a person's key again.")
        revoke.add_argument("key_of", metavar="PERSON")
        revoke.add_argument("key_name", metavar="KEY_ID")
        why = self._command(commands, "why", self._why, "Say where a permit stands, and why.")
        why.add_argument("permit", metavar="PERMIT")

    def _command(self, commands: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON document on standard output")
        added.add_argument("--people", type=Path, default=None, help="the gate's socket for people")
        return added

    def _signing(self, commands: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added = self._command(commands, name, run, words)
        added.add_argument("--person", required=True, help="who signs")
        added.add_argument("--role", required=True, help="in which role")
        added.add_argument("--key", type=Path, required=True, help="the person's own private key")
        added.add_argument("--key-id", default="k1", help="its name in the policy")
        return added

    def _pending(self, options: argparse.Namespace) -> int:
        found, lines = listed(_people(options))
        self._show(options, {"pending": found}, "\n".join(lines))
        return 0

    def _approve(self, options: argparse.Namespace) -> int:
        signer = _signer(options)
        if options.web:
            return self._serve_page(options, signer)
        if options.permit is None:
            return self._pending(options)
        if options.digest is not None:
            answer = self._by_digest(options, signer)
        else:
            told = decide(_people(options), options.permit, signer, SystemClock(), _say, _typed)
            answer = {"state": None, "permit_id": options.permit} if told is None else told
        self._show(options, answer, f"{answer['permit_id']}  {answer['state'] or 'nothing was signed'}")
        return 0

    def _by_digest(self, options: argparse.Namespace, signer: Signer) -> dict[str, Any]:
        found = next((one for one in pending(_people(options))[0] if one["permit_id"] == options.permit), None)
        if found is None:
            raise GateRefused(f"no plan waits under {options.permit!r}", [])
        seen = shown(found["plan"].encode())
        if len(options.digest) != len(seen.digest) or not confirmed(seen, options.digest):
            raise GateRefused("--digest is not the digest of that plan; nothing was signed", [])
        word = signer.word(seen, options.permit, found["policy_digest"], "approve", SystemClock())
        answer: dict[str, Any] = ask(_people(options), "approve", word.model_dump(mode="json"))
        return answer

    def _serve_page(self, options: argparse.Namespace, signer: Signer) -> int:
        page = Approving(_people(options), signer, SystemClock(), options.port)
        _say(f"open {page.address} in a browser on this machine; end with Ctrl-C")
        try:
            page.serve_forever()
        except KeyboardInterrupt:
            _say("ended")
        finally:
            page.server_close()
        self._show(options, {"ended": True}, "")
        return 0

    def _kill(self, options: argparse.Namespace) -> int:
        answer = ask(_people(options), "kill", {})
        self._show(options, answer, f"the kill switch is latched (count {answer['count']}); only a person clears it")
        return 0

    def _reset(self, options: argparse.Namespace) -> int:
        switch = pending(_people(options))[1]
        if switch is None:
            raise GateRefused("there is no policy, and so nobody who may reset the switch", [])
        reset = _signer(options).reset(switch["site"], switch["count"] or 0, SystemClock())
        answer = ask(_people(options), "reset", reset.model_dump(mode="json"))
        self._show(options, answer, "the kill switch is clear")
        return 0

    def _release(self, options: argparse.Namespace) -> int:
        found = ask(_people(options), "show", {"permit_id": options.permit})
        seen = shown(found["plan"].encode())
        word = _signer(options).release(seen, options.permit, found["policy_digest"], SystemClock())
        asked = {"permit_id": options.permit, "approval": word.model_dump(mode="json")}
        answer = ask(_people(options), "release", asked)
        self._show(options, answer, f"{options.permit}: its asset is yours; the permit stays {answer['state']}")
        return 0

    def _revoke(self, options: argparse.Namespace) -> int:
        ended = ask(_people(options), "revoke-key", {"person_id": options.key_of, "key_id": options.key_name})
        self._show(
            options, {"ended": ended}, f"{options.key_of}/{options.key_name} is revoked; {len(ended)} permits end"
        )
        return 0

    def _why(self, options: argparse.Namespace) -> int:
        found = ask(_people(options), "why", {"permit_id": options.permit})
        self._show(options, found, f"{found['state']}  {found['reason'] or ''}  {found['sentence']}")
        return 0


def _people(options: argparse.Namespace) -> Path:
    named: Path | None = options.people
    return named or default_socket().with_name("people.sock")


def _signer(options: argparse.Namespace) -> Signer:
    return Signer(options.person, options.key_id, options.role, load_key(options.key))


def _typed(prompt: str) -> str:
    """What a person types; nothing, where nobody does."""
    try:
        return input(prompt)
    except EOFError:
        return ""


def _say(words: str) -> None:
    print(lines(words), file=sys.stderr, flush=True)
