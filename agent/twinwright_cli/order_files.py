"""What is kept with a drafted order once its investigation is over: report, chart, and what was struck about it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from twinwright_tools.errors import InputError, UsageError

if TYPE_CHECKING:
    from twinwright_agent.result import Investigation
    from twinwright_tools.orders.order import WorkOrder
    from twinwright_tools.plant import Plant
    from twinwright_tools.telemetry.series import SignalKey

_BEFORE, _AT_LEAST = timedelta(hours=6), timedelta(hours=24)
_MOST_SIGNALS, _POINTS = 4, 1500


def keep_with_orders(plant: Plant, found: Investigation, report: Path | None, progress: Callable[[str], None]) -> None:
    """Keeps the report and a chart with every draft of an investigation, and marks what was struck about it.

    Without matplotlib there is no chart, and without a report (None) none is kept. An order that somebody has submitted
    or cancelled already is left alone, and so is one that was there before and still tells of its own run.

    Raises:
        OrderError: the order book can't be used.
    """
    from twinwright_tools.cmms.protocol import Attachment
    from twinwright_tools.orders.book import OrderBook

    if not found.work_orders:
        return
    book, at, by = OrderBook(plant.state), datetime.now(UTC), f"run {found.run}"
    for drafted in found.work_orders:
        order = book.get(drafted.id)
        if order.status != "draft" or order.run != found.run:
            continue
        # A claim that was struck and cites what the order rests on may stand in the order too.
        struck = [f"{one.text} ({one.reason})" for one in found.struck if set(one.evidence) & set(order.evidence)]
        book.mark(order.id, struck=struck, at=at)
        if report is not None:
            book.attach(order.id, Attachment("report.html", "text/html", report.read_bytes()), by=by, at=at)
        chart = _chart(plant, order, found, progress)
        if chart is not None:
            book.attach(order.id, Attachment("chart.png", "image/png", chart), by=by, at=at)


def _chart(plant: Plant, order: WorkOrder, found: Investigation, progress: Callable[[str], None]) -> bytes | None:
    from twinwright_tools.prognosis.limits import limits_to_draw
    from twinwright_tools.telemetry.plot import plot_windows
    from twinwright_tools.telemetry.window import window

    keys = _signals(plant, order, found)
    if not keys:
        return None
    onset = order.onset or order.created
    start = min(onset - _BEFORE, order.created - _AT_LEAST)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chart.png"
        try:
            windows = [window(plant, key, start, order.created, _POINTS) for key in keys]
            plot_windows(windows, path, plant.zone, limits_to_draw(plant, windows))
        except UsageError:  # matplotlib isn't installed
            return None
        except InputError as error:
            progress(f"{order.id} has no chart: {error.message}")
            return None
        return path.read_bytes()


def _signals(plant: Plant, order: WorkOrder, found: Investigation) -> list[SignalKey]:
    """The signals of the order's asset that the investigation's hypotheses name."""
    from twinwright_tools.telemetry.series import SignalKey

    named = [SignalKey(one.twin, one.signal) for one in found.hypotheses if one.twin == order.asset and one.signal]
    recorded = {info.key for info in plant.telemetry.signals()}
    return [key for key in dict.fromkeys(named) if key in recorded][:_MOST_SIGNALS]
