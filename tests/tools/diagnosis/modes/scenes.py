"""Plants of one twin and its neighbours, whose signals deviate as a failure mode's signs say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from twinwright_tools.diagnosis.failure_modes import FailureMode, Library, Sign
from twinwright_tools.diagnosis.result import Deviation
from twinwright_tools.diagnosis.suspicion import Suspicion
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.times import to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.dtdl.types import Interface, Texts
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

ONSET = datetime(2026, 3, 1, 6, tzinfo=UTC)
SUBJECT = "subject"
NEIGHBOURS = ("upstream", "downstream", "part", "driver")
FLOWS = Flows({"feeds": Flow("forward"), "drives": Flow("forward"), "contains": Flow("structure")})
EDGES = (
    Relationship("r1", "feeds", "upstream", SUBJECT),
    Relationship("r2", "feeds", SUBJECT, "downstream"),
    Relationship("r3", "drives", "driver", SUBJECT),
    Relationship("r4", "contains", SUBJECT, "part"),
)
LEAST_SEEN = 0.5


@dataclass(frozen=True)
class Scene:
    """A graph with its models, what every signal does, and the signal that a hypothesis would name."""

    graph: TwinGraph
    models: ModelSet
    found: dict[SignalKey, Suspicion]
    signal: SignalKey | None


def labelled(**labels: str) -> ModelSet:
    """Models with these labels, by the last part of their DTMI."""
    return ModelSet(
        {
            f"dtmi:test:{name};1": Interface(f"dtmi:test:{name};1", (), (), texts=Texts(display_name=label))
            for name, label in labels.items()
        }
    )


def deviation(key: SignalKey, kind: str, direction: int) -> Suspicion:
    """A signal that clearly left its past in one way."""
    one = Deviation(key, kind, 20.0, direction, ONSET, 60.0, 1.0, 2.0, None)  # type: ignore[arg-type]  # kinds to come
    return Suspicion(key, excess=4.0, level=4.0, deviation=one, onset=to_micros(ONSET))


def quiet(key: SignalKey) -> Suspicion:
    """A signal that is recorded and stayed as it was."""
    return Suspicion(key)


def name_of(role: str, library: Library) -> str:
    """A signal name that has the role, in camel case."""
    patterns = library.roles[role].patterns
    words = [word.strip("*") for word in patterns[0]] if patterns else ["reading"]
    return words[0] + "".join(word.capitalize() for word in words[1:])


def typical(mode: FailureMode, equipment: str, roles: Iterable[tuple[str, str]], library: Library) -> Scene:
    """The mode as the book has it: its strongest signs show, and every other signal of these (place, role) is quiet."""
    models = labelled(Subject=equipment, Other="Thing")
    names = (SUBJECT, *NEIGHBOURS)
    twins = {name: Twin(name, f"dtmi:test:{'Subject' if name == SUBJECT else 'Other'};1") for name in names}
    found = {key: quiet(key) for key in (_key(place, role, library) for place, role in roles)}
    signal = None
    for sign in sorted(mode.signature, key=lambda one: one.seen):
        if sign.seen < LEAST_SEEN:
            continue
        key = _key(sign.at, sign.role, library)
        found[key] = deviation(key, sign.counted[0], sign.direction)
        signal = key if key.twin == SUBJECT else signal
    itself = next((sign for sign in mode.signature if sign.at == "itself" and sign.seen >= LEAST_SEEN), None)
    if itself is not None:
        signal = _key("itself", itself.role, library)
    return Scene(TwinGraph(twins, EDGES, FLOWS), models, found, signal)


def _key(place: str, role: str, library: Library) -> SignalKey:
    return SignalKey(SUBJECT if place in ("own", "itself") else place, name_of(role, library))


def places_of(modes: Iterable[FailureMode]) -> list[tuple[str, str]]:
    """Every (place, role) that the modes' signs speak of."""
    signs: Iterable[Sign] = (sign for mode in modes for sign in mode.signature)
    return sorted({("own" if sign.at == "itself" else sign.at, sign.role) for sign in signs})
