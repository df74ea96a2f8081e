"""Isolation points: which energies reach an asset, read from the twin graph, and what to do about each.

Nothing is invented: every point names the relationship that brings the energy, or the model whose kind of machine
stores it. What the graph doesn't say has to be found on site, and the order says that too: where a machine or its
signals show that an energy is there whose supply the graph doesn't have, that is a point of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..twins.graph import Relationship
from .order import IsolationPoint
from .words import lineage, model_words, names_one_of, words

if TYPE_CHECKING:
    from ..plant import Plant


@dataclass(frozen=True, slots=True)
class Energy:
    """A kind of energy: how relationships and their sources are called that bring it, and how to lock it out.

    Attributes:
        signs: words of machines and signals that show that it is there, whether the graph names its supply or not.
        units: units that signals of it have.
    """

    name: str
    action: str
    verbs: frozenset[str]
    sources: frozenset[str]
    signs: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELECTRICAL, MECHANICAL = "electrical power", "mechanical drive"
ENERGIES = (
    Energy(
        ELECTRICAL,
        "open, lock and tag the electrical isolator of {end} at {begin}; prove it dead",
        _set("power powers powered electric electrical electricity energizes energises mains voltage"),
        _set(
            "electrical electric power transformer switchgear switchboard mcc panel feeder ups breaker busbar generator"
        ),
        _set("motor drive inverter vfd servo electric electrical voltage amps ampere amperage"),
        _set("A kA V kV VA kVA MVA var kvar Mvar"),
    ),
    Energy(
        MECHANICAL,
        "lock {begin} against starting and block {end} against turning",
        _set("drive drives driven turns rotates spins actuates lifts"),
        _set("motor gearbox shaft"),
        _set("pump fan blower compressor spindle centrifuge conveyor mixer agitator"),
    ),
    Energy(
        "compressed air",
        "close and lock the valve from {begin} to {end}; vent the air that is left and check for zero pressure",
        _set("air pneumatic pneumatics"),
        _set("air pneumatic pneumatics"),
        _set("pneumatic pneumatics"),
    ),
    Energy(
        "hydraulic pressure",
        "stop and lock {begin}; relieve the pressure, accumulators included, and check for zero pressure",
        _set("hydraulic hydraulics hyd oil"),
        _set("hydraulic hydraulics hyd"),
        _set("hydraulic hydraulics hyd"),
    ),
    Energy(
        "steam or heat",
        "close and lock the valve from {begin} to {end}; drain the condensate and let {end} cool down",
        _set("steam heat heats heated heating"),
        _set("steam boiler heater furnace condensate"),
        _set("steam"),
    ),
    Energy(
        "coolant",
        "close and lock the supply and return valves between {begin} and {end}; drain the section",
        _set("cool cools cooled cooling coolant chill chills chilled glycol brine refrigerates"),
        _set("glycol coolant cooling chiller chilled brine refrigerant"),
        _set("glycol coolant brine refrigerant"),
    ),
    Energy(
        "pressurised gas",
        "close and lock the valve from {begin} to {end}; vent what is left to a safe place",
        _set("gas nitrogen oxygen hydrogen ammonia vacuum"),
        _set("gas nitrogen oxygen hydrogen ammonia compressor blower vacuum"),
        _set("nitrogen oxygen hydrogen ammonia"),
    ),
    Energy(
        "liquid",
        "close and lock the valve from {begin} to {end}; drain the section and check that it is empty",
        _set("water liquid pumps lubricates doses syrup"),
        _set("pump tank valve pipe pipeline exchanger cooler water liquid syrup"),
    ),
)
# The order of work: what moves it first, then what flows into it; what it stores comes last.
_ORDER = {energy.name: number for number, energy in enumerate(ENERGIES)}
# A relationship of such a name brings whatever its source gives; if the source's kind doesn't tell, it is material.
_CARRIES = _set("feed feeds fed supply supplies delivers flows sends discharges transports conveys pipes fills")
_MATERIAL = "stop and lock what {begin} delivers to {end}; clear what is left on the way"
_MEDIA = frozenset({"compressed air", "hydraulic pressure", "steam or heat", "coolant", "pressurised gas", "liquid"})
_UNNAMED = "its supply is not in the twin graph, but {sign}: find it on site, lock and tag it, and prove that it is off"
# Any of these may be what turns a machine.
_TURNS = frozenset({ELECTRICAL, MECHANICAL, "compressed air", "hydraulic pressure", "steam or heat"})
_MACHINE = "-"
_MEDIUM_KEYS = frozenset({"medium", "fluid", "energy", "carries", "service", "utility", "substance"})

STORED = (
    (
        "rotating mass",
        "wait until it stands still, then block it against turning",
        _set("rotating pump motor fan blower compressor spindle turbine centrifuge gearbox"),
    ),
    (
        "pressure inside",
        "relieve it and check for zero pressure at the gauge",
        _set("compressor receiver vessel accumulator reactor hydraulic hydraulics pneumatic header boiler separator"),
    ),
    (
        "liquid inside",
        "drain it and check that it is empty",
        _set("tank pump exchanger cooler filler boiler pipe separator stripper"),
    ),
    ("heat", "let it reach a safe temperature", _set("boiler heater furnace oven steam exchanger reactor condenser")),
    (
        "electrical charge",
        "wait for the discharge time on its plate and prove it dead",
        _set("drive inverter vfd battery ups capacitor rectifier"),
    ),
)


def isolation_points(plant: Plant, asset: str) -> tuple[list[IsolationPoint], list[str]]:
    """The isolation points of an asset, and notes on what the twin graph leaves open.

    Energies enter over relationships in their direction of flow, into the asset or what it contains; where none does,
    those into the nearest thing that contains it. A driven machine's driver is isolated too, and so are media that
    could flow back from where the asset delivers them. An energy that the asset shows to have and that none of them
    brings is taken from what contains it, else it is a point without a source.
    """
    entering = _entering(plant, plant.graph.within(asset))
    through = ""
    for parent in reversed(plant.graph.location(asset)[:-1]):
        if _points(plant, entering):
            break
        entering, through = _entering(plant, [parent]), parent
    points = _points(plant, entering)
    points += _backflows(plant, asset)
    drivers = {point.twin for point in points if point.energy == MECHANICAL}
    points += _points(plant, _entering(plant, sorted(drivers)))
    notes = []
    if not points:
        notes.append(
            f"the twin graph names no energy that reaches {asset}: find its isolation points on site before work"
        )
    elif through:
        notes.append(f"the isolation points are those of {through}, which contains {asset}; it has none of its own")
    starters = [
        one.source for one in _entering(plant, [asset]) if names_one_of(words(one.name), _set("control controls"))
    ]
    notes += [f"{one} can start or move {asset}: put it out of remote control first" for one in dict.fromkeys(starters)]
    for point, place in _unnamed(plant, asset, points):
        points.append(point)
        if place:
            notes.append(f"its {point.energy} is locked out where it reaches {place}, which contains {asset}")
    points.sort(key=lambda point: _ORDER.get(point.energy.partition(",")[0], len(_ORDER)))
    return list(dict.fromkeys([*points, *_stored(plant, asset)])), notes


def _entering(plant: Plant, inside: Iterable[str]) -> list[Relationship]:
    """The relationships that carry something into these twins from outside, in the order of the graph."""
    ends = set(inside)
    edges = plant.graph.influence.in_edges(ends, data=True)
    entering = {data["relationship"].id for begin, _, data in edges if begin not in ends}
    return [relationship for relationship in plant.graph.relationships if relationship.id in entering]


def _points(plant: Plant, relationships: Iterable[Relationship]) -> list[IsolationPoint]:
    found = (_point(plant, relationship) for relationship in relationships)
    return [point for point in found if point is not None]


def _point(plant: Plant, relationship: Relationship) -> IsolationPoint | None:
    edge = plant.graph.flows.edge(relationship.name, relationship.properties)
    ends = (relationship.source, relationship.target)
    begin, end = ends if edge is None or edge.forward else ends[::-1]
    kind = _kind(plant, relationship, begin)
    if kind is None:
        return None
    energy, action = kind
    return IsolationPoint(
        twin=begin, energy=energy, action=action.format(begin=begin, end=end), relationship=relationship.id
    )


def _kind(plant: Plant, relationship: Relationship, begin: str) -> tuple[str, str] | None:
    """The energy that a relationship brings and how to lock it out, or None for one that brings none."""
    named = words(relationship.name)
    media = [word for key in _MEDIUM_KEYS for word in words(str(relationship.properties.get(key, "")))]
    for energy in ENERGIES:
        if energy.verbs.intersection(named) or (energy.verbs | energy.sources).intersection(media):
            return energy.name, energy.action
    if not _CARRIES.intersection(named):
        return None
    for model in lineage(plant, begin):  # the most specific model first
        for energy in ENERGIES:
            if names_one_of(model_words(model), energy.sources):
                return energy.name, energy.action
    return "incoming material", _MATERIAL


def _backflows(plant: Plant, asset: str) -> list[IsolationPoint]:
    """Media that the asset delivers and that could flow back into it while it is open."""
    inside = set(plant.graph.within(asset))
    found = []
    for _, end, data in plant.graph.influence.out_edges(inside, data=True):
        relationship: Relationship = data["relationship"]
        kind = _kind(plant, relationship, asset) if _CARRIES.intersection(words(relationship.name)) else None
        if end not in inside and kind is not None and kind[0] in _MEDIA:
            action = f"close and lock the valve from {asset} to {end}, so that nothing flows back"
            energy = f"{kind[0]}, flowing back"
            found.append(IsolationPoint(twin=end, energy=energy, action=action, relationship=relationship.id))
    return found


def _unnamed(plant: Plant, asset: str, points: Sequence[IsolationPoint]) -> list[tuple[IsolationPoint, str]]:
    """Points for the energies that an asset or its driver shows to have and that no point brings.

    Each with the twin above the asset that the energy reaches, or "" where it reaches none.
    """
    named = {point.energy.partition(",")[0] for point in points}
    drivers = sorted({point.twin for point in points if point.energy == MECHANICAL})
    signs = _signs(plant, [*plant.graph.within(asset), *drivers])
    found: list[tuple[IsolationPoint, str]] = []
    for energy in ENERGIES:
        sign = next((one for one in signs if one.shows(energy)), None)
        turned = energy.name == MECHANICAL and _TURNS & named
        if sign is None or turned or energy.name in named:
            continue
        named.add(energy.name)
        place, above = _above(plant, asset, energy)
        action = _UNNAMED.format(sign=sign.told)
        own = IsolationPoint(twin=asset, energy=energy.name, action=action, relationship=sign.model)
        found += [(point, place) for point in above] or [(own, "")]
    return found


def _above(plant: Plant, asset: str, energy: Energy) -> tuple[str, list[IsolationPoint]]:
    """The nearest of what contains an asset that an energy reaches, and its points."""
    for parent in reversed(plant.graph.location(asset)[:-1]):
        points = [point for point in _points(plant, _entering(plant, [parent])) if point.energy == energy.name]
        if points:
            return parent, points
    return "", []


@dataclass(frozen=True, slots=True)
class _Sign:
    """What may show that a twin has an energy: a kind of machine (`unit` is "-"), or a signal with its unit."""

    words: Sequence[str]
    unit: str | None
    told: str
    model: str

    def shows(self, energy: Energy) -> bool:
        """Whether it does, for one energy; that a signal is called after a machine shows no drive."""
        if names_one_of(self.words, energy.signs) and (energy.name != MECHANICAL or self.unit == _MACHINE):
            return True
        # "current" at the end of a name is what flows; "currentStep" is something else.
        current = energy.name == ELECTRICAL and self.unit is None and self.words[-1:] == ["current"]
        return current or self.unit in energy.units


def _signs(plant: Plant, twins: Sequence[str]) -> list[_Sign]:
    """The machines that twins are, and their signals: those of the models and those that were only recorded."""
    recorded: dict[str, list[tuple[str, str | None]]] = {}
    for info in plant.telemetry.signals():
        recorded.setdefault(info.key.twin, []).append((info.key.signal, info.unit))
    found = []
    for twin in twins:
        model = plant.graph.twin(twin).model
        for kind in lineage(plant, twin):
            found.append(_Sign(model_words(kind), _MACHINE, f"{twin} is a {plant.models.label(kind)}", kind))
        declared = [(one.name, one.unit) for one in plant.models.signals(model)]
        for name, unit in [*declared, *recorded.get(twin, [])]:
            found.append(_Sign(words(name), unit, f"{twin}.{name} shows that there is one", model))
    return found


def _stored(plant: Plant, asset: str) -> list[IsolationPoint]:
    """What the asset itself stores, by the kinds of machine that its model extends; cites the model's DTMI."""
    found: dict[str, IsolationPoint] = {}
    for model in lineage(plant, asset):
        for energy, action, kinds in STORED:
            if energy not in found and names_one_of(model_words(model), kinds):
                name = f"stored: {energy}"
                found[energy] = IsolationPoint(twin=asset, energy=name, action=action, relationship=model)
    return list(found.values())
