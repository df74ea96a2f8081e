"""The embedded CMMS: orders in SQLite beside the plant's other state, for sites that have no other."""

from .client import EmbeddedCmms, connect

__all__ = ["EmbeddedCmms", "connect"]
