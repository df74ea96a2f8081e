"""PostgreSQL with twins as jsonb and a table of edges, indexed; a cluster that lives as long as the benchmark.

Indexes: twins by id and by model, and on all of jsonb (GIN); edges by (source, name) and by (target, name).
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .lines import heirs, records
from .tasks import HOPS, HOT, Questions

_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "max_wal_size": "8GB",
}
_SCHEMA = """
CREATE TABLE twins (id text NOT NULL, model text NOT NULL, properties jsonb NOT NULL);
CREATE TABLE edges (
    source text NOT NULL, id text NOT NULL, name text NOT NULL, target text NOT NULL, properties jsonb NOT NULL
);
"""
_INDEXES = """
ALTER TABLE twins ADD PRIMARY KEY (id);
ALTER TABLE edges ADD PRIMARY KEY (source, id);
CREATE INDEX ON twins (model);
CREATE INDEX ON twins USING gin (properties jsonb_path_ops);
CREATE INDEX ON edges (source, name);
CREATE INDEX ON edges (target, name);
ANALYZE;
"""
_WALK = """
WITH RECURSIVE walk (id, hops) AS (
    SELECT %s::text, 0 UNION SELECT e.target, hops + 1 FROM walk w JOIN edges e ON e.source = w.id AND e.name = 'feeds'
    WHERE hops < %s
) SELECT DISTINCT id FROM walk WHERE hops > 0
"""


def missing() -> str | None:
    """Why it can't be asked here, or None."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg isn't installed"
    if _program("initdb") is None:
        return "PostgreSQL isn't installed (Debian: postgresql)"
    if os.geteuid() == 0 and _owner() is None:
        return "PostgreSQL doesn't run as root, and there is no user postgres"
    return None


def _program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else shutil.which(name)


def _owner() -> str | None:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


class InPostgres:
    """A cluster beside the plant, reached through a socket."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Makes the cluster, copies the plant into it and builds the indexes."""
        import psycopg

        self.questions = questions
        self.cluster = folder / "postgres"
        shutil.rmtree(self.cluster, ignore_errors=True)
        self.cluster.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.cluster, "postgres")
        self._run(
            "initdb", "-D", str(self.cluster / "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"
        )
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        command = [str(_program("postgres")), "-D", str(self.cluster / "data"), "-k", str(self.cluster), *options]
        log = (self.cluster / "log").open("w")
        self.server = subprocess.Popen(command, stdout=log, stderr=log, **self._as_owner())
        self._run("pg_isready", "-h", str(self.cluster), "-t", "30", attempts=60)
        self.connection = psycopg.connect(host=str(self.cluster), user="postgres", dbname="postgres", autocommit=True)
        self.connection.execute(_SCHEMA)
        self._copy(folder)
        for statement in filter(str.strip, _INDEXES.split(";")):
            self.connection.execute(statement)
        self.machines = list(heirs(questions.base))

    def _as_owner(self) -> dict[str, Any]:
        return {"user": "postgres", "group": "postgres", "cwd": "/"} if os.geteuid() == 0 else {}

    def _run(self, program: str, *words: str, attempts: int = 1) -> None:
        import time

        for attempt in range(attempts):
            done = subprocess.run([str(_program(program)), *words], capture_output=True, text=True, **self._as_owner())
            if done.returncode == 0:
                return
            time.sleep(0.5 if attempt + 1 < attempts else 0)
        raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def _copy(self, folder: Path) -> None:
        with self.connection.cursor() as cursor:
            with cursor.copy("COPY twins FROM STDIN") as twins:
                for section, record in records(folder):
                    if section == "Twins":
                        twins.write_row((record["$dtId"], record["$metadata"]["$model"], _own(record)))
            with cursor.copy("COPY edges FROM STDIN") as edges:
                for section, record in records(folder):
                    if section == "Relationships":
                        head = [
                            record[f"${name}"]
                            for name in ("sourceId", "relationshipId", "relationshipName", "targetId")
                        ]
                        edges.write_row((*head, _own(record)))

    def look_up(self) -> Iterable[object]:
        """See `Engine`."""
        return self._ask("SELECT properties->>'serial' FROM twins WHERE id = %s", self.questions.twin)

    def filter(self) -> Iterable[object]:
        """See `Engine`."""
        text = "SELECT id FROM twins WHERE model = %s AND (properties->>'temperature')::float8 > %s"
        return self._ask(text, self.questions.model, HOT)

    def join(self) -> Iterable[object]:
        """See `Engine`."""
        text = (
            "SELECT b.target FROM edges a JOIN edges b ON b.source = a.target AND b.name = 'contains' "
            "WHERE a.source = %s AND a.name = 'contains'"
        )
        return self._ask(text, self.questions.line)

    def walk(self) -> Iterable[object]:
        """See `Engine`."""
        return self._ask(_WALK, self.questions.twin, HOPS)

    def count(self) -> Iterable[object]:
        """See `Engine`."""
        return self._ask("SELECT count(*) FROM twins WHERE model = ANY(%s)", self.machines)

    def close(self) -> None:
        """Ends the server, which is ours alone."""
        self.connection.close()
        self.server.terminate()
        self.server.wait(timeout=60)
        shutil.rmtree(self.cluster, ignore_errors=True)

    def _ask(self, text: str, *values: object) -> list[object]:
        return [each for (each,) in self.connection.execute(text, values).fetchall()]


def _own(record: dict[str, object]) -> str:
    return json.dumps({key: each for key, each in record.items() if not key.startswith("$")})
