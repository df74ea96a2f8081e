"""Checkpoints: SQLite by default, and a real PostgreSQL where one is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from twinwright_agent.checkpoints import open_saver
from twinwright_agent.loop import investigate
from twinwright_tools.errors import ModelCallError, UsageError
from twinwright_tools.plant import Plant
from twinwright_tools.settings import Settings


def program(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else str(shutil.which(name))


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server of the test's own, reached through a socket in a temporary folder; the connection string."""
    folder = Path(tempfile.mkdtemp(prefix="twinwright-pg-"))
    as_owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_owner = {"user": "postgres", "group": "postgres", "cwd": "/"}
    data = str(folder / "data")
    made = [program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"]
    subprocess.run(made, check=True, capture_output=True, **as_owner)
    command = [program("postgres"), "-D", data, "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner)
    try:
        for _ in range(200):
            if subprocess.run([program("pg_isready"), "-q", "-h", str(folder)], check=False).returncode == 0:
                break
            time.sleep(0.1)
        yield f"host={folder} user=postgres dbname=postgres"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.system("pg_ctlcluster", "initdb")
def test_a_run_is_gone_on_with_from_postgresql(small_plant: Plant, bench: Any, script: Any, postgres: str) -> None:
    import psycopg

    where = SecretStr(postgres)
    turns = [script.calls("look"), script.calls("draft_work_order"), ModelCallError("offline", code="model.offline")]
    first = investigate(
        small_plant, "why?", model=script.Model(turns), registry=bench.registry(), run="r1", postgres=where
    )
    assert first.status == "failed"
    count = "SELECT count(*) FROM checkpoints WHERE thread_id = 'r1'"
    with psycopg.connect(postgres) as connection:
        assert connection.execute(count).fetchone()[0] > 0
    model = script.Model([script.concludes()])
    found = investigate(small_plant, "why?", model=model, registry=bench.registry(), run="r1", postgres=where)
    assert found.status == "concluded"
    assert [run.split()[0] for run in bench.runs] == ["look", "draft"]
    assert [entry.kind for entry in model.seen[0].entries] == ["question", "turn", "results", "turn", "results"]
    with psycopg.connect(postgres) as connection:
        assert connection.execute(count).fetchone()[0] == 0


@pytest.mark.system("pg_ctlcluster", "initdb")
def test_a_database_that_would_lose_text_is_refused(postgres: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE plain ENCODING 'SQL_ASCII' TEMPLATE template0")
    where = SecretStr(postgres.replace("dbname=postgres", "dbname=plain"))
    with pytest.raises(UsageError, match="UTF8"), open_saver(tmp_path / "runs.db", where):
        pass


def test_a_postgresql_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    where = SecretStr("host=/nowhere/at/all user=postgres password=hunter2 connect_timeout=1")
    with pytest.raises(UsageError, match="TWINWRIGHT_POSTGRES") as error, open_saver(tmp_path / "runs.db", where):
        pass
    assert "hunter2" not in str(error.value)


def test_it_is_chosen_by_the_environment_and_shown_nowhere() -> None:
    told = Settings.from_environment({"TWINWRIGHT_POSTGRES": "host=db password=hunter2", "TWINWRIGHT_TRACES": "on"})
    assert told.postgres is not None
    assert told.traces == "on"
    assert "hunter2" not in repr(told)
    assert Settings.from_environment({}).postgres is None
