"""The typed columns that models get, and the numbers that stand for the models."""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_tools.plant.problems import Problem
from twinwright_tools.twins import LoadedTwins, ModelSet
from twinwright_tools.twins.columns import layout_of, pointer
from twinwright_tools.twins.files import Record
from twinwright_tools.twins.load import read_models


def models_of(*contents: list[dict[str, Any]], bases: dict[int, int] | None = None) -> ModelSet:
    """Models M0, M1 … with these contents; `bases` says which extends which."""
    problems: list[Problem] = []
    records = []
    for at, own in enumerate(contents):
        head = {"@context": "dtmi:dtdl:context;3", "@id": f"dtmi:test:M{at};1", "@type": "Interface"}
        extends = {"extends": f"dtmi:test:M{bases[at]};1"} if bases and at in bases else {}
        records.append(Record(head | extends | {"contents": own}, "m.json", "$"))
    models = read_models(records, problems)
    assert not problems
    return models


def prop(name: str, schema: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema}


def test_every_declared_place_of_a_primitive_has_a_column(small_plant: LoadedTwins) -> None:
    layout = layout_of(small_plant.models)
    found = {(".".join(each.place), each.kind) for each in layout.twins}
    assert found == {
        ("critical", "boolean"),
        ("grade", "number"),
        ("installed", "text"),
        ("maker", "text"),
        ("motor.maker", "text"),
        ("motor.poles", "number"),
        ("name", "text"),
        ("nameplate.maker", "text"),
        ("nameplate.year", "number"),
        ("order", "number"),
        ("poles", "number"),
        ("power", "number"),
        ("serviced", "time"),
        ("stages", "number"),
        ("state", "text"),
        ("volume", "number"),
    }
    assert {(each.place, each.kind) for each in layout.relationships} == {
        (("diameter",), "number"),
        (("since",), "text"),
    }


def test_names_differ_where_places_differ_in_case_alone() -> None:
    layout = layout_of(models_of([prop("a", "double"), prop("A", "string")], [prop("a", "string")]))
    assert [(each.place, each.kind) for each in layout.twins] == [
        (("A",), "text"),
        (("a",), "number"),
        (("a",), "text"),
    ]
    assert len({each.name.lower() for each in layout.twins}) == 3
    assert set(layout.columns("twin", ("a",))) == {"number", "text"}
    assert layout.columns("relationship", ("a",)) == {}


def test_the_heirs_of_a_model_have_numbers_in_a_row() -> None:
    layout = layout_of(models_of([], [], [], [], [], bases={1: 0, 2: 3, 4: 1}))
    numbers = {name[-3:-2]: number for name, number in layout.models.items()}
    assert numbers == {"0": 0, "1": 1, "4": 2, "3": 3, "2": 4}


@pytest.mark.parametrize(
    ("place", "written"), [(["a"], "/a"), (["a", "b c"], "/a/b c"), (["a/b", "~"], "/a~1b/~0"), ([""], "/")]
)
def test_a_place_as_a_json_pointer(place: list[str], written: str) -> None:
    assert pointer(place) == written
