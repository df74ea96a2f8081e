"""What the store says of all its twins at once: the statistics that queries are checked against and estimated by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

_TWINS = "SELECT m.id, count(*) FROM twins t JOIN models m ON m.number = t.model GROUP BY ALL ORDER BY ALL"
_LINKS = (
    "SELECT s.id, n.id, t.id, g.n FROM (SELECT a.model AS source, e.name, b.model AS target, count(*) AS n "
    "FROM edges e JOIN twins a ON a.nid = e.source JOIN twins b ON b.nid = e.target GROUP BY ALL) AS g "
    "JOIN models s ON s.number = g.source JOIN models t ON t.number = g.target "
    "JOIN relationship_names n ON n.number = g.name ORDER BY ALL"
)
_MOST = (
    "SELECT n.id, max(c) FROM (SELECT name, count(*) AS c FROM edges GROUP BY name, {end}) AS g "
    "JOIN relationship_names n ON n.number = g.name GROUP BY ALL ORDER BY ALL"
)
# Few documents differ in the names that stand in them: these lists are made distinct before their parts are.
_PROPERTIES = (
    "SELECT m.id, unnest(list_sort(list_distinct(flatten(list(k.names))))) FROM "
    "(SELECT DISTINCT model, json_keys(document) AS names FROM twins) AS k JOIN models m ON m.number = k.model "
    "GROUP BY m.id ORDER BY ALL"
)
_EDGE_PROPERTIES = (
    "SELECT m.id, n.id, unnest(list_sort(list_distinct(flatten(list(k.names))))) FROM "
    "(SELECT DISTINCT t.model, e.name, json_keys(e.document) AS names FROM edges e "
    "JOIN twins t ON t.nid = e.source) AS k JOIN models m ON m.number = k.model "
    "JOIN relationship_names n ON n.number = k.name GROUP BY m.id, n.id ORDER BY ALL"
)
_DIGEST = (
    "SELECT coalesce((SELECT bit_xor(hash(document)) FROM twins), 0)::VARCHAR || ' ' || "
    "coalesce((SELECT bit_xor(hash(document)) FROM edges), 0)::VARCHAR"
)


def write_summary(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the table `about_twins`, of one row, from the other tables of the store."""
    summary = {
        "twins": connection.execute(_TWINS).fetchall(),
        "links": connection.execute(_LINKS).fetchall(),
        "most_out": connection.execute(_MOST.format(end="source")).fetchall(),
        "most_in": connection.execute(_MOST.format(end="target")).fetchall(),
        "properties": _own(connection.execute(_PROPERTIES).fetchall()),
        "edge_properties": _own(connection.execute(_EDGE_PROPERTIES).fetchall()),
        "digest": connection.execute(_DIGEST).fetchall()[0][0],
    }
    connection.execute("CREATE OR REPLACE TABLE about_twins (summary VARCHAR NOT NULL)")
    connection.execute("INSERT INTO about_twins VALUES ($1)", [json.dumps(summary)])


def read_summary(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What `write_summary` wrote, as lists of rows by name, and `digest`, which tells stores apart."""
    ((text,),) = connection.execute("SELECT summary FROM about_twins").fetchall()
    found: dict[str, Any] = json.loads(text)
    return found


def _own(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if not row[-1].startswith("$")]
