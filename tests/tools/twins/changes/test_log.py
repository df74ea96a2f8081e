"""The log: append-only, all or nothing, and for several processes at once."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twinwright_tools.errors import ChangeError
from twinwright_tools.twins.changes.log import ChangeLog, Snapshot
from twinwright_tools.twins.changes.store import TwinStore
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.load import load_twins

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLANT = Path(__file__).parents[1] / "data" / "plant"


def tag(number: int, text: str = "x", **more: str) -> str:
    patch = [{"op": "add", "path": f"/tags/t{number}", "value": text}]
    return json.dumps({"operation": "DigitalTwins_Update", "id": "line1", "patch": patch, **more})


def opened(folder: Path) -> TwinStore:
    return TwinStore(load_twins(PLANT, Flows()), ChangeLog(folder))


def apply_all(folder: Path, numbers: list[int]) -> list[int | None]:
    store = opened(folder)
    return [store.apply(tag(number), by=f"process {number}", now=NOW).commit for number in numbers]


def apply_if_match(folder: Path, name: str, etag: str) -> str:
    try:
        opened(folder).apply(tag(1, name, ifMatch=etag), by=name, now=NOW)
    except ChangeError as error:
        return error.code
    return "done"


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(apply_all, tmp_path, list(range(start, 30, 2))) for start in range(2)]
        commits = [commit for job in jobs for commit in job.result()]
    assert sorted(commits, key=str) == sorted(range(1, 31), key=str)
    store = opened(tmp_path)
    assert {name for name in store.document("line1")["tags"] if name[0] == "t"} == {f"t{n}" for n in range(30)}
    entries = [each.entry for each in store.log.entries()]
    assert [each.etag_before for each in entries[1:]] == [each.etag_after for each in entries[:-1]]


def test_of_two_that_saw_the_same_etag_one_wins(tmp_path: Path) -> None:
    etag = opened(tmp_path).document("line1")["$etag"]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = sorted(job.result() for job in [pool.submit(apply_if_match, tmp_path, who, etag) for who in "abcd"])
    assert found == ["change.precondition_failed"] * 3 + ["done"]


KILLED = """
import os, signal, sqlite3, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from twinwright_tools.twins.changes import log
from twinwright_tools.twins.changes.store import TwinStore
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.load import load_twins

rows = log._row
left = int(sys.argv[3])
class Dying(log.Writer):
    def append(self, entries, by, at):
        def counted(entry):
            global left
            left -= 1
            return rows(entry)
        log._row = counted
        number = super().append(entries, by, at)
        if left >= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return number
def insert_and_die(connection):
    connection.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
    connection.execute(f"CREATE TEMP TRIGGER dying AFTER INSERT ON changes WHEN new.line = {sys.argv[3]} "
                       "BEGIN SELECT die(); END")
class Early(log.Writer):
    def __init__(self, connection):
        super().__init__(connection)
        insert_and_die(connection)
log.Writer = Dying if sys.argv[3] == "9999" else Early
store = TwinStore(load_twins(Path(sys.argv[2]), Flows()), log.ChangeLog(Path(sys.argv[1])))
store.apply(sys.stdin.read(), by="victim", now=datetime(2026, 3, 2, tzinfo=UTC))
"""


@pytest.mark.parametrize("line", ["1", "250", "500", "9999"], ids=["first row", "half", "last row", "before commit"])
def test_a_process_killed_while_it_writes_leaves_nothing(tmp_path: Path, line: str) -> None:
    store = opened(tmp_path)
    store.apply(tag(0), by="ann", now=NOW)
    before = store.log.read()
    text = "\n".join(tag(number % 50, "x" * 500) for number in range(500))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(PLANT), line, *filter(None, sys.path)],
        input=text, text=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert store.log.read() == before
    assert len(store.log.entries()) == 1
    store.apply(text, by="ann", now=NOW)
    assert len(store.log.entries()) == 501


def test_nothing_in_the_log_can_be_changed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply(tag(1), by="ann", now=NOW)
    with sqlite3.connect(store.log.path) as connection:
        for statement in ("UPDATE changes SET twin = 'x'", "DELETE FROM changes", "UPDATE commits SET by = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_the_log_says_who_did_what(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply(f"{tag(1)}\n\n{tag(2)}", by="ann", now=NOW)
    site = {"operation": "DigitalTwins_Update", "id": "site", "patch": [{"op": "remove", "path": "/name"}]}
    store.apply(json.dumps(site), by="bob", now=NOW)
    found = [each.as_dict() for each in store.log.entries()]
    assert [(each["seq"], each["commit"], each["by"], each["twin"]) for each in found] == [
        (1, 1, "ann", "line1"), (2, 1, "ann", "line1"), (3, 2, "bob", "site"),
    ]  # fmt: skip
    assert found[2]["request"] == site and found[2]["etag_before"] == 'W/"1"'
    assert [each.by for each in store.log.entries("site")] == ["bob"]
    assert [each.entry.line for each in store.log.entries("line1")] == [1, 3]


def test_no_log_is_made_by_looking(tmp_path: Path) -> None:
    log = ChangeLog(tmp_path)
    assert log.read() == Snapshot("-", {}, {}) and log.entries() == []
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_makes_no_commit(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.apply("\n \n", by="ann", now=NOW).commit is None
    assert store.log.read().head == "-"


def test_a_log_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply(tag(1), by="ann", now=NOW)
    with sqlite3.connect(store.log.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ChangeError, match="update it"):
        store.log.read()


def test_a_file_that_is_no_log_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "twins.db").write_text("not a database, but long enough to be read as one" * 20)
    with pytest.raises(ChangeError, match="can't be used"):
        opened(tmp_path).as_of()
    (tmp_path / "file").write_text("")
    with pytest.raises(ChangeError, match="--state"):
        opened(tmp_path / "file").apply(tag(1), by="ann", now=NOW)


def test_two_logs_with_other_contents_have_other_heads(tmp_path: Path) -> None:
    heads = set()
    for number, (text, by) in enumerate([("a", "ann"), ("b", "ann"), ("a", "bob")]):
        store = opened(tmp_path / str(number))
        store.apply(tag(1, text), by=by, now=NOW)
        heads.add(store.log.read().head)
    assert len(heads) == 3
