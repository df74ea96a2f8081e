"""Work orders: drafting one from a finding, and the embedded order book."""

from .book import LogEntry, OrderBook
from .draft import draft_order
from .order import IsolationPoint, Part, WorkOrder

__all__ = ["IsolationPoint", "LogEntry", "OrderBook", "Part", "WorkOrder", "draft_order"]
