"""Approving: what is shown comes from the plan's bytes, a yes signs nothing, and no other page can send the form."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from twinwright_gate import people_cli, readable
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


def test_nobody_there_signs_nothing(asked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert decide(asked, people_cli._typed("")) is None


HOSTILE = {
    "</td><script>alert(1)</script>": "</td><script>alert(1)</script>",
    "\u05d0\u05d1 set to 20 %": "\u05d0\u05d1 set to 20 %",
    "x" * 60 + " " * 40 + "digest  " + "0" * 64: None,
}


@pytest.mark.parametrize("words", HOSTILE)
def test_what_an_agent_says_stands_in_its_own_place_alone(asked: World, words: str) -> None:
    asked.desk.withdraw(asked.desk.pending()[0]["permit_id"], site.UID)
    asked.propose(site.proposal_document() | {"reason_text": words})
    seen = shown(asked.desk.pending()[0]["plan"].encode())
    assert seen.rows[-1][1] == f"\u201c{words}\u201d"
    told = terminal.text(seen).split("\n")
    wide = max(len(name) for name, _ in seen.rows)
    assert all(len(line) <= wide + 2 + terminal.WIDTH for line in told)
    assert "".join(line[wide + 2 :] for line in told if words[:6] in line or not line[:wide].strip()).endswith("\u201d")
    assert [line[:wide].strip() for line in told].count("digest") == 1


@pytest.mark.parametrize(
    "text", ["\u3164", "\ufe0f", "\u2028", "\u00a0", "\u202e", "\x1b[2J", "\U000e0041", "e" + "\u0301" * 4]
)
def test_what_is_not_seen_is_no_text(text: str) -> None:
    assert readable.hides(f"a{text}b")
    shows = readable.plain(f"a{text}b")
    assert not readable.hides(shows) and "\\" in shows
    assert readable.lines(f"a\n{text}").startswith("a\n\\") or text.startswith("e")


@pytest.mark.parametrize(
    "text", ["Suction pressure is low.", "K\u00fchlung \u2264 5 \u00b0C", "\U0001f44d", "Vi\u1ec7t: e\u0323\u0302"]
)
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    assert not readable.hides(text) and readable.plain(text) == text


@pytest.mark.parametrize(
    "change", [{"permit_id": 1}, {"plan": None}, {"signed": "me"}, {"policy_digest": "0"}, {"more": 1}, {"state": ""}]
)
def test_what_a_false_gate_shows_is_refused(
    asked: World, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asked.desk.pending()[0] | change
    monkeypatch.setattr(signing, "ask", lambda *_: {"pending": [one], "switch": None})
    with pytest.raises(GateProtocolError):
        signing.pending(Path("none"))


def test_nothing_is_signed_without_a_policy_or_under_no_name(asked: World) -> None:
    seen = shown(asked.desk.pending()[0]["plan"].encode())
    with pytest.raises(GateProtocolError, match="no policy"):
        signer().word(seen, "P-1", None, "approve", asked.clock)
    nobody = signing.Signer("", "k1", "operator", site.key("a.mueller/k1"))
    with pytest.raises(GateProtocolError, match="person_id"):
        nobody.word(seen, "P-1", "0" * 64, "approve", asked.clock)
    with pytest.raises(GateProtocolError, match="person_id"):
        nobody.reset("demo-plant", 1, asked.clock)


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


@pytest.mark.parametrize("path", ["/\u00e9", "//[", "/plan/<script>", "/enter/\u00e9"])
def test_every_address_is_answered(page: web.Approving, path: str) -> None:
    with socket.create_connection(("127.0.0.1", page.server_port), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{page.server_port}\r\n\r\n".encode("latin-1"))
        assert connection.recv(100).startswith(b"HTTP/1.0 403")


def test_nobody_gets_in_without_the_address_or_under_another_name(page: web.Approving) -> None:
    assert get(page, "/")[0] == 403
    assert get(page, "/enter/wrong")[0] == 403
    assert get(page, f"/enter/{page.entry}", Host="evil.invalid")[0] == 403
