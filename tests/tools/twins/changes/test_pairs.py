"""Changes and what comes of them, from files: what is accepted with its result, what is refused with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinwright_tools.errors import ChangeError
from twinwright_tools.twins.changes.store import TwinStore

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCEPTED: list[dict[str, Any]] = yaml.safe_load((DATA / "accepted.yaml").read_text())
REFUSED: list[dict[str, Any]] = yaml.safe_load((DATA / "refused.yaml").read_text())


def at(document: Any, pointer: str) -> Any:
    """What stands at a pointer, `absent` where it leads nowhere; by the letter of RFC 6901."""
    for name in pointer.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        place: Any = int(name) if isinstance(document, list) else name
        try:
            document = document[place]
        except (KeyError, IndexError):
            return "absent"
    return document


def shown(store: TwinStore, who: str) -> dict[str, Any] | None:
    twin, _, relationship = who.partition("/")
    try:
        return store.document(twin, relationship or None)
    except ChangeError:
        return None


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["name"])
def test_accepted(case: dict[str, Any], store: TwinStore) -> None:
    store.apply("\n".join(case["changes"]), by="ann", now=NOW)
    for who, wanted in case["then"].items():
        document = shown(store, who)
        if wanted is None:
            assert document is None
        else:
            found = {pointer: at(document, pointer) for pointer in wanted}
            assert found == wanted
            assert {pointer: type(value) for pointer, value in found.items()} == {
                pointer: type(value) for pointer, value in wanted.items()
            }


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["name"])
def test_refused(case: dict[str, Any], store: TwinStore) -> None:
    before, _ = store.as_of()
    with pytest.raises(ChangeError) as caught:
        store.apply("\n".join(case["changes"]), by="ann", now=NOW)
    (refusal,) = caught.value.refusals
    assert (refusal.line, refusal.code) == (case["line"], case["code"])
    assert case.get("path") in (None, refusal.path)
    assert case.get("says", "") in refusal.message
    assert "meant" not in case or refusal.suggestions[0] == case["meant"]
    assert f"line {case['line']}" in caught.value.message
    assert store.log.entries() == [] and store.as_of() == (before, "-")


def test_there_are_enough_pairs() -> None:
    assert len(ACCEPTED) >= 30 and len(REFUSED) >= 60
    names = [case["name"] for case in (*ACCEPTED, *REFUSED)]
    assert len(set(names)) == len(names)
