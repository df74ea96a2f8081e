"""One change to one twin or relationship: what it becomes, or why it is refused.

The rules and the names of the refusals (`JsonPatchInvalid`, `ValidationFailed`, `PreconditionFailed` …) are those of
the data-plane reference of Azure Digital Twins.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

from ...errors import ChangeError, nearest
from ..dtdl.types import Component
from .documents import Document, next_etag, own
from .draft import Draft
from .patch import PatchOperation, patched
from .requests import Change, same_etag
from .stamps import stamped, touched_names
from .validate import Violation, relationship_violations, twin_violations

_SOURCE_TIME = "sourceTime"
_GIVEN_ENDS = ("$relationshipId", "$sourceId")


def result_of(change: Change, draft: Draft, at: str) -> Document | None:
    """The document after a change with its new etag; None where it deletes.

    Args:
        at: the time of the change, ISO 8601.

    Raises:
        ChangeError: it is refused; with a path and what was meant.
    """
    before = draft.get(change.key)
    _check_conditions(change, before, draft)
    is_twin = change.key[1] is None
    if change.verb == "delete":
        if is_twin:
            _check_no_relationships(change.key[0], draft)
        return None
    after = _twin(change, before, draft, at) if is_twin else _relationship(change, before, draft)
    after.pop("$etag", None)
    first = next(iter(after))
    etag = next_etag(draft.etag(change.key), after)
    return {first: after[first], "$etag": etag, **{name: each for name, each in after.items() if name != first}}


def _check_conditions(change: Change, before: Document | None, draft: Draft) -> None:
    if change.verb != "add" and before is None:
        raise _not_found(change, draft)
    if change.if_none_match and before is not None:
        what = "relationship" if change.key[1] else "twin"
        text = f"there is a {what} {change.key[1] or change.key[0]!r} already (412), and ifNoneMatch asks for none"
        raise ChangeError(text, code="change.precondition_failed", suggestions=[str(before["$etag"])])
    if change.if_match and before is not None and not same_etag(str(before["$etag"]), change.if_match):
        text = (
            f"the etag is {before['$etag']} by now (412): somebody else has changed it since; look at it again, "
            "and then decide"
        )
        raise ChangeError(text, code="change.precondition_failed", suggestions=[str(before["$etag"])])


def _not_found(change: Change, draft: Draft) -> ChangeError:
    twin, relationship = change.key
    if draft.model(twin) is None:
        return no_twin(twin, draft)
    near = nearest(str(relationship), draft.relationship_ids(twin))
    hint = f"; did you mean {near[0]!r}?" if near else ""
    text = f"twin {twin!r} has no relationship {relationship!r}{hint}"
    return ChangeError(text, code="change.relationship_not_found", suggestions=near)


def no_twin(twin: str, draft: Draft, path: str | None = None) -> ChangeError:
    """The refusal of a twin that isn't there."""
    near = nearest(twin, draft.twin_ids())
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    text = f"there is no twin {twin!r}{hint}"
    return ChangeError(text, code="change.digital_twin_not_found", suggestions=near, path=path)


def _check_no_relationships(twin: str, draft: Draft) -> None:
    keys = draft.touching(twin)
    if keys:
        named = ", ".join(f"{source}/{relationship}" for source, relationship in keys[:3])
        more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
        text = f"twin {twin!r} has relationships, {named}{more}: delete them first, the incoming ones too"
        raise ChangeError(text, code="change.relationships_not_deleted")


def _twin(change: Change, before: Document | None, draft: Draft, at: str) -> Document:
    twin = change.key[0]
    if change.verb == "add":
        after = _with_components({"$dtId": twin, **copy.deepcopy(change.document)}, draft)
        if after["$dtId"] != twin:
            text = f"'$dtId' is {after['$dtId']!r} where 'id' is {twin!r}"
            raise ChangeError(text, code="change.invalid_argument", path="/$dtId", suggestions=[twin])
        after.pop("$relationships", None)
        violations = twin_violations(after, draft.models)
        touched = None
    else:
        existing = before or {}
        after = _updated(existing, change.patch, draft)
        known = set(twin_violations(existing, draft.models)) if _same_model(existing, after) else set()
        if draft.model(twin) not in draft.models:
            known = set()
        violations = [each for each in twin_violations(after, draft.models) if each not in known]
        touched = touched_names(change.patch)
    _refuse(violations)
    if before is not None and not _same_model(before, after):
        _check_relationships_fit(twin, after["$metadata"]["$model"], draft)
    return stamped(after, before, touched, at, draft.models)


def _same_model(before: Document, after: Document) -> bool:
    metadata = after.get("$metadata")
    return isinstance(metadata, dict) and metadata.get("$model") == before["$metadata"]["$model"]


def _with_components(document: Document, draft: Draft) -> Document:
    """A new twin, with the `$metadata` that every component has."""
    metadata = document.get("$metadata")
    model = metadata.get("$model") if isinstance(metadata, dict) else None
    for content in draft.models.contents(model).values() if isinstance(model, str) else ():
        part = document.get(content.name)
        if isinstance(content, Component) and isinstance(part, dict):
            part.setdefault("$metadata", {})
    return document


def _updated(before: Document, operations: Sequence[PatchOperation], draft: Draft) -> Document:
    ready, prepared = copy.deepcopy(before), []
    for operation in operations:
        _check_writable(operation)
        *way, last = operation.names
        if last == _SOURCE_TIME and "$metadata" in way[-2:-1]:
            # Files of graphs often leave the entries out that the service always has.
            operation = _with_entry(ready, operation)
        prepared.append(operation)
    try:
        after = patched(ready, prepared)
    except ChangeError as error:
        raise _explained(error, before, draft) from None
    for operation in operations:
        if operation.names[-1] == _SOURCE_TIME and operation.op != "remove":
            _check_has_value(after, operation)
    return after


def _check_writable(operation: PatchOperation) -> None:
    """Of the service's own fields, only a twin's model and the source times of properties can be written."""
    names = operation.names
    inner = names[1:] if names[0] != "$metadata" else names
    if names == ("$metadata", "$model"):
        return
    if inner[:1] == ("$metadata",):
        if len(inner) == 3 and inner[2] == _SOURCE_TIME:
            return
        text = "of $metadata, only /$metadata/$model and /$metadata/PROPERTY/sourceTime can be written"
        raise ChangeError(text, code="change.json_patch_invalid", path=operation.path)
    if names[0].startswith("$"):
        text = f"{names[0]!r} is set by the service and can't be written"
        raise ChangeError(text, code="change.json_patch_invalid", path=operation.path)


def _with_entry(document: Document, operation: PatchOperation) -> PatchOperation:
    *way, _ = operation.names
    place: object = document
    for name in way:
        if not isinstance(place, dict) or (name != "$metadata" and place is document and name not in document):
            return operation
        place = place.setdefault(name, {})
    return PatchOperation(
        "add" if operation.op == "replace" else operation.op, operation.path, operation.names, operation.value
    )


def _check_has_value(document: Document, operation: PatchOperation) -> None:
    *way, _, name, _ = operation.names
    place = document
    for each in way:
        place = place.get(each, {})
    if name not in place:
        near = nearest(name, own(place), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        text = f"{name!r} has no value that a source time could be told of{hint}"
        raise ChangeError(text, code="change.json_patch_invalid", path=operation.path, suggestions=near)


def _explained(error: ChangeError, before: Document, draft: Draft) -> ChangeError:
    """A refused path, with the names that the model declares where none of the document's was near."""
    model = before["$metadata"]["$model"]
    name = (error.path or "").split("/")[1:2]
    if error.suggestions or not name or model not in draft.models or name[0] in before:
        return error
    contents = draft.models.contents(model)
    if name[0] in contents:
        return error
    near = nearest(name[0], contents)
    hint = f"; did you mean {near[0]!r}, which {model} declares?" if near else f"; nor does {model} declare it"
    return ChangeError(f"{error.message}{hint}", code=error.code, path=error.path, suggestions=near)


def _check_relationships_fit(twin: str, model: str, draft: Draft) -> None:
    """A twin that gets another model keeps its relationships: they have to be ones that the new model can have."""
    for key in draft.touching(twin):
        document = draft.get(key) or {}
        source, target = (
            model if document[end] == twin else draft.model(document[end]) for end in ("$sourceId", "$targetId")
        )
        for violation in relationship_violations(document, source or "", target, draft.models):
            if violation.path in ("/$relationshipName", "/$targetId"):
                text = f"with the model {model}, its relationship {key[0]}/{key[1]} would be wrong: {violation.text}"
                raise ChangeError(text, code="change.validation_failed", path="/$metadata/$model")


def _relationship(change: Change, before: Document | None, draft: Draft) -> Document:
    source, relationship = change.key
    if change.verb == "add":
        if draft.model(source) is None:
            raise no_twin(source, draft)
        after = {"$relationshipId": relationship, "$sourceId": source, **copy.deepcopy(change.document)}
        for name, wanted in zip(_GIVEN_ENDS, (relationship, source), strict=True):
            if after[name] != wanted:
                text = f"{name!r} is {after[name]!r} where {wanted!r} is addressed"
                raise ChangeError(text, code="change.invalid_argument", path=f"/{name}", suggestions=[str(wanted)])
    else:
        for operation in change.patch:
            if operation.names[0].startswith("$"):
                text = f"{operation.names[0]!r} can't be written: delete the relationship and add another"
                raise ChangeError(text, code="change.json_patch_invalid", path=operation.path)
        after = patched(before or {}, change.patch)
    _check_relationship(after, before if change.verb == "update" else None, change, draft)
    return after


def _check_relationship(after: Document, before: Document | None, change: Change, draft: Draft) -> None:
    source, target = change.key[0], after.get("$targetId")
    if not isinstance(target, str):
        text = "a relationship names the twin that it leads to in $targetId"
        raise ChangeError(text, code="change.validation_failed", path="/$targetId")
    if draft.model(target) is None:
        raise no_twin(target, draft, "/$targetId")
    models = (draft.model(source) or "", draft.model(target), draft.models)
    known = set(relationship_violations(before, *models)) if before and models[0] in draft.models else set()
    _refuse([each for each in relationship_violations(after, *models) if each not in known])
    if before is None:
        _check_multiplicity(after, change, draft)


def _check_multiplicity(after: Document, change: Change, draft: Draft) -> None:
    source, name = change.key[0], str(after["$relationshipName"])
    declared = draft.models.relationship(draft.model(source) or "", name)
    most = declared.max_multiplicity if declared else None
    others = [key for key in draft.named(source, name) if key != change.key]
    if most is not None and len(others) >= most:
        text = f"twin {source!r} has {len(others)} relationships {name!r} already, and its model allows {most}"
        raise ChangeError(text, code="change.validation_failed", path="/$relationshipName")


def _refuse(violations: Iterable[Violation]) -> None:
    found = list(violations)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        first = found[0]
        raise ChangeError(
            first.text + more, code="change.validation_failed", path=first.path, suggestions=first.suggestions
        )
