"""Digital twins: their DTDL models, their graph, and the language in which they are queried.

The names below are imported on first use: the query language brings sqlglot along, which help texts don't need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dtdl import Interface as Interface
    from .dtdl import ModelSet as ModelSet
    from .dtdl import SignalDefinition as SignalDefinition
    from .graph import Relationship as Relationship
    from .graph import Twin as Twin
    from .graph import TwinGraph as TwinGraph
    from .load import LoadedTwins as LoadedTwins
    from .load import load_twins as load_twins
    from .query.run import QueryPlan as QueryPlan
    from .query.run import QueryResult as QueryResult
    from .query.run import explain_query as explain_query
    from .query.run import run_query as run_query
    from .store import write_tables as write_tables

_HOMES = {
    "dtdl": ("Interface", "ModelSet", "SignalDefinition"),
    "graph": ("Relationship", "Twin", "TwinGraph"),
    "load": ("LoadedTwins", "load_twins"),
    "query.run": ("QueryPlan", "QueryResult", "explain_query", "run_query"),
    "store": ("write_tables",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from the module that it lives in."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
