"""A real Request Tracker 5 of one's own: started in a folder, on loopback, with a work-order lifecycle; needs no root.

Debian's packages are request-tracker5, rt5-db-sqlite and rt5-standalone (5.0.3 in Debian 12).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

PACKAGES = "request-tracker5 rt5-db-sqlite rt5-standalone"
SETUP = "rt-setup-database-5"
SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
QUEUE = "Maintenance"
ALARMS = "Alarms"
CATALOG = "Plant"
KEY_FIELD = "Twinwright key"
MODE_FIELD = "Failure mode"
TWIN_FIELD = "Twin"
ACCOUNT = "twinwright"
PEOPLE = ("t.weber", "p.lindqvist")
STATES = (
    "requested = open, planned = open, in work = in_progress, on hold = in_progress, completed = done, "
    "cancelled = cancelled"
)
TOML = f"""
[cmms]
kind = "rt"
url = "{{url}}"

[cmms.options]
queue = "{QUEUE}"
catalog = "{CATALOG}"
statuses = "{STATES}"
withdrawn = "cancelled"
"""
_CONFIG = Path(__file__).with_name("RT_SiteConfig.pm")
_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 10.0
# `sbin` isn't on everybody's PATH.
_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
_ACCOUNT_RIGHTS = (
    "SeeQueue",
    "ShowTicket",
    "ShowTicketComments",
    "CreateTicket",
    "CommentOnTicket",
    "ModifyTicket",
    "SeeCustomField",
    "ModifyCustomField",
)
_PEOPLES_RIGHTS = (*_ACCOUNT_RIGHTS, "OwnTicket", "TakeTicket", "ReplyToTicket", "DeleteTicket")


class RequestTrackerError(Exception):
    """Request Tracker isn't installed here, or doesn't start."""


@dataclass(frozen=True)
class RtServer:
    """A running server.

    Attributes:
        passwords: of root, of the account that Twinwright uses, and of two people.
        pid: the server's main process.
    """

    folder: Path
    port: int
    passwords: dict[str, str]
    pid: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Makes the database in the folder and starts the server, in about ten seconds.

        Raises:
            RequestTrackerError: it isn't installed, or doesn't start; its own words are in the message.
        """
        setup = shutil.which(SETUP, path=f"{os.environ.get('PATH', '')}:{_PATH}")
        if setup is None or not SERVER.is_file():
            raise RequestTrackerError(f"Request Tracker 5 isn't installed (Debian: apt-get install {PACKAGES})")
        for name in ("var/mason", "var/sessions", "no-more-config"):
            (folder / name).mkdir(parents=True, mode=0o700)
        port = _free_port()
        environment = _environment(folder, port)
        passwords = {name: secrets.token_urlsafe(12) for name in ("root", ACCOUNT, *PEOPLE)}
        _make_database(setup, folder, environment, passwords)
        command = ["perl", str(SERVER), "--host", "127.0.0.1", "--port", str(port), "--max-workers", "3"]
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
            )
        server = cls(folder, port, passwords, process.pid)
        server._wait(process)
        return server

    def client(self, person: str = "root") -> httpx.Client:
        """A client of its REST interface for one of its people, who work there by themselves."""
        return httpx.Client(
            base_url=f"{self.url}/REST/2.0", auth=(person, self.passwords[person]), timeout=30, trust_env=False
        )

    def toml(self) -> str:
        """The `[cmms]` section for `twinwright.toml`."""
        return TOML.format(url=self.url)

    def add_asset(self, twin: str, name: str, parent: str | None = None) -> str:
        """Makes an asset for a twin, part of another asset, and returns its id."""
        wanted: dict[str, Any] = {"Name": name, "Catalog": CATALOG, "CustomFields": {TWIN_FIELD: twin}}
        if parent is not None:
            wanted["MemberOf"] = f"asset:{parent}"
        with self.client() as client:
            made = client.post("/asset", json=wanted).raise_for_status()
        return str(made.json()["id"])

    def stop(self) -> None:
        """Ends the server, whichever process of ours started it, and waits until it has gone."""
        # Not SIGINT: on that the server hands the system's own Request Tracker files to www-data where it is root.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            until = time.monotonic() + _STOPS_WITHIN_S
            while time.monotonic() < until:
                if not _listens(self.port):
                    return
                time.sleep(0.05)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _STARTS_WITHIN_S
        with self.client() as client:
            while time.monotonic() < until and process.poll() is None:
                try:
                    if client.get("/rt").is_success:
                        return
                except httpx.TransportError:
                    time.sleep(0.2)
        self.stop()
        raise RequestTrackerError(f"Request Tracker didn't start: {_tail(self.folder / 'server.log')}")


def _listens(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def _environment(folder: Path, port: int) -> dict[str, str]:
    own = {
        "RT_SITE_CONFIG": str(_CONFIG),
        "RT_SITE_CONFIG_DIR": str(folder / "no-more-config"),
        "TWINWRIGHT_RT_FOLDER": str(folder),
        "TWINWRIGHT_RT_PORT": str(port),
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | own


def _make_database(setup: str, folder: Path, environment: dict[str, str], passwords: dict[str, str]) -> None:
    root = folder / "root-password"
    root.touch(mode=0o600)
    root.write_text(passwords["root"])
    data = folder / "initialdata.json"
    data.touch(mode=0o600)
    data.write_text(json.dumps(initial_data(passwords)))
    init = ["--action", "init", "--skip-create", "--root-password-file", str(root)]
    for words in (init, ["--action", "insert", "--skip-create", "--datafile", str(data)]):
        done = subprocess.run([setup, *words], env=environment, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RequestTrackerError(f"its database can't be made: {done.stderr.decode(errors='replace')[-800:]}")


def initial_data(passwords: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    """Queue, catalog, custom fields, people and rights, as Request Tracker's initial data (JSON) has them."""
    field = {"Type": "FreeformSingle", "LookupType": "RT::Queue-RT::Ticket", "ApplyTo": QUEUE}
    people = [
        {"Name": name, "Password": passwords[name], "Privileged": 1, "EmailAddress": f"{name}@maintenance.invalid"}
        for name in (ACCOUNT, *PEOPLE)
    ]
    rights = {ACCOUNT: _ACCOUNT_RIGHTS} | dict.fromkeys(PEOPLE, _PEOPLES_RIGHTS)
    acl: list[dict[str, object]] = [
        {"UserId": name, "Queue": queue, "Right": list(given)}
        for name, given in rights.items()
        for queue in (QUEUE, ALARMS)
    ]
    on_catalog = {"ObjectType": "RT::Catalog", "ObjectId": CATALOG}
    acl += [{"UserId": name, **on_catalog, "Right": ["ShowCatalog", "ShowAsset", "SeeCustomField"]} for name in rights]
    return {
        "Users": people,
        "Queues": [
            {"Name": QUEUE, "Description": "Work orders", "Lifecycle": "workorders"},
            {"Name": ALARMS, "Description": "Alarms of the control system", "Lifecycle": "default"},
        ],
        "Catalogs": [{"Name": CATALOG, "Description": "The plant's equipment", "Lifecycle": "assets"}],
        "CustomFields": [
            {**field, "Name": KEY_FIELD, "Description": "Idempotency key", "UniqueValues": 1},
            {**field, "Name": MODE_FIELD, "Description": "Failure mode"},
            {
                "Name": TWIN_FIELD,
                "Description": "Id of the digital twin",
                "Type": "FreeformSingle",
                "LookupType": "RT::Catalog-RT::Asset",
                "ApplyTo": CATALOG,
            },
        ],
        "ACL": acl,
    }


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-800:]
