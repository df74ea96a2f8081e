"""Compaction: when the transcript passes a size, older results shrink to what is still needed of them.

Evidence that the ledger, a draft or a conclusion cites keeps its facts word for word, and the ledger stays as it is;
of other results the id and the summary stay. All of them are kept whole in the store, and `read_result` reads them
again.

What is compacted is worked out from the transcript alone, by going through it as it grew: a request is its
predecessor, byte for byte, plus what is new, except where a compaction fell between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ledger import cited_in
from ..rendering import compact, render_compact, render_result
from .base import Entry, ToolResult, Transcript

# Characters of all messages, about 30,000 tokens: a whole investigation as it should be stays below.
COMPACT_AT = 100_000
# A plot counts as much as its tokens would as text.
IMAGE_SIZE = 5_000
# The newest results stay whole, however long they are.
KEPT_WHOLE = 2
# A compaction costs the cache: it has to save at least this share of the size at which it is looked at.
LEAST_GAIN = 0.2


@dataclass(frozen=True)
class Compaction:
    """Entries below `upto` are shown in their compact form.

    Attributes:
        cited: ids of the evidence that keeps its facts.
        ledger: number of the entry that holds the ledger as it stood, or None.
    """

    upto: int = 0
    cited: frozenset[str] = field(default_factory=frozenset)
    ledger: int | None = None

    def shown(self, number: int, result: ToolResult) -> str:
        """A result of entry `number` (0-based) as the model reads it."""
        if number >= self.upto:
            return result.shown(render_result)
        return render_compact(result, self.cited, number == self.ledger)


def compaction_of(entries: Sequence[Entry], at: int = COMPACT_AT) -> Compaction:
    """What is compacted once the transcript has grown to these entries."""
    whole = [_size(entry, number, Compaction()) for number, entry in enumerate(entries)]
    if sum(whole) <= at:
        return Compaction()
    found, sizes, size = Compaction(), list(whole), 0
    for number, entry in enumerate(entries, 1):
        size += sizes[number - 1]
        # A request ends with what the model is told: a compaction falls just before one.
        if entry.kind == "turn" or size <= at:
            continue
        tried = _next(entries[:number])
        shrunk = [_size(each, place, tried) for place, each in enumerate(entries[: tried.upto])]
        if sum(sizes[: tried.upto]) - sum(shrunk) >= LEAST_GAIN * at:
            found, sizes = tried, [*shrunk, *whole[tried.upto :]]
            size = sum(sizes[:number])
    return found


def _next(entries: Sequence[Entry]) -> Compaction:
    results = [number for number, entry in enumerate(entries) if entry.kind == "results"]
    upto = results[-KEPT_WHOLE] if len(results) >= KEPT_WHOLE else 0
    ledgers = [number for number in results if any(_is_ledger(each) for each in entries[number].results)]
    return Compaction(upto, frozenset(cited_by(entries)), ledgers[-1] if ledgers else None)


def cited_by(entries: Sequence[Entry]) -> set[str]:
    """Ids of the evidence that the ledger, drafts, proposals and conclusions cite."""
    ids = cited_in(Transcript(plant="", at="", entries=list(entries)).ledger)
    for entry in entries:
        for call in entry.turn.calls if entry.turn else []:
            named = call.arguments.get("evidence")
            ids |= {each for each in named if isinstance(each, str)} if isinstance(named, list) else set()
        conclusion = entry.turn.conclusion if entry.turn else None
        if conclusion is not None:
            claims = [*conclusion.answer]
            for one in conclusion.hypotheses:
                claims += [*one.supports, *one.contradicts]
            ids |= {each for claim in claims for each in claim.evidence}
    return ids


def _is_ledger(result: ToolResult) -> bool:
    return result.note is not None and result.note["kind"] == "ledger"


def _size(entry: Entry, number: int, compaction: Compaction) -> int:
    if entry.turn is not None:
        said = entry.turn
        return len(compact(said.raw)) if said.raw else len(said.model_dump_json(exclude={"usage", "raw"}))
    images = sum(bool(result.evidence and result.evidence.image) for result in entry.results)
    plots = images * IMAGE_SIZE if number >= compaction.upto else 0
    return len(entry.text) + plots + sum(len(compaction.shown(number, result)) for result in entry.results)
