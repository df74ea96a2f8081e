"""SQL over history and what comes of it, from files: answered with its rows, refused with its reason, hinted at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from twinwright_tools.errors import SqlError
from twinwright_tools.history.store import HistoryStore

DATA = Path(__file__).parent / "data"
ACCEPTED: list[dict[str, Any]] = yaml.safe_load((DATA / "accepted.yaml").read_text())
REFUSED: list[dict[str, Any]] = yaml.safe_load((DATA / "refused.yaml").read_text())
HINTS: list[dict[str, Any]] = yaml.safe_load((DATA / "hints.yaml").read_text())
HOSTILE = (DATA / "hostile.sql").read_text().splitlines()


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["sql"][:60])
def test_answered(case: dict[str, Any], machines: HistoryStore) -> None:
    assert machines.sql(case["sql"]).rows == case["rows"]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["sql"][:60])
def test_what_is_understood_means_the_same(case: dict[str, Any], machines: HistoryStore) -> None:
    """The text that DuckDB gets is accepted itself, and stays as it is."""
    first = machines.sql(case["sql"])
    again = machines.sql(first.sql)
    assert (again.rows, again.sql) == (first.rows, first.sql)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["sql"][:60])
def test_refused(case: dict[str, Any], machines: HistoryStore) -> None:
    with pytest.raises(SqlError) as caught:
        machines.sql(case["sql"])
    error = caught.value
    assert error.code == case["code"]
    assert case.get("says", "") in error.message
    assert "at" not in case or case["sql"][error.position :].startswith(case["at"])
    assert "meant" not in case or error.suggestions[0] == case["meant"]


@pytest.mark.parametrize("case", HINTS, ids=lambda case: case["sql"][:60])
def test_hints(case: dict[str, Any], machines: HistoryStore) -> None:
    hints = machines.sql(case["sql"]).hints
    assert len(hints) == len(case["hints"])
    for hint, words in zip(hints, case["hints"], strict=True):
        assert all(word in hint for word in words)
    assert machines.explain(case["sql"]).hints == hints


@pytest.mark.parametrize("sql", HOSTILE)
def test_hostile_statements_are_refused(sql: str, machines: HistoryStore) -> None:
    with pytest.raises(SqlError) as caught:
        machines.sql(sql)
    assert caught.value.code not in {"sql.failed", "sql.timeout", "sql.memory"}, "it got as far as DuckDB"
    with pytest.raises(SqlError):
        machines.explain(sql)


def test_there_are_enough_pairs() -> None:
    assert len(ACCEPTED) >= 80 and len(REFUSED) >= 80 and len(HINTS) >= 10
    assert len(set(HOSTILE)) == len(HOSTILE) >= 180
