"""The small plant's twins with a log of their own, which nothing has been written to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from twinwright_tools.twins import LoadedTwins
from twinwright_tools.twins.changes.log import ChangeLog
from twinwright_tools.twins.changes.store import TwinStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(small_plant: LoadedTwins, tmp_path: Path) -> TwinStore:
    return TwinStore(small_plant, ChangeLog(tmp_path))
