"""The models inherit as they should, and twins, relationships and telemetry fit them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from twinwright_plant.dtdl import dtmi
from twinwright_plant.faults import FAULTS
from twinwright_plant.layout import FLOWS, graph
from twinwright_plant.make import END, simulate_plant
from twinwright_plant.models import models
from twinwright_plant.signals import all_signals

MODELS: dict[str, dict[str, Any]] = {model["@id"]: model for model in models()}


def lineage(model: str) -> list[str]:
    """The model and all that it extends, itself first."""
    up = MODELS[model].get("extends", [])
    parents = [up] if isinstance(up, str) else up
    return [model, *(each for parent in parents for each in lineage(parent))]


def contents(model: str) -> dict[str, dict[str, Any]]:
    """All contents by name, inherited ones included."""
    return {item["name"]: item for each in dict.fromkeys(lineage(model)) for item in MODELS[each]["contents"]}


def test_inheritance_goes_from_asset_to_centrifugal_pump() -> None:
    chain = lineage(dtmi("CentrifugalPump"))
    for ancestor in ("Pump", "RotatingMachine", "PipingComponent", "Asset"):
        assert dtmi(ancestor) in chain
    assert dtmi("InspectingMachine") in lineage(dtmi("Filler"))
    assert contents(dtmi("CentrifugalPump"))["motor"]["schema"] == dtmi("Motor")


@pytest.mark.parametrize("model", MODELS)
def test_names_are_valid_and_defined_once(model: str) -> None:
    seen: dict[str, str] = {}
    for ancestor in dict.fromkeys(lineage(model)):
        for item in MODELS[ancestor]["contents"]:
            assert re.fullmatch(r"[a-zA-Z](?:[a-zA-Z0-9_]*[a-zA-Z0-9])?", item["name"])
            assert seen.setdefault(item["name"], ancestor) == ancestor, f"{item['name']} is inherited and defined again"


def test_a_unit_comes_with_a_semantic_type() -> None:
    for model in MODELS.values():
        for item in model["contents"]:
            assert ("unit" in item) == (isinstance(item["@type"], list) and len(item["@type"]) == 2), item["name"]


def test_the_models_use_what_dtdl_offers() -> None:
    text = str(list(MODELS.values()))
    for word in ("Enum", "Map", "Object", "Array", "Component", "Command", "writable", "'properties'", "'schemas'"):
        assert word in text


def test_twins_fit_their_models() -> None:
    twins, edges = graph()
    ids = [twin["$dtId"] for twin in twins]
    assert len(ids) == len(set(ids))
    kinds = {twin["$dtId"]: twin["$metadata"]["$model"] for twin in twins}
    for twin in twins:
        known = contents(kinds[twin["$dtId"]])
        assert {key for key in twin if not key.startswith("$")} <= set(known), twin["$dtId"]
        needed = {name for name, item in known.items() if item["@type"] == "Component"}
        assert needed <= set(twin), twin["$dtId"]
    assert len({edge["$relationshipId"] for edge in edges}) == len(edges)
    for edge in edges:
        assert edge["$targetId"] in kinds
        stated = contents(kinds[edge["$sourceId"]])[edge["$relationshipName"]]
        named = {item["name"] for item in stated.get("properties", [])}
        assert {key for key in edge if not key.startswith("$")} <= named
        assert edge["$relationshipName"] in FLOWS


def test_every_fault_has_a_way_to_the_line_that_it_is_asked_about() -> None:
    twins, edges = graph()
    reach = {twin["$dtId"]: set[str]() for twin in twins}
    inside: dict[str, set[str]] = {f"line-{line}": set() for line in (1, 2, 3)}
    for edge in edges:
        if edge["$relationshipName"] == "contains" and edge["$sourceId"] in inside:
            inside[edge["$sourceId"]].add(edge["$targetId"])
        if FLOWS[edge["$relationshipName"]] == "forward":
            reach[edge["$sourceId"]].add(edge["$targetId"])
    for fault in FAULTS.values():
        for twin, _ in fault.places:
            assert twin in reach, fault.id
        seen, queue = {fault.twin}, [fault.twin]
        while queue:
            for after in reach[queue.pop()] - seen:
                seen.add(after)
                queue.append(after)
        assert seen & inside[f"line-{fault.line}"], fault.id


def test_every_signal_is_known_to_a_model() -> None:
    run, _ = simulate_plant(None, 1, 1.0, END)
    twins, _ = graph()
    kinds = {twin["$dtId"]: twin["$metadata"]["$model"] for twin in twins}
    sampled, events = all_signals(run)
    assert len({(each.twin, each.signal) for each in [*sampled, *events]}) == len(sampled) + len(events)
    for each in [*sampled, *events]:
        known = contents(kinds[each.twin])
        first, _, rest = each.signal.partition(".")
        assert first in known, each
        if rest:
            assert rest in contents(known[first]["schema"]), each
    keys = {(each.twin, each.signal) for each in [*sampled, *events]}
    for fault in FAULTS.values():
        assert {(twin, fault.signal) for twin, _ in fault.places} <= keys, fault.id
