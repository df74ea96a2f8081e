"""`twinwright-gate serve` and `twinwright-gate execute`: the two processes that decide and that act."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from .audit_cli import default_log
from .client import default_socket
from .errors import GateError
from .home import GateHome
from .server import Sockets, serve


class RunCommands:
    """The commands that run until they are told to stop."""

    def add(self, commands: Any) -> None:
        """Adds ``serve`` and ``execute`` to the subcommands of a parser."""
        words = "Run the gate until it is told to stop; without a home it denies everything."
        serving = commands.add_parser("serve", help=words, description=words, allow_abbrev=False)
        serving.set_defaults(run=self._serve)
        serving.add_argument("--socket", type=Path, default=None, help="where agents ask (default: the user's own)")
        serving.add_argument("--log", type=Path, default=None, help="the audit log, where there is no home")
        serving.add_argument("--home", type=Path, default=None, help="keys, policy and state: with them it may act")
        serving.add_argument("--people", type=Path, default=None, help="where people sign")
        serving.add_argument("--executors", type=Path, default=None, help="where executors ask")
        for zone in ("agents", "people", "executors"):
            words = f"a group of users that may ask at the {zone}' socket, where they aren't the gate's own user"
            serving.add_argument(f"--{zone}-group", metavar="GROUP", default=None, help=words)
        words = "Run the executor, the only holder of a device's credential, until it is told to stop."
        executing = commands.add_parser("execute", help=words, description=words, allow_abbrev=False)
        executing.set_defaults(run=self._execute)
        executing.add_argument("--home", type=Path, required=True, help="its key, its policy, its memory")
        executing.add_argument("--executors", type=Path, required=True, help="the gate's socket for executors")
        executing.add_argument("--kill", type=Path, required=True, help="the kill switch's file")
        executing.add_argument("--device", choices=["demo-plant"], required=True, help="what it writes to")
        executing.add_argument("--fault", default="cavitation", help="what is broken in the demo plant")
        executing.add_argument("--seed", type=int, default=1)

    def _serve(self, options: argparse.Namespace) -> int:
        home = None if options.home is None else GateHome(options.home)
        place = options.socket or default_socket()
        log = options.log or (default_log() if home is None else home.log)
        people = options.people or place.with_name("people.sock")
        executors = options.executors or place.with_name("executors.sock")
        opener, key = (None, None) if home is None else (home.desk, home.key())
        named = {place: options.agents_group, people: options.people_group, executors: options.executors_group}
        groups = {where: group for where, group in named.items() if group is not None}
        asyncio.run(serve(Sockets(place, people, executors, groups), log, _say, opener, key))
        return 0

    def _execute(self, options: argparse.Namespace) -> int:
        # Only here, and only by name: the gate's other processes never load a device, or the plant.
        service = importlib.import_module("twinwright_gate.executor.service")
        devices = importlib.import_module("twinwright_gate.executor.plant_device")
        policies = importlib.import_module("twinwright_gate.policy_store")
        bundles = importlib.import_module("twinwright_gate.bundle")
        policy = policies.PolicyStore(
            options.home / "policy", bundles.read_anchors(options.home / "anchors.json")
        ).current()
        if policy is None:
            raise GateError(f"{options.home / 'policy'} holds no policy")
        device = devices.running_now(options.fault, options.seed, policy.points)
        executor, link = service.open_executor(options.home, options.executors, options.kill, device, os.geteuid())
        service.run(executor, link, _say)
        return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
