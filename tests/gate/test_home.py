"""The gate's own folder: a policy is in force as soon as it is loaded, and off as soon as it can't be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twinwright_gate.audit import AuditLog
from twinwright_gate.desk.desk import Desk
from twinwright_gate.home import GateHome
from twinwright_gate.policy_store import BUNDLE, PolicyStore
from twinwright_gate.signing import save_key

from . import plantsite as site
from .test_policy import ANCHORS, bundle


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    """A gate that has just started, without a policy."""
    (folder / "anchors.json").write_text(ANCHORS.model_dump_json())
    save_key(site.key("gate"), folder / "gate.key")
    home = GateHome(folder)
    log = AuditLog(home.log, home.key())
    made = home.desk(log)
    yield made
    made.core.store.close()
    log.close()


def in_force(desk: Desk) -> int | None:
    desk.tick()
    return None if desk.core.policy is None else desk.core.policy.version


def test_a_policy_is_in_force_as_soon_as_it_is_loaded(desk: Desk, folder: Path) -> None:
    store = PolicyStore(folder / "policy", ANCHORS)
    assert in_force(desk) is None
    store.load(bundle(site.policy()))
    assert in_force(desk) == site.policy().version
    store.load(bundle(site.changed_policy({"version": 8})))
    assert in_force(desk) == 8


def test_a_look_while_a_policy_is_being_loaded_is_not_the_last(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its two files nothing is in force, and then the new one is."""
    store, seen = PolicyStore(folder / "policy", ANCHORS), list[int | None]()
    store.load(bundle(site.policy()))
    seen.append(in_force(desk))
    write = PolicyStore._write

    def looked_at(self: PolicyStore, name: str, data: bytes) -> None:
        write(self, name, data)
        seen.append(in_force(desk))

    monkeypatch.setattr(PolicyStore, "_write", looked_at)
    store.load(bundle(site.changed_policy({"version": 8})))
    assert seen == [site.policy().version, None, 8]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", None])
def test_a_policy_that_cannot_be_trusted_any_more_is_off(desk: Desk, folder: Path, content: bytes | None) -> None:
    store = PolicyStore(folder / "policy", ANCHORS)
    store.load(bundle(site.policy()))
    assert in_force(desk) == site.policy().version
    path = folder / "policy" / BUNDLE
    path.unlink() if content is None else path.write_bytes(content)
    assert in_force(desk) is None
    store.load(bundle(site.changed_policy({"version": 8})))
    assert in_force(desk) == 8
