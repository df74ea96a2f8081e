"""``python -m tests.tools.cmms.rt.bench_import [--tickets N]``: an import from a real Request Tracker, timed.

A few tickets are made over its interface, with a comment on every other one, as people make them. Their rows in its
database are then copied until there are enough: making 10,000 would take it a quarter of an hour.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from twinwright_cli.orders_demo.rt_server import ACCOUNT, QUEUE, STATES, RtServer
from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.rt.client import RequestTracker
from twinwright_tools.plant.config import CmmsConfig

PATTERNS = 40
Row = dict[str, Any]


def main() -> None:
    """Prints tickets, requests, seconds, and the seconds of processor time that the server took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--bare", action="store_true", help="tickets of a time before our custom fields were there")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = RtServer.start(Path(folder))
        try:
            _make(server, bare=told.bare)
            with sqlite3.connect(Path(folder) / "var" / "rt.db", timeout=60) as database:
                Copies(database).fill(told.tickets)
            _time(server, Path(folder), told.at_once)
        finally:
            server.stop()


def _make(server: RtServer, *, bare: bool) -> None:
    assets = [server.add_asset(f"pump-{number}", f"Pump {number}") for number in range(PATTERNS)]
    with server.client("t.weber") as client:
        for number, asset in enumerate(assets):
            body: Row = {"Queue": QUEUE, "Subject": f"Seal leaking {number}", "RefersTo": f"asset:{asset}"}
            body |= {"Content": f"Leaks at shift start, {number} drops a minute", "ContentType": "text/plain"}
            if not bare:
                body["CustomFields"] = {"Failure mode": "SEAL", "Twinwright key": f"key-{number}"}
            made = client.post("/ticket", json=body).raise_for_status().json()["id"]
            if number % 2:
                note = {"Content": "Seal changed and tested", "ContentType": "text/plain"}
                client.post(f"/ticket/{made}/comment", json=note).raise_for_status()


class Copies:
    """The rows of the first tickets, copied in every table that has to do with them."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.row_factory = sqlite3.Row
        self.tickets = self._rows("Tickets", "1 = 1")
        ids = ",".join(str(one["id"]) for one in self.tickets)
        self.history = self._rows("Transactions", f"ObjectType = 'RT::Ticket' AND ObjectId IN ({ids})")
        written = ",".join(str(one["id"]) for one in self.history)
        self.messages = self._rows("Attachments", f"TransactionId IN ({written})")
        self.links = self._rows("Links", f"LocalBase IN ({ids}) AND Base LIKE '%/ticket/%'")
        self.fields = self._rows("ObjectCustomFieldValues", f"ObjectType = 'RT::Ticket' AND ObjectId IN ({ids})")
        self.roles = self._rows("Groups", f"Domain = 'RT::Ticket-Role' AND Instance IN ({ids})")
        groups = ",".join(str(one["id"]) for one in self.roles)
        self.principals = {one["id"]: one for one in self._rows("Principals", f"id IN ({groups})")}

    def fill(self, count: int) -> None:
        """Copies until there are so many tickets, all completed long ago."""
        made = len(self.tickets)
        while made < count:
            new = {one["id"]: self._past(one) for one in self.tickets[: count - made]}
            made += len(new)
            self._copy("ObjectCustomFieldValues", self.fields, "ObjectId", new)
            self._copy("Links", self.links, "LocalBase", new)
            self._copy_roles(new)
            written = self._copy("Transactions", self.history, "ObjectId", new)
            self._copy("Attachments", self.messages, "TransactionId", written)
        self._database.commit()

    def _past(self, row: Row) -> int:
        number = self._next("Tickets")
        time_ = f"{datetime(2016, 1, 1, tzinfo=UTC) + timedelta(hours=9 * number):%Y-%m-%d %H:%M:%S}"
        times = dict.fromkeys(("Created", "LastUpdated", "Resolved"), time_)
        own = {"id": number, "EffectiveId": number, "Status": "completed", "TimeWorked": 90}
        self._put("Tickets", row | times | own)
        return number

    def _copy_roles(self, new: dict[int, int]) -> None:
        for role in self.roles:
            if role["Instance"] in new:
                number = self._next("Principals")
                self._put("Principals", self.principals[role["id"]] | {"id": number})
                self._put("Groups", role | {"id": number, "Instance": new[role["Instance"]]})

    def _copy(self, table: str, rows: list[Row], column: str, new: dict[int, int]) -> dict[int, int]:
        """Copies of the rows of those records, and their new ids by the old ones."""
        copies = {}
        for row in rows:
            if row[column] in new:
                copies[row["id"]] = self._next(table)
                self._put(table, _moved(row, column, new[row[column]]) | {"id": copies[row["id"]]})
        return copies

    def _next(self, table: str) -> int:
        return int(self._database.execute(f"SELECT max(id) + 1 FROM {table}").fetchone()[0])

    def _rows(self, table: str, where: str) -> list[Row]:
        return [dict(row) for row in self._database.execute(f"SELECT * FROM {table} WHERE {where}")]

    def _put(self, table: str, row: Row) -> None:
        places = ",".join("?" * len(row))
        self._database.execute(f"INSERT INTO {table} ({','.join(row)}) VALUES ({places})", list(row.values()))


def _moved(row: Row, column: str, number: int) -> Row:
    """A row of another record; a link's URI ends in its number, and a key is unique."""
    moved = row | {column: number}
    if "Base" in row:
        moved["Base"] = f"{row['Base'].rpartition('/')[0]}/{number}"
    if str(row.get("Content", "")).startswith("key-"):
        moved["Content"] = f"key-{number}"
    return moved


def _time(server: RtServer, folder: Path, at_once: int) -> None:
    options = {"queue": QUEUE, "catalog": "Plant", "statuses": STATES, "at_once": str(at_once)}
    config = CmmsConfig(kind="rt", url=server.url, timeout_s=120, options=options)
    secret = SecretStr(server.passwords[ACCOUNT])
    tracker = RequestTracker.connect(config, folder, Credentials(user=ACCOUNT, password=secret))
    sent = 0
    send = tracker._http._client.send

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal sent
        sent += 1
        return send(*given, **named)

    tracker._http._client.send = counted  # type: ignore[method-assign]
    begin, before = time.perf_counter(), _processor_s(server.pid)
    found = list(tracker.past(None))
    taken, busy = time.perf_counter() - begin, _processor_s(server.pid) - before
    whole = sum(one.asset is not None and bool(one.text) for one in found)
    modes = sum(one.failure_mode == "SEAL" for one in found)
    print(f"{len(found):,} tickets ({whole:,} with asset and text, {modes:,} with failure mode) in {taken:.0f} s,")
    load = os.getloadavg()[0]
    print(f"{sent} requests, {at_once} at once; server (3 processes): {busy:.0f} s of processor time; load {load:.1f}")


def _processor_s(pid: int) -> float:
    """Processor time of a process and of its children, those that have ended too."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for one in (str(pid), *children):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15] if one == str(pid) else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
