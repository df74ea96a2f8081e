"""Where LangGraph's checkpoints lie: SQLite beside the run's store, or a PostgreSQL database.

Only the checkpoints move to PostgreSQL. What calls returned, drafts and results stay in the plant's state folder: a
run is resumed where that folder is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from pydantic import SecretStr

from twinwright_tools.errors import UsageError


@contextmanager
def open_saver(path: Path, postgres: SecretStr | None = None) -> Iterator[BaseCheckpointSaver[str]]:
    """The saver for the length of the block.

    Args:
        path: the SQLite database to use where no PostgreSQL is named.
        postgres: a PostgreSQL connection string. It may hold a password, and so is shown nowhere.

    Raises:
        UsageError: the extra isn't installed, or the database can't be used.
    """
    if postgres is None:
        from langgraph.checkpoint.sqlite import SqliteSaver

        with closing(sqlite3.connect(path, check_same_thread=False, timeout=30)) as connection:
            yield SqliteSaver(connection)
        return
    try:
        import psycopg
        from langgraph.checkpoint.postgres import PostgresSaver
    except ImportError as error:
        raise UsageError(
            "checkpoints in PostgreSQL need the extra `postgres`: install twinwright[postgres]", code="postgres.missing"
        ) from error
    try:
        with PostgresSaver.from_conn_string(postgres.get_secret_value()) as saver:
            _check_encoding(saver.conn)
            saver.setup()
            yield saver
    except psycopg.Error as error:
        # The error's own text may quote the connection string.
        raise UsageError(
            f"the PostgreSQL of TWINWRIGHT_POSTGRES can't be used ({type(error).__name__}); see its address and "
            "rights, or unset it to keep checkpoints in SQLite",
            code="postgres.unusable",
        ) from error


def _check_encoding(connection: Any) -> None:
    # Text of any other encoding comes back as bytes or not at all, and a run would look like one that never began.
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UsageError(
            f"the PostgreSQL database is {encoding}; make one with ENCODING 'UTF8'", code="postgres.encoding"
        )
