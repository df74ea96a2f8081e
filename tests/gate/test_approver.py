"""Approving: what is shown comes from the plan's bytes, a yes signs nothing, and no other page can send the form."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from twinwright_gate.approver import signing, terminal, web
from twinwright_gate.approver.rendering import shown
from twinwright_gate.doors import PeopleDoor
from twinwright_gate.errors import GateProtocolError
from twinwright_gate.machine.states import State

from . import plantsite as site
from .world import World


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A site with one plan that waits."""
    made = World(folder)
    made.propose()
    yield made
    made.close()


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The site, asked without a socket in between."""
    door = PeopleDoor(world.desk)

    def ask(socket: Path, verb: str, document: dict[str, Any]) -> Any:
        raw = json.dumps(document).encode()
        return door.answer(verb, raw, len(raw), 1, 1)["answer"]

    for module in (signing, terminal, web):
        monkeypatch.setattr(module, "ask", ask)
    return world


def signer(person: str = "a.mueller") -> signing.Signer:
    return signing.Signer(person, "k1", site.ROLES[person], site.key(f"{person}/k1"))


def decide(world: World, typed: str) -> Any:
    permit_id = world.desk.pending()[0]["permit_id"]
    said: list[str] = []
    return terminal.decide(Path("none"), permit_id, signer(), world.clock, said.append, lambda _: typed)


@pytest.mark.parametrize("typed", ["yes", "y", "", "\U0001f44d", "approve", "APPROVED", "0" * 8, "1234567"])
def test_a_yes_is_no_approval(asked: World, typed: str) -> None:
    assert decide(asked, typed) is None
    assert asked.desk.pending()[0]["signed"] == []


def test_the_digests_beginning_signs(asked: World) -> None:
    digest = asked.desk.pending()[0]["plan_digest"]
    assert decide(asked, digest[:8])["state"] == "APPROVED"


def test_a_rejection_ends_it(asked: World) -> None:
    assert decide(asked, "reject")["state"] == "DENIED"


def test_bytes_that_are_not_the_canonical_ones_are_not_shown(asked: World) -> None:
    raw = asked.desk.pending()[0]["plan"].encode()
    with pytest.raises(GateProtocolError):
        shown(raw.replace(b":", b": ", 1))
    with pytest.raises(GateProtocolError):
        shown(b"{}")


@pytest.fixture
def page(asked: World) -> Iterator[web.Approving]:
    """The page, served."""
    server = web.Approving(Path("none"), signer(), asked.clock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def get(page: web.Approving, path: str, **headers: str) -> tuple[int, str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def post(page: web.Approving, path: str, form: dict[str, str], **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=20)
    connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def entered(page: web.Approving) -> str:
    status, _, headers = get(page, f"/enter/{page.entry}")
    assert status == 303 and "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
    return str(headers["Set-Cookie"]).partition(";")[0]


def test_the_page_signs_one_plan_once(asked: World, page: web.Approving) -> None:
    cookie, one = entered(page), asked.desk.pending()[0]
    path, origin = f"/plan/{one['permit_id']}", f"http://127.0.0.1:{page.server_port}"
    status, body, headers = get(page, path, Cookie=cookie)
    assert status == 200 and "62.5 %" in body and "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<script" not in body and "http://" not in body and "src=" not in body
    form = {"seen": one["plan_digest"], "digest": one["plan_digest"][:8], "decision": "approve"}
    form["token"] = re.findall(r"name=token value='([^']+)'", body)[0]
    for wrong in ({"Cookie": cookie}, {"Origin": origin}, {"Cookie": cookie, "Origin": "http://evil.invalid"}):
        assert post(page, path, form, **wrong)[0] == 403
    assert asked.state(one["permit_id"]) is State.EVALUATED
    assert post(page, path, form, Cookie=cookie, Origin=origin)[0] == 200
    assert asked.state(one["permit_id"]) is State.APPROVED
    assert post(page, path, form, Cookie=cookie, Origin=origin)[0] == 403


@pytest.mark.parametrize("digest", ["yes", "", "00000000"])
def test_the_page_takes_no_yes(asked: World, page: web.Approving, digest: str) -> None:
    cookie, one = entered(page), asked.desk.pending()[0]
    path, origin = f"/plan/{one['permit_id']}", f"http://127.0.0.1:{page.server_port}"
    token = re.findall(r"name=token value='([^']+)'", get(page, path, Cookie=cookie)[1])[0]
    form = {"seen": one["plan_digest"], "digest": digest, "decision": "approve", "token": token}
    assert "Nothing was signed" in post(page, path, form, Cookie=cookie, Origin=origin)[1]
    assert asked.state(one["permit_id"]) is State.EVALUATED


def test_nobody_gets_in_without_the_address_or_under_another_name(page: web.Approving) -> None:
    assert get(page, "/")[0] == 403
    assert get(page, "/enter/wrong")[0] == 403
    assert get(page, f"/enter/{page.entry}", Host="evil.invalid")[0] == 403
