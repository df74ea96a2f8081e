"""The tools: what a model can see, draft and propose. Nothing here acts on the plant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..registry import Registry


def standard_registry() -> Registry:
    """Every tool that Twinwright has, in the order in which an investigation usually needs them."""
    # What is heavy (the engine, DuckDB, the order book) is imported when a tool runs, so that listing them is quick.
    from ..registry import Registry
    from . import actions, analysis, causes, deviations, history, orders, queries, twins, windows

    registry = Registry()
    for tool in (
        twins.FIND_TWINS,
        twins.DESCRIBE_TWIN,
        queries.QUERY_TWINS,
        windows.TELEMETRY_WINDOW,
        deviations.FIND_DEVIATIONS,
        analysis.ANALYSE,
        causes.RANK_CAUSES,
        history.SEARCH_HISTORY,
        history.COUNT_HISTORY,
        orders.DRAFT_WORK_ORDER,
        actions.PROPOSE_ACTION,
    ):
        registry.add(tool)
    return registry
