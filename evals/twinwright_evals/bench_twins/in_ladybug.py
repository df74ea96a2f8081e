"""LadybugDB, an embedded graph database (a maintained fork of Kùzu): one table of twins, one for each relationship."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from .lines import FILE, heirs
from .tasks import HOPS, HOT, Questions
from .world import OWN

_BUFFER = 2 << 30
# Twin properties in this order, with their types in Cypher.
_COLUMNS = {
    "name": "STRING",
    "serial": "STRING",
    "commissioned": "STRING",
    "priority": "INT64",
    "active": "BOOLEAN",
    "country": "STRING",
    "maker": "STRING",
    "state": "STRING",
    "temperature": "DOUBLE",
    "power": "DOUBLE",
    "hours": "INT64",
    "unit": "STRING",
    "limit": "DOUBLE",
    "firmware": "STRING",
    "slots": "INT64",
    **dict.fromkeys(OWN.values(), "DOUBLE"),
}
_SQL = {"STRING": "VARCHAR", "INT64": "BIGINT", "BOOLEAN": "BOOLEAN", "DOUBLE": "DOUBLE"}
_EDGES = {"contains": {}, "feeds": {"capacity": "DOUBLE", "medium": "STRING"}, "monitors": {}, "controls": {}}


def missing() -> str | None:
    """Why it can't be asked here, or None."""
    try:
        import ladybug  # noqa: F401
    except ImportError:
        return "ladybug isn't installed"
    return None


class InLadybug:
    """A database file beside the plant."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Turns the plant into Parquet with DuckDB, which this engine copies in."""
        import ladybug

        self.questions = questions
        self.place = folder / "ladybug"
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        self._write_parquet(folder)
        self.database = ladybug.Database(str(self.place / "db"), buffer_pool_size=_BUFFER)
        self.connection = ladybug.Connection(self.database)
        columns = ", ".join(f"`{name}` {kind}" for name, kind in _COLUMNS.items())
        self.connection.execute(f"CREATE NODE TABLE Twin (id STRING PRIMARY KEY, model STRING, {columns})")
        self.connection.execute(f"COPY Twin FROM '{self.place}/twins.parquet'")
        for name, properties in _EDGES.items():
            own = "".join(f", `{each}` {kind}" for each, kind in properties.items())
            self.connection.execute(f"CREATE REL TABLE {name} (FROM Twin TO Twin, id STRING{own})")
            self.connection.execute(f"COPY {name} FROM '{self.place}/{name}.parquet'")
        self.machines = list(heirs(questions.base))

    def _write_parquet(self, folder: Path) -> None:
        with duckdb.connect() as connection:
            lines = f"read_ndjson_objects('{folder / FILE}')"
            twins = ", ".join(f"(json->>'$.{name}')::{_SQL[kind]} AS \"{name}\"" for name, kind in _COLUMNS.items())
            connection.execute(
                "COPY (SELECT json->>'/$dtId' AS id, json->>'/$metadata/$model' AS model, "
                f"{twins} FROM {lines} WHERE json_exists(json, '/$dtId')) TO '{self.place}/twins.parquet'"
            )
            for edge, properties in _EDGES.items():
                own = "".join(f", (json->>'$.{name}')::{_SQL[kind]}" for name, kind in properties.items())
                connection.execute(
                    f"COPY (SELECT json->>'/$sourceId', json->>'/$targetId', json->>'/$relationshipId'{own} "
                    f"FROM {lines} WHERE json->>'/$relationshipName' = '{edge}') TO '{self.place}/{edge}.parquet'"
                )

    def look_up(self) -> Iterable[object]:
        """See `Engine`."""
        return self._ask("MATCH (t:Twin) WHERE t.id = $twin RETURN t.serial", twin=self.questions.twin)

    def filter(self) -> Iterable[object]:
        """See `Engine`."""
        text = "MATCH (t:Twin) WHERE t.model = $model AND t.temperature > $hot RETURN t.id"
        return self._ask(text, model=self.questions.model, hot=HOT)

    def join(self) -> Iterable[object]:
        """See `Engine`."""
        text = "MATCH (l:Twin)-[:contains]->(:Twin)-[:contains]->(s:Twin) WHERE l.id = $line RETURN s.id"
        return self._ask(text, line=self.questions.line)

    def walk(self) -> Iterable[object]:
        """See `Engine`."""
        text = f"MATCH (a:Twin)-[:feeds*1..{HOPS}]->(b:Twin) WHERE a.id = $twin RETURN DISTINCT b.id"
        return self._ask(text, twin=self.questions.twin)

    def count(self) -> Iterable[object]:
        """See `Engine`."""
        return self._ask("MATCH (t:Twin) WHERE t.model IN $models RETURN count(*)", models=self.machines)

    def close(self) -> None:
        """Lets go of the file and removes it."""
        self.connection.close()
        self.database.close()
        shutil.rmtree(self.place, ignore_errors=True)

    def _ask(self, text: str, **values: Any) -> list[object]:
        result: Any = self.connection.execute(text, values)
        return [row[0] for row in result.get_all()]
