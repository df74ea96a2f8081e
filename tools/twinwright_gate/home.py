"""The folders that the gate and its executor live in, and what is checked before either acts.

A gate's home holds ``gate.key``, ``anchors.json`` (who may sign policies), ``policy/`` (what ``policy load`` wrote),
and what the gate makes itself: ``gate.db``, ``kill.json``, ``audit.jsonl``, ``heads.jsonl``. An executor's home holds
``executor.key``, ``anchors.json``, ``policy/`` (its own copy) and ``executor.db``. Each belongs to its user alone.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .audit import AuditLog
from .bundle import read_anchors
from .clocks import SystemClock
from .desk.core import Core
from .desk.desk import Desk
from .errors import GateError, PolicyError, UnsafePathError
from .heads import HeadKeeper
from .kill import KillSwitch
from .paths import safe_parent
from .policy import Policy
from .policy_store import BUNDLE, HIGH_WATER, PolicyStore
from .signing import load_key, public_hex
from .store.store import Store


@dataclass(frozen=True, slots=True)
class GateHome:
    """A gate's folder."""

    folder: Path

    @property
    def log(self) -> Path:
        """The audit log."""
        return self.folder / "audit.jsonl"

    @property
    def kill(self) -> Path:
        """The kill switch, which the executor reads too."""
        return self.folder / "kill.json"

    def key(self) -> Ed25519PrivateKey:
        """The gate's key.

        Raises:
            UnsafePathError: others could change something in the home. KeyFileError: there is no key.
        """
        check_private(self.folder)
        return load_key(self.folder / "gate.key")

    def policy(self) -> Policy | None:
        """The policy in force for this gate's key; None where there is none.

        Raises:
            PolicyError: what is there doesn't verify, or names another gate's key: then actuation is off.
        """
        policy = PolicyStore(self.folder / "policy", read_anchors(self.folder / "anchors.json")).current()
        if policy is not None and policy.gate_key != public_hex(load_key(self.folder / "gate.key")):
            raise PolicyError("the policy names another gate's key than the one in this home")
        return policy

    def desk(self, log: AuditLog) -> Desk:
        """The acting half of a gate that lives here, recovered from what the disk holds, with its policy in force.

        Raises:
            GateError: something in the home can't be used, or others could change it.
        """
        key = self.key()
        heads = HeadKeeper(self.folder / "heads.jsonl", key)
        heads.check(log)
        core = Core(
            store=Store(self.folder / "gate.db"),
            log=log,
            kill=KillSwitch(self.kill),
            clock=SystemClock(),
            key=key,
            heads=heads,
        )
        desk = Desk(core)
        desk.start()
        seen: list[tuple[tuple[int, int], ...] | None] = [None]

        def refresh() -> None:
            """Another policy is put in force as soon as it is loaded; one that doesn't verify turns actuation off."""
            now = self._loaded()
            if now != seen[0]:
                seen[0] = now
                desk.put_in_force(self._policy_or_none(), "gate")
                core.real_devices = core.policy is not None and separate(core.policy, os.geteuid())

        desk.refresh = refresh
        refresh()
        return desk

    def _policy_or_none(self) -> Policy | None:
        try:
            return self.policy()
        except GateError:
            return None

    def _loaded(self) -> tuple[tuple[int, int], ...] | None:
        """What changes when a policy is loaded: first the high water, a moment later the bundle."""
        try:
            found = [(self.folder / "policy" / name).stat() for name in (HIGH_WATER, BUNDLE)]
        except OSError:
            return None
        return tuple((one.st_mtime_ns, one.st_ino) for one in found)


def separate(policy: Policy, user: int) -> bool:
    """Whether gate or executor run as a user of their own: not root, and none that an agent runs as.

    Otherwise this is single-user mode, in which nothing but a simulated device is ever armed.
    """
    return user != 0 and all(agent.uid != user for agent in policy.agents)


def check_private(folder: Path) -> None:
    """Checks that a home and every file in it belong to its user, and that nobody else can change them.

    Raises:
        UnsafePathError: somebody else owns or can change something, or it isn't there.
    """
    safe_parent(folder / "any")
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        if found.st_uid not in (0, os.geteuid()):
            raise UnsafePathError(f"{path} belongs to user {found.st_uid}, not to the user that runs this")
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not stat.S_ISSOCK(found.st_mode):
            raise UnsafePathError(f"{path} can be changed by others: chmod go-w {path}")


def check_zone(gate_socket: Path, executor_home: Path) -> None:
    """Checks, where gate and executor are users of their own, that neither's files are the other's to change.

    Raises:
        UnsafePathError: they could be.
    """
    safe_parent(executor_home / "any")
    if gate_socket.exists() and gate_socket.parent.resolve() == executor_home.resolve():
        raise UnsafePathError(f"{executor_home} is the gate's folder too: an executor needs one of its own")
