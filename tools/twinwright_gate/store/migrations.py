"""The versions of the store's schema; each is applied once, in order, and none is ever edited."""

from __future__ import annotations

import sqlite3

from ..errors import StoreError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE permits (
        permit_id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        plan BLOB NOT NULL,
        plan_digest TEXT NOT NULL,
        binding_id TEXT NOT NULL,
        agent_id TEXT NOT NULL,
        caller INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        fence INTEGER,
        executor_id TEXT
    ) STRICT;
    CREATE INDEX permits_by_state ON permits (state);
    CREATE TABLE stages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        permit_id TEXT NOT NULL REFERENCES permits,
        stage TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX stages_by_permit ON stages (permit_id, stage);
    CREATE TABLE approvals (
        permit_id TEXT NOT NULL REFERENCES permits,
        person_id TEXT NOT NULL,
        nonce TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        PRIMARY KEY (permit_id, person_id)
    ) STRICT;
    CREATE TABLE locks (
        name TEXT PRIMARY KEY,
        permit_id TEXT NOT NULL REFERENCES permits,
        fence INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO counters VALUES ('fence', 0);
    CREATE TABLE writes (
        permit_id TEXT PRIMARY KEY REFERENCES permits,
        binding_id TEXT NOT NULL,
        from_micro INTEGER NOT NULL,
        to_micro INTEGER NOT NULL,
        utc_ms INTEGER NOT NULL,
        boot_ms INTEGER NOT NULL,
        boot_id TEXT NOT NULL
    ) STRICT;
    CREATE TABLE tries (agent_id TEXT NOT NULL, utc_ms INTEGER NOT NULL, denied INTEGER NOT NULL) STRICT;
    CREATE INDEX tries_by_agent ON tries (agent_id, utc_ms);
    CREATE TABLE revoked (key TEXT PRIMARY KEY) STRICT;
    CREATE TABLE policies (version INTEGER PRIMARY KEY, digest TEXT NOT NULL, document BLOB NOT NULL) STRICT;
    CREATE TABLE nonces (nonce TEXT PRIMARY KEY) STRICT;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        actor TEXT NOT NULL,
        event TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Brings a store to the newest version, each step in a transaction of its own.

    Raises:
        StoreError: it was written by a newer gate.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StoreError(f"the store is of version {version}, this gate knows {len(MIGRATIONS)}: run the newer gate")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
