"""The twins of a plant with their changes: apply more of them, and see the twins as they stood at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ...errors import ChangeError, TimeFormatError
from ...plant.problems import Problem
from ...times import iso
from ..load import LoadedTwins
from .documents import Document, Key, difference, relationship_of, twin_of
from .draft import Draft
from .log import ChangeLog, Entry, Snapshot
from .requests import Change, read_changes
from .rules import no_twin, result_of

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Applied:
    """What a file of changes did, or would do.

    Attributes:
        commit: its number in the log; None for a dry run, and where there was nothing to do.
        at: the time of all its changes.
        entries: the changes in order, each with what it was before.
    """

    commit: int | None
    at: datetime
    by: str
    entries: list[tuple[Entry, Document | None]]

    def as_dict(self) -> dict[str, Any]:
        """The result as `twinwright twins apply --json` has it."""
        changes = [
            {
                "line": entry.line,
                "operation": entry.operation,
                "twin": entry.key[0],
                "relationship": entry.key[1],
                "etag_before": entry.etag_before,
                "etag_after": entry.etag_after,
                "changed": difference(before, entry.document),
            }
            for entry, before in self.entries
        ]
        return {"commit": self.commit, "at": iso(self.at), "by": self.by, "value": changes}


class TwinStore:
    """Twins as the plant's files have them, and the log of what has changed since."""

    def __init__(self, base: LoadedTwins, log: ChangeLog) -> None:
        self.base = base
        self.log = log

    def as_of(self, at: datetime | None = None) -> tuple[LoadedTwins, str]:
        """Models and graph as they stood at a time (now, if None), and the head of the log that they rest on.

        Raises:
            ChangeError: the log can't be read.
        """
        snapshot = self.log.read(at)
        return with_changes(self.base, snapshot.documents), snapshot.head

    def document(self, twin: str, relationship: str | None = None, at: datetime | None = None) -> Document:
        """A twin, or a relationship that begins at it, as it stood at a time (now, if None).

        Raises:
            ChangeError: there was none; the nearest ids are suggested.
        """
        draft = _draft(self.base, self.log.read(at))
        found = draft.get((twin, relationship))
        if found is None:
            if draft.model(twin) is None:
                raise no_twin(twin, draft)
            known = ", ".join(draft.relationship_ids(twin)[:10]) or "none"
            text = f"twin {twin!r} has no relationship {relationship!r}; there are {known}"
            raise ChangeError(text, code="change.relationship_not_found")
        return found

    def apply(self, text: str, *, by: str, now: datetime, dry_run: bool = False) -> Applied:
        """Applies a file of changes, whole or not at all.

        The lock of the log is held from reading to writing, so that of two processes that apply at once each sees all
        that the other did, or none of it.

        Args:
            text: `changes.jsonl`, see docs/twins-changes.md.
            by: who changes, for the log.
            dry_run: only say what would change.

        Raises:
            ChangeError: some lines were refused, then nothing was changed; `refusals` has all of them.
        """
        if now.tzinfo is None:
            raise TimeFormatError(f"the time of the change {now.isoformat()} has no zone", code="time.naive")
        requests = list(read_changes(text))
        if dry_run:
            return Applied(None, now, by, _run(requests, _draft(self.base, self.log.read()), iso(now)))
        with self.log.writing() as writer:
            at = writer.time(now)
            entries = _run(requests, _draft(self.base, writer.snapshot()), iso(at))
            commit = writer.append([entry for entry, _ in entries], by, at) if entries else None
        return Applied(commit, at, by, entries)


def _draft(base: LoadedTwins, snapshot: Snapshot) -> Draft:
    return Draft(base, snapshot.documents, snapshot.etags)


def _run(requests: Iterable[Change | ChangeError], draft: Draft, at: str) -> list[tuple[Entry, Document | None]]:
    """Every change made to the draft, in order.

    Raises:
        ChangeError: some were refused.
    """
    entries: list[tuple[Entry, Document | None]] = []
    refusals: list[ChangeError] = []
    in_doubt: set[Key] = set()
    for request in requests:
        if isinstance(request, ChangeError):
            refusals.append(request)
            continue
        before = draft.get(request.key)
        try:
            after = result_of(request, draft, at)
        except ChangeError as error:
            # That a twin is missing whose own line was refused is no news: that line has to be mended first.
            if not in_doubt.intersection(_needed(request)):
                error.line = request.line
                refusals.append(error)
            if request.verb == "add":
                in_doubt.add(request.key)
            continue
        draft.put(request.key, after)
        was, now = (document["$etag"] if document else None for document in (before, after))
        entries.append((Entry(request.line, request.operation, request.key, request.request, was, now, after), before))
    if refusals:
        raise _refused(refusals)
    return entries


def _needed(request: Change) -> Iterator[Key]:
    """All that has to be there for a change."""
    if request.verb != "add":
        yield request.key
    if request.key[1] is not None:
        yield request.key[0], None
    target = request.document.get("$targetId")
    if isinstance(target, str):
        yield target, None


def _refused(refusals: list[ChangeError]) -> ChangeError:
    lines = [
        f"line {each.line}{f', {each.path}' if each.path else ''}: {each.message}" for each in refusals[:_MOST_SHOWN]
    ]
    if len(refusals) > _MOST_SHOWN:
        lines.append(f"and {len(refusals) - _MOST_SHOWN} more")
    text = "nothing was changed, because of\n  " + "\n  ".join(lines)
    first = refusals[0]
    code = first.code if len(refusals) == 1 else "change.refused"
    return ChangeError(
        text, code=code, suggestions=first.suggestions, line=first.line, path=first.path, refusals=refusals
    )


def with_changes(loaded: LoadedTwins, documents: Mapping[Key, Document | None]) -> LoadedTwins:
    """A loaded graph with changed documents in it; what no longer fits the files is left out and reported."""
    if not documents:
        return loaded
    twins = dict(loaded.graph.twins)
    relationships = {(each.source, each.id): each for each in loaded.graph.relationships}
    for (twin, relationship), document in documents.items():
        if relationship is None:
            twins.pop(twin, None) if document is None else twins.update({twin: twin_of(document)})
        elif document is None:
            relationships.pop((twin, relationship), None)
        else:
            relationships[twin, relationship] = relationship_of(document)
    problems = list(loaded.problems)
    for key, each in list(relationships.items()):
        gone = next((end for end in (each.source, each.target) if end not in twins), None)
        if gone is not None:
            del relationships[key]
            text = f"relationship {each.id!r} of {each.source!r} names the twin {gone!r}, which is gone; it is left out"
            problems.append(Problem("error", "change.unknown_twin", text))
    problems += [
        Problem(
            "error", "change.unknown_model", f"twin {twin!r} was given the model {twins[twin].model}, which is gone"
        )
        for (twin, relationship), document in documents.items()
        if relationship is None and document is not None and twins[twin].model not in loaded.models
    ]
    graph = replace(loaded.graph, twins=twins, relationships=tuple(relationships.values()))
    return replace(loaded, graph=graph, problems=problems)
