"""The auditor: RFC 6962's published vectors, proofs, kept heads, and decisions that come out the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_gate.audit import AuditLog
from twinwright_gate.auditor import chain, merkle
from twinwright_gate.auditor.heads import anchors, hold
from twinwright_gate.auditor.replay import _late, replay
from twinwright_gate.auditor.signatures import signed
from twinwright_gate.cli import main
from twinwright_gate.errors import AuditError
from twinwright_gate.evaluate import evaluate
from twinwright_gate.heads import HeadKeeper
from twinwright_gate.merkle import Frontier
from twinwright_gate.rules import RULES
from twinwright_gate.signing import new_key, public_hex

from . import plantsite as site
from .world import World

# Of the certificate-transparency project's reference tests for RFC 6962.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(b"\0" + number.to_bytes(4, "big")).digest() for number in range(count)]


def test_the_published_vectors() -> None:
    hashed = [hashlib.sha256(b"\0" + bytes.fromhex(text)).digest() for text in INPUTS]
    tree = Frontier()
    for size, wanted in enumerate(ROOTS, 1):
        tree.add(hashed[size - 1])
        assert tree.root().hex() == merkle.root(hashed[:size]).hex() == wanted
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.integers(1, 40), st.data())
def test_a_record_is_proven_and_no_other(size: int, data: st.DataObject) -> None:
    tree, index = leaves(size), data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion(tree, index), merkle.root(tree)
    assert merkle.included(tree[index], index, size, proof, root)
    assert not merkle.included(b"x" * 32, index, size, proof, root)
    if size > 1:
        assert not merkle.included(tree[index], (index + 1) % size, size, proof, root)
        assert not merkle.included(tree[index], index, size, proof[:-1], root)


@given(st.integers(1, 40), st.data())
def test_a_log_begins_another_or_a_fork_shows(size: int, data: st.DataObject) -> None:
    tree, first = leaves(size), data.draw(st.integers(1, size))
    proof = merkle.consistency(tree, first)
    assert merkle.consistent(first, size, merkle.root(tree[:first]), merkle.root(tree), proof)
    other = [*tree[: first - 1], b"x" * 32]
    assert not merkle.consistent(first, size, merkle.root(other), merkle.root(tree), proof)


@pytest.fixture
def kept(folder: Path) -> tuple[Path, Path, str]:
    """A log, its signed heads, and the key that they are signed with."""
    key = new_key()
    log, heads = AuditLog(folder / "audit.jsonl"), HeadKeeper(folder / "heads.jsonl", key)
    for number in range(10):
        log.append("test", "event", {"number": number})
        heads.sign(log, number)
    log.close()
    return folder / "audit.jsonl", folder / "heads.jsonl", public_hex(key)


def test_a_whole_log_holds_against_its_heads(kept: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    path, heads, key = kept
    assert main(["audit", "verify", str(path), "--against", str(heads), "--key", key, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["records"], document["heads_held"]) == (10, 10)


def test_a_cut_off_end_shows_against_a_kept_head(kept: tuple[Path, Path, str]) -> None:
    path, heads, key = kept
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))
    found = [one.leaf for one in chain.records(path)]
    with pytest.raises(AuditError, match="cut off") as caught:
        hold(found, list(anchors(heads, key)))
    assert caught.value.line == 8


def test_heads_by_another_key_are_refused(kept: tuple[Path, Path, str]) -> None:
    _, heads, _ = kept
    with pytest.raises(AuditError, match="not signed"):
        list(anchors(heads, public_hex(new_key())))


def test_proofs_from_the_command_check(kept: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    path, _, _ = kept
    assert main(["audit", "prove", str(path), "--record", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    proof = [bytes.fromhex(one) for one in told["proof"]]
    assert merkle.included(bytes.fromhex(told["leaf"]), 3, told["size"], proof, bytes.fromhex(told["root"]))
    assert main(["audit", "prove", str(path), "--since", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    proof = [bytes.fromhex(one) for one in told["proof"]]
    old, new = bytes.fromhex(told["from_root"]), bytes.fromhex(told["root"])
    assert merkle.consistent(4, told["size"], old, new, proof)
    assert main(["audit", "prove", str(path), "--record", "99", "--json"]) == 1


def test_a_decision_that_was_edited_does_not_replay(folder: Path) -> None:
    world = World(folder)
    world.propose(value="99")
    world.close()
    records = list(chain.records(folder / "audit.jsonl"))
    assert replay(records, lambda: 0).decisions == 1
    told = next(one for one in records if "evaluation" in one.content["body"])
    told.content["body"]["evaluation"]["allowed"] = True
    with pytest.raises(AuditError, match="comes out otherwise") as caught:
        replay(records, lambda: 0)
    assert caught.value.line == told.line


@pytest.mark.parametrize("fault", ["TIMEOUT", "NO_RESULT"])
def test_a_rule_that_was_late_or_gave_nothing_replays_as_that(folder: Path, fault: str) -> None:
    late = [replace(one, checks=_late) for one in RULES if one.id == "R03"] if fault == "TIMEOUT" else []
    rules = [*(one for one in RULES if one.id != "R03"), *late]
    world = World(folder)
    world.core.evaluator = lambda *given: evaluate(*given, rules=rules, clock=lambda: 0)
    assert world.propose().reason == f"R03.{fault}"
    world.close()
    found = replay(chain.records(folder / "audit.jsonl"), lambda: 0)
    assert (found.decisions, found.allowed) == (1, 0)


def test_every_record_is_signed_and_a_forged_one_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(folder)
    world.propose()
    world.close()
    path, key = folder / "audit.jsonl", public_hex(site.key("gate"))
    assert main(["audit", "verify", str(path), "--key", key, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["records_signed"] == told["records"] > 2
    assert main(["audit", "verify", str(path), "--key", public_hex(new_key()), "--json"]) == 1
    records = list(chain.records(path))
    for change in ({"actor": "person c.okafor"}, {"sig": "00" * 64}, {"sig": None}):
        forged = [*records[:-1], replace(records[-1], content=records[-1].content | change)]
        with pytest.raises(AuditError, match="not signed") as caught:
            signed(forged, key)
        assert caught.value.line == len(records)
    assert signed([replace(one, content={**one.content, "sig": None}) for one in records], key) == 0


def test_a_gate_does_not_start_on_a_log_that_lacks_what_it_signed(folder: Path) -> None:
    key = new_key()
    log, keeper = AuditLog(folder / "audit.jsonl"), HeadKeeper(folder / "heads.jsonl", key)
    for number in range(6):
        log.append("test", "event", {"number": number})
        keeper.sign(log, number)
    log.append("test", "event", {"number": 6})
    keeper.check(log)
    log.close()
    whole = (folder / "audit.jsonl").read_bytes()
    for kept in (0, 5):
        (folder / "audit.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[:kept]))
        cut = AuditLog(folder / "audit.jsonl")
        with pytest.raises(AuditError, match="cut off"):
            keeper.check(cut)
        cut.close()
    (folder / "audit.jsonl").write_bytes(whole)
    log = AuditLog(folder / "audit.jsonl")
    with pytest.raises(AuditError, match="not signed with this gate's key"):
        HeadKeeper(folder / "heads.jsonl", new_key()).check(log)
    (folder / "heads.jsonl").write_text("{}\n")
    with pytest.raises(AuditError, match="no signed head"):
        keeper.check(log)
    log.close()
