"""Whether an open order is already about what a draft is about: the one function that is asked before a draft is made
and again before it is sent.

It compares asset, failure mode, evidence and time, and says why. Text of orders is other people's: it is compared,
never followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from ..cmms.protocol import CmmsOrder
from ..diagnosis.failure_modes import FailureMode, equipment_of, happens_to, modes_of_plant
from ..times import iso
from .assets import same_id
from .filed import filed_orders
from .likeness import Words, cosine, shared_terms, terms, words_of
from .naming import named

if TYPE_CHECKING:
    from ..cmms.protocol import Connector
    from ..plant import Plant
    from .order import WorkOrder

Verdict = Literal["duplicate", "related", "different"]
Place = Literal["same", "parent", "part", "other"]
# An order that nobody touched for this long before the onset is about something earlier.
ALIVE = timedelta(days=14)
# Tuned on the pairs of evals/labels/duplicates.jsonl that are there for it.
_LEAST, _LEAST_OF_ONE, _LEAST_UNNAMED, _LEAST_BEFORE, _MARGIN = 0.12, 0.3, 0.1, 0.35, 0.7
# Words that are no nearer to any failure than this name none.
_NAMES_NONE = 0.1
_LONGEST_WORD = 40
# What is ordered without anything having failed: it is told from a report in words that nobody has seen before.
_PLANNED = frozenset(
    """yearly annual annually quarterly monthly weekly scheduled planned preventive audit paint repaint install
    modification upgrade project training sticker sign lamp light label nameplate calibration jährlich monatlich
    wöchentlich planmäßig wartung streichen lackieren umbau nachrüsten schulung beschilderung kalibrierung""".split()  # noqa: SIM905
)
# Engines date an onset late or early by so much.
_ONSET = timedelta(hours=2)
_MOST_NEIGHBOURS = 2000
_WRITTEN = 3
_OVER = ("done", "cancelled")


@dataclass(frozen=True)
class Match:
    """What was found of one open order; nothing can be added to one that is `filed` in the plant's own files only."""

    order: CmmsOrder
    verdict: Verdict
    reasons: tuple[str, ...]
    filed: bool = False


@dataclass(frozen=True)
class Subject:
    """What a draft is about.

    Attributes:
        asset: the CMMS's id of the asset; parents, parts: those of what it is part of, and of what is part of it.
        names: what the asset goes by; others: what its neighbours go by, by their twin ids.
        mode: id of the failure mode, or None.
        rivals: ids of the modes that can happen to the asset besides.
        text: title and problem.
        since: the onset, or else the moment of asking.
    """

    asset: str
    parents: frozenset[str]
    parts: frozenset[str]
    names: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]
    mode: str | None
    rivals: frozenset[str]
    text: str
    since: datetime

    @property
    def assets(self) -> list[str]:
        """The CMMS's ids of all of them."""
        return [self.asset, *sorted(self.parents), *sorted(self.parts)]

    def place(self, asset: str | None) -> Place:
        """Where an order's asset stands, seen from the draft's; an order without one stands above everything."""
        if asset == self.asset:
            return "same"
        if asset is None or asset in self.parents:
            return "parent"
        return "part" if asset in self.parts else "other"


class Comparison:
    """Compares drafts with open orders by the words of a plant's failure modes.

    Args:
        modes: the failure modes by id.
        codes: what the site's own failure codes mean, by code, as its catalogue says.
    """

    def __init__(self, modes: Mapping[str, FailureMode], codes: Mapping[str, str] | None = None) -> None:
        self._modes = modes
        self._codes = {code.casefold(): text for code, text in (codes or {}).items()}
        self._words = Words(modes)

    def judge(self, subject: Subject, orders: Iterable[CmmsOrder]) -> list[Match]:
        """What each order is to the draft, duplicates first."""
        found = [self._one(subject, order) for order in orders]
        rank = {"duplicate": 0, "related": 1, "different": 2}
        return sorted(found, key=lambda match: (rank[match.verdict], match.order.id))

    def _one(self, subject: Subject, order: CmmsOrder) -> Match:
        if order.state in _OVER:
            return Match(order, "different", (f"it is {order.status}",))
        place = subject.place(order.asset)
        text = f"{order.title}\n{order.text}"
        if place == "other":
            return Match(order, "different", (f"it is on {order.asset}",))
        reasons = [_PLACES[place].format(asset=order.asset or "no asset")]
        if place == "parent":
            told = named(text, subject.names, subject.others)
            if told == "another":
                return Match(order, "different", (*reasons, "its text names another asset"))
            reasons.append("its text names this asset" if told == "it" else "its text doesn't say which asset")
            if told != "it":
                return Match(order, "related", tuple(reasons))
        same, why = self._same_failure(subject, order, text)
        alive, when = _alive(subject, order)
        return Match(order, "duplicate" if same and alive else "related", (*reasons, why, when))

    def _same_failure(self, subject: Subject, order: CmmsOrder, text: str) -> tuple[bool, str]:
        """Whether the order is about the same failure, by its code, else by its words; and why."""
        code = (order.failure_mode or "").casefold()
        if code and code in self._modes and subject.mode is not None:
            if code == subject.mode:
                return True, f"the same failure mode, {code}"
            return False, f"another failure mode, {code}"
        own, rival, like, against = self._likeness(subject, text, self._codes.get(code, ""))
        if own < _least(subject, order, len(like)):
            if against < _NAMES_NONE and _since(subject, order) and _reports(text):
                return True, "it was opened since this began, and its words name no other failure"
            return False, f"its words are about something else ({own:.2f} of 1 alike)"
        if own < _MARGIN * against:
            return False, f"its words are rather about {rival} ({against:.2f} against {own:.2f})"
        return True, f"its words are about the same ({own:.2f} of 1 alike: {', '.join(like)})"

    def _likeness(self, subject: Subject, text: str, code: str) -> tuple[float, str, list[str], float]:
        """How alike the order is to the draft, the nearest other mode, the words that make it so, and its likeness."""
        mode = self._words.modes.get(subject.mode or "", {})
        # The asset's own name tells no failure from another, but for words that the failure itself is called by.
        gone = {term for name in subject.names for term in terms(name)} - mode.keys()
        # A site's code covers several failures: what was written on the order itself tells more.
        order = self._words.of(f"{text}\n" * _WRITTEN + code, gone)
        draft = self._words.of(subject.text, gone)
        near = mode if cosine(order, mode) >= cosine(order, draft) else draft
        others = [(cosine(order, self._words.modes[one]), one) for one in subject.rivals if one in self._words.modes]
        against, rival = max(others, default=(0.0, ""))
        return cosine(order, near), rival, shared_terms(order, near), against


_PLACES = {"same": "it is on the same asset", "part": "it is on {asset}, a part of it", "parent": "it is on {asset}"}


def _least(subject: Subject, order: CmmsOrder, shared: int) -> float:
    """How alike an order's words have to be to the draft's, sharing so many terms with it.

    An order of before it began has to say so clearly; one word in common is little, but where no failure mode is named
    there are hardly any words to share.
    """
    times = [time for time in (order.created, order.changed) if time is not None]
    if times and max(times) < subject.since - _ONSET:
        return _LEAST_BEFORE
    if subject.mode is None:
        return _LEAST_UNNAMED
    return _LEAST if shared > 1 else _LEAST_OF_ONE


def _since(subject: Subject, order: CmmsOrder) -> bool:
    """Whether an order was opened since it began: whoever then reports something of that asset most likely means it."""
    return order.created is not None and order.created >= subject.since - _ONSET


def _reports(text: str) -> bool:
    """Whether a text says something in words, and not of work that was planned."""
    told = {word for word in words_of(text) if 3 <= len(word) <= _LONGEST_WORD}
    return len(told) > 1 and not told & _PLANNED


def _alive(subject: Subject, order: CmmsOrder) -> tuple[bool, str]:
    touched = max((time for time in (order.created, order.changed) if time is not None), default=None)
    if order.state == "in_progress":
        return True, "it is being worked on"
    if touched is None:
        return True, "nobody knows since when it is open"
    if touched >= subject.since - ALIVE:
        return True, f"it was opened or changed at {iso(touched)}"
    return False, f"nobody touched it since {iso(touched)}, {ALIVE.days} days and more before this began"


def subject_of(plant: Plant, order: WorkOrder, assets: Callable[[str], str | None]) -> Subject | None:
    """What a draft is about, in the CMMS's ids; None where its asset has none there.

    Args:
        assets: the CMMS's id of a twin, or None where it has none.

    Raises:
        UnknownNameError: the draft's asset is no twin any more.
    """
    graph = plant.graph
    graph.twin(order.asset)
    own = assets(order.asset)
    if own is None:
        return None
    above, below = graph.location(order.asset)[:-1], graph.within(order.asset)[1:]
    kinds = equipment_of(order.asset, graph, plant.models)
    library = modes_of_plant(plant)
    return Subject(
        asset=own,
        parents=frozenset(found for twin in above if (found := assets(twin)) is not None),
        parts=frozenset(found for twin in below if (found := assets(twin)) is not None),
        names=_names(plant, order.asset),
        others={twin: _names(plant, twin) for twin in _neighbours(plant, order.asset)},
        mode=order.failure_mode,
        rivals=frozenset(
            mode.id for mode in library.modes.values() if mode.id != order.failure_mode and happens_to(mode, kinds)
        ),
        text=f"{order.title}\n{order.problem}",
        since=order.onset or order.created,
    )


def open_matches(
    plant: Plant, order: WorkOrder, connector: Connector, assets: Callable[[str], str | None]
) -> list[Match]:
    """Asks the CMMS for the open orders on the draft's asset, its parents and its parts, and compares each.

    The open orders in the plant's own history files are compared too. An order that has the draft's own key is the
    draft itself and left out.

    Raises:
        CmmsError: the CMMS couldn't be asked.
        UnknownNameError: the draft's asset is no twin any more.
    """
    subject = subject_of(plant, order, assets)
    there = [] if subject is None else connector.open_orders(subject.assets)
    found = [one for one in there if one.key != order.idempotency_key]
    matches = [] if subject is None else _comparison(plant).judge(subject, found)
    return matches + filed_matches(plant, order, [one.id for one in there])


def about_the_same(match: Match) -> str:
    """A sentence on an open order in the plant's own files that a draft is about."""
    order = match.order
    name = " ".join(order.id.split())[:_LONGEST_WORD]
    return (
        f"open order {name} ({order.url}) is about the same: {'; '.join(match.reasons)}. It stands in the plant's "
        "history files only, so nothing can be added to it from here"
    )


def _comparison(plant: Plant) -> Comparison:
    return Comparison(modes_of_plant(plant).modes, failure_codes(plant))


def filed_matches(plant: Plant, order: WorkOrder, known: Iterable[str] = ()) -> list[Match]:
    """What the open orders in the plant's own history files are to a draft, without what is about something else.

    Args:
        known: ids of orders that the CMMS was asked about already.
    """
    subject = subject_of(plant, order, same_id)
    assert subject is not None  # every twin is its own id
    orders = filed_orders(plant, known)
    judged = _comparison(plant).judge(subject, orders) if orders else []
    return [replace(one, filed=True) for one in judged if one.verdict != "different"]


def failure_codes(plant: Plant) -> dict[str, str]:
    """What the site's failure codes mean, from the catalogue in its history."""
    if not {"kind", "code", "text"} <= set(plant.history.columns()):
        return {}
    found = plant.history.sql("SELECT code, text FROM history WHERE kind = 'failure_code'")
    return {str(code): str(text) for code, text in found.rows}


def _names(plant: Plant, twin: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([twin, plant.graph.twin(twin).name]))


def _neighbours(plant: Plant, asset: str) -> Sequence[str]:
    """The twins that an order on something above the asset could mean instead: all inside it, if those aren't many."""
    above = plant.graph.location(asset)[:-1]
    inside: Sequence[str] = ()
    for place in reversed(above):  # the nearest first
        wider = plant.graph.within(place)
        if len(wider) > _MOST_NEIGHBOURS:
            break
        inside = wider
    return [twin for twin in inside if twin != asset and twin not in above]
