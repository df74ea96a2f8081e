"""Reading and writing models and twins in three forms: whatever goes through them comes out again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.errors import GraphError
from twinwright_tools.twins.documents import (
    FORMS,
    Form,
    TwinDocuments,
    graph_document,
    read_documents,
    write_documents,
)

DATA = Path(__file__).parent / "data"
NAMES = {"explorer": "graph.json", "ndjson": "import.ndjson", "folder": "plant"}

# Half a surrogate pair stands for no character; it is replaced, with a warning, when it is read.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = texts.filter(lambda key: not key.startswith("$"))
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(keys, values, max_size=4)
times = st.just("2026-01-05T08:00:00.1234567Z")


@st.composite
def twins(draw: st.DrawFn) -> dict[str, Any]:
    """A twin as the service exports it: ids, etag, metadata by property, a component, and whatever properties."""
    metadata = {"$model": draw(texts), "power": {"lastUpdateTime": draw(times)}, **draw(bodies)}
    parts = {"$dtId": draw(texts), "$etag": draw(texts), "$metadata": metadata}
    component = {"$metadata": {"power": {"lastUpdateTime": draw(times)}}, **draw(bodies)}
    whole = {**parts, **draw(bodies), "motor": component}
    return dict(draw(st.permutations(list(whole.items()))))


@st.composite
def relationships(draw: st.DrawFn) -> dict[str, Any]:
    names = ("$relationshipId", "$sourceId", "$targetId", "$relationshipName", "$etag")
    whole = {name: draw(texts) for name in names} | draw(bodies)
    return dict(draw(st.permutations(list(whole.items()))))


identifiers = st.from_regex(r"dtmi:[A-Za-z]{1,3}(:[A-Za-z]{1,3}){0,2}(;[1-9](\.[1-9])?)?", fullmatch=True) | texts
models = st.builds(lambda identifier, rest: {"@id": identifier, **rest}, identifiers, bodies)
documents = st.builds(
    TwinDocuments,
    st.lists(models, max_size=4),
    st.lists(twins(), max_size=3),
    st.lists(relationships(), max_size=3),
    st.dictionaries(keys, values, min_size=1, max_size=3),
    st.dictionaries(keys.filter(lambda key: not key.startswith("digitalTwins")), values, max_size=2),
)


def ordered(documents: TwinDocuments) -> str:
    """Everything with the order of members, which comparing dictionaries doesn't see."""
    return json.dumps([graph_document(documents), [str(each) for each in documents.problems]])


@given(documents, st.lists(st.sampled_from(FORMS), min_size=1, max_size=3))
def test_nothing_is_lost_on_the_way_through_any_forms(
    tmp_path_factory: pytest.TempPathFactory, whole: TwinDocuments, forms: list[Form]
) -> None:
    carried = whole
    for form in forms:
        path = tmp_path_factory.mktemp("forms") / NAMES[form]
        write_documents(carried, form, path)
        if whole.models or whole.twins or whole.relationships:
            carried = read_documents(path)
    assert ordered(carried) == ordered(whole)


@pytest.mark.parametrize("form", FORMS)
def test_a_plant_comes_back_as_it_was(tmp_path: Path, form: Form) -> None:
    whole = read_documents(DATA / "plant")
    assert whole.counts() == {"models": 7, "twins": 7, "relationships": 7}
    write_documents(whole, form, tmp_path / NAMES[form])
    assert ordered(read_documents(tmp_path / NAMES[form])) == ordered(whole)


def test_the_forms_are_those_that_are_documented(tmp_path: Path) -> None:
    whole = read_documents(DATA / "plant")
    write_documents(whole, "ndjson", tmp_path / "x.ndjson")
    lines = [json.loads(line) for line in (tmp_path / "x.ndjson").read_text().splitlines()]
    sections = [line["Section"] for line in lines if "Section" in line]
    assert sections == ["Header", "Models", "Twins", "Relationships"]
    assert lines[1] == {"fileVersion": "1.0.0"}
    assert {"$dtId", "$relationshipId", "$targetId", "$relationshipName"} <= lines[-1].keys()
    assert "$sourceId" not in lines[-1]
    write_documents(whole, "explorer", tmp_path / "x.json")
    graph = json.loads((tmp_path / "x.json").read_text())
    assert list(graph) == ["digitalTwinsFileInfo", "digitalTwinsGraph", "digitalTwinsModels"]
    assert graph["digitalTwinsGraph"]["relationships"] == whole.relationships
    written = write_documents(whole, "folder", tmp_path / "x")
    assert tmp_path / "x/models/dtmi/test/centrifugalpump-1.json" in written
    assert len(written) == 8


def test_models_whose_files_would_have_one_name_have_two(tmp_path: Path) -> None:
    models = [{"@id": each} for each in ("dtmi:a:Pump;1", "dtmi:a:pump;1", "no dtmi", "dtmi:a:..;1", "dtmi:a:Pump")]
    whole = TwinDocuments([*models, {"displayName": "nameless"}])
    write_documents(whole, "folder", tmp_path / "x")
    assert read_documents(tmp_path / "x").models == whole.models
    assert all(path.is_relative_to(tmp_path / "x" / "models") for path in (tmp_path / "x" / "models").rglob("*"))


def test_changes_go_to_their_places() -> None:
    twins = [{"$dtId": each} for each in "abc"]
    relationships = [{"$sourceId": "a", "$relationshipId": each, "$targetId": "b"} for each in ("r", "s")]
    whole = TwinDocuments([], [*twins, "odd", {"$dtId": []}], relationships)
    new = {"$sourceId": "b", "$relationshipId": "r", "$targetId": "c"}
    changes = {("b", None): {"$dtId": "b", "x": 1}, ("c", None): None, ("d", None): {"$dtId": "d"}}
    changed = whole.with_changes({**changes, ("a", "s"): None, ("b", "r"): new, ("z", None): None})
    assert changed.twins == [{"$dtId": "a"}, {"$dtId": "b", "x": 1}, "odd", {"$dtId": []}, {"$dtId": "d"}]
    assert changed.relationships == [relationships[0], new]
    assert whole.twins[1] == {"$dtId": "b"}


def test_a_folder_of_dtdl_files_is_read_in_whatever_folders(tmp_path: Path) -> None:
    (tmp_path / "assets" / "pumps").mkdir(parents=True)
    (tmp_path / "assets" / "pumps" / "all.json").write_text('[{"@id": "dtmi:a:A;1"}, {"@id": "dtmi:a:B;1"}]')
    (tmp_path / "place.json").write_text('{"@id": "dtmi:a:C;1"}')
    assert [each["@id"] for each in read_documents(tmp_path).models] == ["dtmi:a:A;1", "dtmi:a:B;1", "dtmi:a:C;1"]
    assert [each["@id"] for each in read_documents(tmp_path / "place.json").models] == ["dtmi:a:C;1"]


def test_a_property_called_section_is_no_section(tmp_path: Path) -> None:
    twin = {"$dtId": "a", "Section": "Models", "$metadata": {"$model": "dtmi:a:A;1"}}
    write_documents(TwinDocuments(twins=[twin]), "ndjson", tmp_path / "x.ndjson")
    assert read_documents(tmp_path / "x.ndjson").twins == [twin]


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "json.syntax"), ('{"digitalTwinsModels": []}', "graph.missing_section"), ("[1e999]", "json.syntax")],
)
def test_what_cant_be_read_is_said(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert [problem.code for problem in read_documents(tmp_path / "x.json").problems] == [code]


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    whole = TwinDocuments(models=[{"@id": "dtmi:a:A;1"}])
    for form in FORMS:
        path = tmp_path / NAMES[form]
        write_documents(whole, form, path)
        with pytest.raises(GraphError, match="already"):
            write_documents(whole, form, path)
        write_documents(whole, form, path, replace=True)
        assert read_documents(path).models == whole.models


def test_what_isnt_there_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.json"):
        with pytest.raises(GraphError):
            read_documents(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(GraphError, match="written"):
        write_documents(TwinDocuments(), "explorer", tmp_path / "file" / "x.json")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
