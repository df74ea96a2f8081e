"""The client that all connectors share: what it retries, never sends twice, believes and shows."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from twinwright_tools.cmms.auth import HeaderAuth, basic
from twinwright_tools.cmms.http import Answer, HttpClient, Params, client_of
from twinwright_tools.cmms.redaction import Redactor
from twinwright_tools.cmms.site import Site, site_of
from twinwright_tools.errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsError,
    CmmsLoginError,
    CmmsMissingError,
    CmmsRefusedError,
    CmmsUnavailableError,
    ConfigError,
)
from twinwright_tools.plant.config import CmmsConfig

from .servers.base import Reply, Request, StrictServer, _handler

TOKEN = SecretStr("s3cr3t/token+1")


class Thing(BaseModel):
    id: int


class Scripted(StrictServer):
    """Answers what a test says, in order; the last answer again and again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.script: list[Reply] = []
        self.requests: list[Request] = []

    def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Scripted]:
    running = Scripted(tmp_path)
    yield running
    running.close()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(server: Scripted, slept: list[float]) -> HttpClient:
    return HttpClient(Site("Thing", server.url, timeout_s=5), HeaderAuth(TOKEN), Redactor([TOKEN]), sleep=slept.append)


OK = Reply(200, {"id": 7})


def test_a_read_is_tried_again_with_growing_pauses(server: Scripted, client: HttpClient, slept: list[float]) -> None:
    server.script = [Reply(500), Reply(502), Reply(503), OK]
    assert client.read("thing", Thing).value.id == 7
    assert len(slept) == 3
    assert 0 < slept[0] < slept[2]


def test_retry_after_is_honoured_in_seconds_and_as_a_date(
    server: Scripted, client: HttpClient, slept: list[float]
) -> None:
    # The server's clock is an hour ahead, and the date is by that clock.
    server.clock_off = timedelta(hours=1)
    soon = format_datetime(datetime.now(UTC) + server.clock_off + timedelta(seconds=9), usegmt=True)
    server.script = [Reply(429, None, {"Retry-After": "3"}), Reply(503, None, {"Retry-After": soon}), OK]
    client.read("thing", Thing)
    assert slept[0] == 3
    assert 5 <= slept[1] <= 10
    assert client.about_the_clock() and "ahead of" in client.about_the_clock()[0]


def test_a_long_retry_after_is_for_the_caller(server: Scripted, client: HttpClient, slept: list[float]) -> None:
    server.script = [Reply(429, {"message": "slow down"}, {"Retry-After": "3600"})]
    with pytest.raises(CmmsUnavailableError, match="slow down") as caught:
        client.read("thing", Thing)
    assert (caught.value.retry_after_s, caught.value.may_have_happened, slept) == (3600, False, [])


@pytest.mark.parametrize(
    ("status", "kind", "happened"),
    [
        (400, CmmsRefusedError, False),
        (401, CmmsLoginError, False),
        (403, CmmsLoginError, False),
        (404, CmmsMissingError, False),
        (409, CmmsConflictError, False),
        (410, CmmsMissingError, False),
        (412, CmmsConflictError, False),
        (422, CmmsRefusedError, False),
        (429, CmmsUnavailableError, False),
        (500, CmmsUnavailableError, True),
        (501, CmmsRefusedError, False),
        (502, CmmsUnavailableError, True),
        (503, CmmsUnavailableError, True),
    ],
)
def test_what_a_status_means_after_a_write(
    server: Scripted, client: HttpClient, status: int, kind: type[CmmsError], happened: bool
) -> None:
    server.script = [Reply(status, {"error": {"message": "because\nof this"}})]
    with pytest.raises(kind, match="because of this") as caught:
        client.write("POST", "thing", Thing, json={"a": 1})
    assert caught.value.may_have_happened is happened
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}), "text/html that isn't whole JSON"),
        (Reply(200, b'{"id": 7}', {"Content-Type": "text/html"}), "isn't declared as JSON"),
        (Reply(200, b'{"id": '), "whole JSON"),
        (Reply(200, {"number": 7}), "another schema: id: Field required"),
        (Reply(200, {"id": "seven"}), "another schema: id"),
        (Reply(200, [1]), "another schema: the whole answer"),
        (Reply(204), "another schema"),
        (Reply(302, None, {"Location": "https://sso.example.com/login?token=x"}), "a redirect to https://sso"),
    ],
)
def test_an_answer_that_is_not_what_was_promised(
    server: Scripted, client: HttpClient, reply: Reply, words: str
) -> None:
    server.script = [reply]
    with pytest.raises(CmmsAnswerError, match=words) as caught:
        client.read("thing", Thing)
    assert not caught.value.may_have_happened
    with pytest.raises(CmmsAnswerError, match=words) as caught:
        client.write("POST", "thing", Thing)
    assert caught.value.may_have_happened is (reply.status < 300)
    assert len(server.requests) == 2


def test_a_write_that_is_cut_off_may_have_happened_and_is_not_sent_again(server: Scripted, client: HttpClient) -> None:
    server.script = [OK]
    server.fail("lost", "POST", times=-1)
    with pytest.raises(CmmsUnavailableError) as caught:
        client.write("POST", "thing", Thing)
    assert caught.value.may_have_happened
    assert len(server.requests) == 1


def test_nobody_there(tmp_path: Path, slept: list[float]) -> None:
    gone = Scripted(tmp_path)
    gone.close()
    client = HttpClient(Site("Thing", gone.url), HeaderAuth(TOKEN), Redactor([TOKEN]), sleep=slept.append)
    with pytest.raises(CmmsUnavailableError, match="can't be reached") as caught:
        client.write("POST", "thing", Thing)
    assert not caught.value.may_have_happened


def test_an_answer_that_dribbles_in_ends_in_time(server: Scripted) -> None:
    server.script = [Reply(200, b" " * 200_000 + b'{"id": 7}')]
    client = HttpClient(Site("Thing", server.url, timeout_s=1e-9), HeaderAuth(TOKEN), Redactor(), sleep=lambda _: None)
    with pytest.raises(CmmsUnavailableError, match="didn't answer within"):
        client.read("thing", Thing)


def test_too_large_an_answer(server: Scripted, client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinwright_tools.cmms.http.MOST_BYTES", 1000)
    server.script = [Reply(200, b'"' + b"x" * 2000 + b'"')]
    with pytest.raises(CmmsAnswerError, match="MiB"):
        client.read("thing", str)


def test_pages_end_and_stay_at_home(server: Scripted, client: HttpClient) -> None:
    def following(answer: Answer[Thing]) -> tuple[str, Params | None] | None:
        return ("thing", {"page": answer.value.id + 1}) if answer.value.id < 3 else None

    server.script = [Reply(200, {"id": number}) for number in (1, 2, 3)]
    assert [page.id for page in client.pages("thing", Thing, following, params={"page": 1})] == [1, 2, 3]
    server.script = [Reply(200, {"id": 1})]
    with pytest.raises(CmmsAnswerError, match="never end"):
        list(client.pages("thing", Thing, following))
    with pytest.raises(CmmsAnswerError, match=r"another host, evil\.example"):
        list(client.pages("thing", Thing, lambda _: ("http://evil.example/next", None)))
    assert all(request.headers["host"].startswith("127.0.0.1") for request in server.requests)


@pytest.mark.parametrize("auth", [HeaderAuth(TOKEN, header="X-Key", scheme=""), basic("ann", TOKEN)])
def test_secrets_are_sent_and_never_shown(server: Scripted, auth: httpx.Auth, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    redactor = Redactor()
    redactor.learn(TOKEN, user="ann")
    client = HttpClient(Site("Thing", server.url), auth, redactor, sleep=lambda _: None)
    server.script = [OK]
    client.read("thing", Thing)
    sent = server.requests[0].headers
    assert sent.get("x-key") == TOKEN.get_secret_value() or sent["authorization"].startswith("Basic ")
    # A server that repeats what it was sent.
    server.script = [Reply(400, {"message": f"bad {json.dumps(sent)} {TOKEN.get_secret_value()}"})]
    with pytest.raises(CmmsRefusedError) as caught:
        client.read("thing", Thing)
    shown = f"{caught.value!r} {caught.value.as_dict()} {client!r} {auth!r} {caplog.text}"
    assert TOKEN.get_secret_value() not in shown
    assert sent.get("authorization", "-").removeprefix("Basic ") not in shown.replace("-", "")
    assert "[hidden]" in shown


@given(st.text(min_size=4, max_size=40), st.text(max_size=200), st.text(max_size=200))
def test_no_text_shows_a_secret(secret: str, before: str, after: str) -> None:
    redactor = Redactor([SecretStr(secret)])
    assert secret not in redactor.hide(before + secret + after).replace("[hidden]", "\0")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "needs the address"),
        ("cmms.example.com", "is no URL"),
        ("ftp://cmms.example.com", "is no URL"),
        ("https://ann:pw@cmms.example.com", "takes no user"),
        ("http://cmms.example.com", "unencrypted"),
        ("https://[::1", "is no URL"),
    ],
)
def test_an_address_that_will_not_do(tmp_path: Path, url: str | None, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        site_of(CmmsConfig(url=url), tmp_path, "Thing")
    assert caught.value.place == "cmms.url"
    assert "pw@" not in str(caught.value)


def test_plain_http_has_to_be_asked_for(tmp_path: Path) -> None:
    config = CmmsConfig(url="http://cmms.example.com/", options={"plain_http": "yes"})
    assert site_of(config, tmp_path, "Thing").url == "http://cmms.example.com"


def own_ca(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that only `folder/ca.pem` vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "plant")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


def test_an_own_ca_is_trusted_where_it_is_named(server: Scripted, tmp_path: Path) -> None:
    server.script = [OK]
    secure = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    secure.socket = own_ca(tmp_path).wrap_socket(secure.socket, server_side=True)
    Thread(target=secure.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    url = f"https://127.0.0.1:{secure.server_address[1]}"
    try:
        for ca_file, trusted in ((None, False), ("ca.pem", True)):
            config = CmmsConfig(url=url, ca_file=ca_file)
            client = client_of(config, tmp_path, "Thing", lambda _: HeaderAuth(TOKEN), [TOKEN], sleep=lambda _: None)
            if trusted:
                assert client.read("thing", Thing).value.id == 7
            else:
                with pytest.raises(CmmsUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
                    client.read("thing", Thing)
    finally:
        secure.shutdown()
        secure.server_close()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_will_not_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    config = CmmsConfig(url="https://127.0.0.1", ca_file="ca.pem")
    with pytest.raises(ConfigError, match="holds no certificates"):
        client_of(config, tmp_path, "Thing", lambda _: HeaderAuth(TOKEN), [TOKEN])


def test_the_proxy_of_the_environment_is_used(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    server.script = [OK]
    site = Site("Thing", "http://cmms.plant.invalid:8080")
    client = HttpClient(site, HeaderAuth(TOKEN), Redactor([TOKEN]), sleep=lambda _: None)
    assert client.read("thing", Thing).value.id == 7
    assert server.requests[0].headers["host"] == "cmms.plant.invalid:8080"
    server.script = [Reply(407, b"proxy wants a login", {"Content-Type": "text/plain"})]
    with pytest.raises(CmmsLoginError, match="407"):
        client.read("thing", Thing)
