"""Whatever a file of changes holds, it is applied or refused in words; a twin that a file made odd can be mended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import ChangeError
from twinwright_tools.twins import LoadedTwins
from twinwright_tools.twins.changes.log import ChangeLog
from twinwright_tools.twins.changes.requests import read_changes
from twinwright_tools.twins.changes.store import TwinStore
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.load import load_twins

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = st.sampled_from(
    ["pump1", "tank1", "line1", "motor", "power", "poles", "tags", "nameplate", "levels", "$metadata", "$model",
     "$dtId", "$etag", "sourceTime", "$targetId", "$sourceId", "$relationshipName", "feeds", "dtmi:test:Pump;1", "0",
     "-", "", "x", "\ud800", "*", 'W/"1"', "add", "replace", "remove", "f1", "2026-01-01T00:00:00Z"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)
PATHS = st.lists(WORDS, max_size=4).map(lambda names: "".join(f"/{name}" for name in names)) | WORDS
OPERATION = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove"]) | WORDS, "path": PATHS, "value": VALUES}
)
REQUEST = st.fixed_dictionaries(
    {
        "operation": st.sampled_from(
            [f"DigitalTwins_{name}{what}" for name in ("Add", "Update", "Delete") for what in ("", "Relationship")]
            + ["DigitalTwins_UpdateComponent", "nope"]
        ),
        "id": WORDS,
    },
    optional={
        "patch": st.lists(OPERATION, max_size=3) | VALUES,
        "twin": VALUES,
        "relationship": VALUES,
        "relationshipId": WORDS,
        "componentPath": WORDS,
        "ifMatch": WORDS,
        "ifNoneMatch": WORDS,
    },
)


def pruned(request: dict[str, Any]) -> dict[str, Any]:
    """A request without the arguments that its operation doesn't take, so that more than names are tried."""
    kind = request["operation"]
    takes = {"operation", "id", "ifNoneMatch" if "Add" in kind else "ifMatch"}
    takes |= {"relationshipId"} if "Relationship" in kind else set()
    takes |= {"patch"} if "Update" in kind else {"relationship" if "Relationship" in kind else "twin"}
    takes |= {"componentPath"} if "Component" in kind else set()
    return {name: value for name, value in request.items() if name in takes}


@settings(max_examples=500, deadline=None)
@given(request=REQUEST | REQUEST.map(pruned))
def test_any_request_is_applied_or_refused(small_plant: LoadedTwins, tmp_path_factory: Any, request: Any) -> None:
    store = TwinStore(small_plant, ChangeLog(Path("/nonexistent")))
    try:
        applied = store.apply(json.dumps(request), by="x", now=NOW, dry_run=True)
    except ChangeError as error:
        assert error.refusals and all(each.line == 1 for each in error.refusals)
        assert "Traceback" not in error.message
    else:
        assert len(applied.entries) == 1
        json.dumps(applied.as_dict())


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=50).map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    for found in read_changes(text):
        assert isinstance(found, ChangeError) and found.line


@pytest.mark.parametrize("depth", [1000, 200_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    text = '{"operation": "DigitalTwins_Add", "id": "x", "twin": ' + "[" * depth + "]" * depth + "}"
    (found,) = read_changes(text)
    assert isinstance(found, ChangeError)


@pytest.mark.parametrize(
    ("twin", "says"),
    [
        ({"name": "é" * 2100}, "4096"),
        ({"tags": {f"t{number}": "x" * 1000 for number in range(40)}}, "32768"),
    ],
)
def test_the_services_limits_on_size_hold(store: TwinStore, twin: dict[str, Any], says: str) -> None:
    request = {
        "operation": "DigitalTwins_Add",
        "id": "a",
        "twin": {"$metadata": {"$model": "dtmi:test:Place;1"}, **twin},
    }
    with pytest.raises(ChangeError, match=says) as caught:
        store.apply(json.dumps(request), by="ann", now=NOW)
    assert caught.value.code == "change.too_large"


@settings(max_examples=60, deadline=None)
@given(metadata=VALUES, part=VALUES, property_=VALUES)
def test_a_twin_that_a_file_made_odd_can_be_changed(
    tmp_path_factory: pytest.TempPathFactory, metadata: Any, part: Any, property_: Any
) -> None:
    folder = tmp_path_factory.mktemp("plant")
    graph = json.loads((Path(__file__).parents[1] / "data" / "plant" / "graph.json").read_text())
    odd = {"$metadata": {"power": metadata, "$model": "dtmi:test:Pump;1"}, "motor": part, "power": property_, "odd": 1}
    graph["digitalTwinsGraph"]["digitalTwins"].append({"$dtId": "odd", **odd})
    (folder / "graph.json").write_text(json.dumps(graph))
    store = TwinStore(load_twins(folder, Flows()), ChangeLog(folder))
    patch = [{"op": "add", "path": "/name", "value": "mended"}]
    request = {"operation": "DigitalTwins_Update", "id": "odd", "patch": patch}
    store.apply(json.dumps(request), by="ann", now=NOW)
    assert store.document("odd")["name"] == "mended"
    assert store.document("odd")["odd"] == 1
    whole = {"$metadata": {"$model": "dtmi:test:Pump;1"}, "motor": {}}
    store.apply(json.dumps({"operation": "DigitalTwins_Add", "id": "odd", "twin": whole}), by="ann", now=NOW)
    assert set(store.document("odd")) == {"$dtId", "$etag", "$metadata", "motor"}
