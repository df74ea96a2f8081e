"""Twins as of any time are those that a replay of the changes up to then gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import ChangeError, TimeFormatError
from twinwright_tools.times import iso
from twinwright_tools.twins import LoadedTwins
from twinwright_tools.twins.changes.log import ChangeLog
from twinwright_tools.twins.changes.store import TwinStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TWINS = ["pump1", "pump2", "tank1", "valve1", "new1", "new2"]
RELATIONSHIPS = ["f1", "f2", "f3", "n1"]
Graph = dict[tuple[str, str | None], dict[str, Any]]


def update(twin: str, patch: list[dict[str, Any]]) -> dict[str, Any]:
    return {"operation": "DigitalTwins_Update", "id": twin, "patch": patch}


def patches() -> st.SearchStrategy[list[dict[str, Any]]]:
    power = st.sampled_from([1, 2.5, "no"])
    return st.lists(
        st.one_of(
            power.map(lambda value: {"op": "add", "path": "/power", "value": value}),
            power.map(lambda value: {"op": "replace", "path": "/motor/poles", "value": value}),
            st.sampled_from(["a", "b"]).map(lambda value: {"op": "add", "path": "/name", "value": value}),
            st.just({"op": "remove", "path": "/name"}),
        ),
        min_size=1,
        max_size=2,
    )


def requests() -> st.SearchStrategy[dict[str, Any]]:
    twin, relationship = st.sampled_from(TWINS), st.sampled_from(RELATIONSHIPS)
    model = st.sampled_from(["dtmi:test:Asset;1", "dtmi:test:Pump;1"])
    return st.one_of(
        st.builds(update, twin, patches()),
        st.builds(
            lambda twin, model: {
                "operation": "DigitalTwins_Add",
                "id": twin,
                "twin": {"$metadata": {"$model": model}, **({"motor": {"poles": 2}} if "Pump" in model else {})},
            },
            twin,
            model,
        ),
        st.builds(lambda twin: {"operation": "DigitalTwins_Delete", "id": twin}, twin),
        st.builds(
            lambda twin, relationship, target: {
                "operation": "DigitalTwins_AddRelationship",
                "id": twin,
                "relationshipId": relationship,
                "relationship": {"$targetId": target, "$relationshipName": "feeds"},
            },
            twin,
            relationship,
            twin,
        ),
        st.builds(
            lambda twin, relationship: {
                "operation": "DigitalTwins_DeleteRelationship",
                "id": twin,
                "relationshipId": relationship,
            },
            twin,
            relationship,
        ),
    )


def graph_of(loaded: LoadedTwins) -> Graph:
    twins: Graph = {(each.id, None): each.properties | {"model": each.model} for each in loaded.graph.twins.values()}
    return twins | {
        (each.source, each.id): each.properties | {"name": each.name, "to": each.target}
        for each in loaded.graph.relationships
    }


def without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_metadata(each) for name, each in value.items() if name != "$metadata"}
    return value


def replayed(graph: Graph, request: dict[str, Any]) -> Graph:
    """One accepted request on plain dictionaries, without any check."""
    key, kind = (request["id"], request.get("relationshipId")), request["operation"].removeprefix("DigitalTwins_")
    after: Graph = json.loads(json.dumps([[list(k), v] for k, v in graph.items()]), object_hook=None)
    found: Graph = {(k[0], k[1]): v for k, v in after}
    if kind.startswith("Delete"):
        del found[key]
    elif kind == "Add":
        document = request["twin"]
        found[key] = {k: v for k, v in document.items() if k[0] != "$"} | {"model": document["$metadata"]["$model"]}
    elif kind == "AddRelationship":
        document = request["relationship"]
        found[key] = {"name": document["$relationshipName"], "to": document["$targetId"]}
    else:
        for operation in request["patch"]:
            *way, last = operation["path"].split("/")[1:]
            place = found[key]
            for name in way:
                place = place[name]
            if operation["op"] == "remove":
                del place[last]
            else:
                place[last] = operation["value"]
    return found


@settings(max_examples=60, deadline=None)
@given(files=st.lists(st.lists(requests(), min_size=1, max_size=3), min_size=1, max_size=12))
def test_as_of_any_time_is_a_replay_of_a_prefix(
    small_plant: LoadedTwins, tmp_path_factory: pytest.TempPathFactory, files: list[list[dict[str, Any]]]
) -> None:
    store = TwinStore(small_plant, ChangeLog(tmp_path_factory.mktemp("log")))
    graph, heads = graph_of(small_plant), {"-"}
    history = [(NOW - timedelta(days=1), graph, "-")]
    for number, requests in enumerate(files):
        head = store.as_of()[1]
        try:
            applied = store.apply("\n".join(map(json.dumps, requests)), by="ann", now=NOW + timedelta(minutes=number))
        except ChangeError as error:
            assert error.refusals
            assert store.as_of()[1] == head
            continue
        for request in requests:
            graph = replayed(graph, request)
        history.append((applied.at, graph, store.as_of()[1]))
        assert history[-1][2] not in heads
        heads.add(history[-1][2])
    for (at, wanted, head), (later, *_) in zip(history, [*history[1:], (NOW + timedelta(days=9),)], strict=True):
        for time in (at, later - timedelta(milliseconds=1)):
            loaded, found_head = store.as_of(time)
            found = {key: without_metadata(value) for key, value in graph_of(loaded).items()}
            assert found == {key: without_metadata(value) for key, value in wanted.items()}
            assert found_head == head


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(requests(), min_size=1, max_size=15))
def test_etags_are_new_with_every_change_and_form_a_chain(
    small_plant: LoadedTwins, tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, Any]]
) -> None:
    stores = [TwinStore(small_plant, ChangeLog(tmp_path_factory.mktemp("log"))) for _ in range(2)]
    for number, request in enumerate(changes):
        for store, offset in zip(stores, (timedelta(), timedelta(hours=7)), strict=True):
            try:
                store.apply(json.dumps(request), by="ann", now=NOW + offset + timedelta(minutes=number))
            except ChangeError:
                continue
    first, second = ([each.entry for each in store.log.entries()] for store in stores)
    seen: dict[tuple[str, str | None], list[str]] = {}
    for entry in first:
        known = seen.setdefault(entry.key, [entry.etag_before] if entry.etag_before else [])
        assert entry.etag_before in (None, *known[-1:])
        assert entry.etag_after not in known
        known += [entry.etag_after] if entry.etag_after else []
    # no clock is in an etag: the same changes at another time give the same ones
    assert [entry.etag_after for entry in first] == [entry.etag_after for entry in second]


def test_times_stand_at_the_properties_that_were_written(store: TwinStore) -> None:
    patch = [{"op": "add", "path": "/power", "value": 7.5}, {"op": "add", "path": "/nameplate/year", "value": 2019}]
    first = store.apply(json.dumps(update("pump1", patch)), by="ann", now=NOW).at
    patch = [{"op": "add", "path": "/motor/poles", "value": 6}]
    second = store.apply(json.dumps(update("pump1", patch)), by="ann", now=NOW + timedelta(hours=1)).at
    document = store.document("pump1")
    assert document["$metadata"] == {
        "$model": "dtmi:test:CentrifugalPump;1",
        "$lastUpdateTime": iso(second),
        "power": {"lastUpdateTime": iso(first)},
        "nameplate": {"lastUpdateTime": iso(first)},
    }
    assert document["motor"]["$metadata"] == {
        "$lastUpdateTime": iso(second),
        "poles": {"lastUpdateTime": iso(second)},
    }
    store.apply(json.dumps(update("pump1", [{"op": "remove", "path": "/power"}])), by="ann", now=NOW)
    assert "power" not in store.document("pump1")["$metadata"]
    loaded, _ = store.as_of()
    assert loaded.graph.twins["pump1"].etag == store.document("pump1")["$etag"]


def test_a_clock_that_goes_back_does_not_change_the_order(store: TwinStore) -> None:
    request = json.dumps(update("pump1", [{"op": "add", "path": "/power", "value": 1}]))
    times = [store.apply(request, by="ann", now=NOW - timedelta(hours=hours)).at for hours in range(3)]
    assert times == sorted(set(times)) and times[0] == NOW
    assert [iso(each.at) for each in store.log.entries()] == list(map(iso, times))


def test_a_time_has_a_zone(store: TwinStore) -> None:
    with pytest.raises(TimeFormatError):
        store.apply("", by="ann", now=NOW.replace(tzinfo=None))


def test_what_no_longer_fits_the_files_is_left_out_and_reported(small_plant: LoadedTwins, tmp_path: Path) -> None:
    store = TwinStore(small_plant, ChangeLog(tmp_path))
    request = {
        "operation": "DigitalTwins_AddRelationship",
        "id": "valve1",
        "relationshipId": "r",
        "relationship": {"$targetId": "pump1", "$relationshipName": "feeds"},
    }
    store.apply(json.dumps(request), by="ann", now=NOW)
    twins = {key: value for key, value in small_plant.graph.twins.items() if key != "valve1"}
    kept = tuple(each for each in small_plant.graph.relationships if "valve1" not in (each.source, each.target))
    graph = type(small_plant.graph)(twins, kept, small_plant.graph.flows)
    loaded, _ = TwinStore(LoadedTwins(small_plant.models, graph, []), ChangeLog(tmp_path)).as_of()
    assert loaded.graph.relationships == kept
    assert [problem.code for problem in loaded.problems] == ["change.unknown_twin"]


def test_what_follows_from_a_refused_twin_is_not_refused_again(store: TwinStore) -> None:
    lines = [
        {"operation": "DigitalTwins_Add", "id": "x", "twin": {"$metadata": {"$model": "dtmi:test:Nope;1"}}},
        update("x", [{"op": "add", "path": "/name", "value": "X"}]),
        {
            "operation": "DigitalTwins_AddRelationship",
            "id": "tank1",
            "relationshipId": "r",
            "relationship": {"$targetId": "x", "$relationshipName": "feeds"},
        },
        update("tank1", [{"op": "add", "path": "/nme", "value": "X"}]),
    ]
    with pytest.raises(ChangeError) as caught:
        store.apply("\n".join(map(json.dumps, lines)), by="ann", now=NOW)
    assert [each.line for each in caught.value.refusals] == [1, 4]
    assert caught.value.code == "change.refused"
    document = caught.value.as_dict()
    assert isinstance(document["refusals"], list) and document["refusals"][1]["path"] == "/nme"


def test_a_dry_run_says_what_it_would_do_and_leaves_no_trace(store: TwinStore) -> None:
    request = json.dumps(update("pump1", [{"op": "add", "path": "/power", "value": 9}]))
    planned = store.apply(request, by="ann", now=NOW, dry_run=True)
    assert not store.log.path.exists()
    done = store.apply(request, by="ann", now=NOW)
    assert planned.as_dict() | {"commit": 1} == done.as_dict()
    assert planned.as_dict()["value"][0]["changed"] == [{"path": "/power", "before": 7.5, "after": 9}]
