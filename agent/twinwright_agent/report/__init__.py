"""The report: one investigation as one HTML file that needs nothing else, neither network nor server."""

from .write import write_report

__all__ = ["write_report"]
