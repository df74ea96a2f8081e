"""The chain from cause to symptom, drawn on the twin graph: boxes and lines with coordinates for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import networkx as nx

from twinwright_tools.plant import Plant
from twinwright_tools.twins.graph import TwinGraph

from .focus import Focus
from .mentions import onsets

BOX_WIDTH, BOX_HEIGHT = 184, 70
SMALL_WIDTH, SMALL_HEIGHT = 168, 24
_GAP, _ROW_GAP = 74, 22
_MOST_ACROSS = 6
_NEIGHBOURS = 2


@dataclass(frozen=True)
class Box:
    """A twin in the picture, with its id or its signals as `detail`; `muted` for one of the neighbourhood."""

    twin: str
    name: str
    x: float
    y: float
    badge: str = ""
    since: str = ""
    detail: str = ""
    muted: bool = False
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT


@dataclass(frozen=True)
class Line:
    """An arrow in the direction in which an upset travels; `label` names the relationships that carry it."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    title: str
    muted: bool = False
    dashed: bool = False


@dataclass
class Picture:
    """An SVG's worth of boxes and lines. `text` says the same in words."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True)
class Link:
    """How two twins of the chain hang together."""

    label: str
    title: str
    dashed: bool = False


def draw_chain(focus: Focus, plant: Plant, *, upright: bool = False) -> Picture | None:
    """The chain from left to right (or from top to bottom), its neighbourhood muted; None without a chain."""
    if not focus.chain:
        return None
    rows = _rows(focus, plant)
    around = _neighbourhood(focus.chain, plant.graph)
    picture = _upright(rows, focus.chain, plant) if upright else _across(rows, focus.chain, around, plant)
    picture.text = in_words(focus.chain, plant)
    return picture


def in_words(chain: Sequence[str], plant: Plant) -> str:
    """The chain as a sentence: ``Pump 1 (pump-1) –cools→ Filler 3 (filler-3)``."""
    parts = [named(plant, chain[0])]
    for begin, end in pairwise(chain):
        parts.append(f"–{link_between(plant.graph, begin, end).label}→ {named(plant, end)}")
    return " ".join(parts)


def named(plant: Plant, twin_id: str) -> str:
    """A twin's name with its id, or the id alone where it has no other name."""
    twin = plant.graph.twins.get(twin_id)
    return twin_id if twin is None or twin.name == twin_id else f"{twin.name} ({twin_id})"


def link_between(graph: TwinGraph, begin: str, end: str) -> Link:
    """What carries an upset from one twin to the next: relationships, a place in the hierarchy, or nothing known."""
    influence = graph.influence
    edges = influence.get_edge_data(begin, end) if influence.has_node(begin) and influence.has_node(end) else None
    if edges:
        carried = [data["relationship"] for data in edges.values()]
        names = list(dict.fromkeys(one.name for one in carried))
        told = "; ".join(f"{one.source} {one.name} {one.target}" for one in carried[:3])
        return Link(", ".join(names[:2]) + (" …" if len(names) > 2 else ""), f"{told}: an upset travels along it")
    if begin in graph.within(end):
        return Link("is part of", f"{begin} is part of {end}", dashed=True)
    if end in graph.within(begin):
        return Link("contains", f"{begin} contains {end}", dashed=True)
    return Link("no path known", f"the twin graph has no relationship from {begin} to {end}", dashed=True)


def _rows(focus: Focus, plant: Plant) -> list[Box]:
    began, last = onsets(focus.mentions), len(focus.chain) - 1
    symptom = focus.symptom.twin if focus.symptom else None
    boxes = []
    for index, twin in enumerate(focus.chain):
        badge = focus.cause_word if index == 0 else "symptom" if index == last else ""
        if index == last == 0 and symptom == twin:
            badge = f"{focus.cause_word} and symptom"
        time = focus.onset if index == 0 and focus.onset else began.get(twin)
        since = f"since {focus.moment(time, plant.zone)[:-7]}" if time else ""
        name = plant.graph.twins[twin].name
        boxes.append(Box(twin, name, 0, 0, badge, since, twin if twin != name else ""))
    if last == 0 and symptom == focus.chain[0] and focus.cause and focus.symptom:
        within = f"{focus.cause.signal} → {focus.symptom.signal}"
        return [replace(boxes[0], detail=within, width=2 * BOX_WIDTH)]
    return boxes


def _neighbourhood(chain: Sequence[str], graph: TwinGraph) -> dict[str, tuple[list[str], list[str]]]:
    """For each twin of the chain: neighbours that could act on it, and neighbours that it could act on."""
    seen, found = set(chain), {}
    influence: nx.MultiDiGraph[str] = graph.influence
    for twin in chain:
        sides: list[list[str]] = []
        for around in (influence.predecessors(twin), influence.successors(twin)):
            fresh = [one for one in dict.fromkeys(around) if one not in seen]
            sides.append(fresh)
            seen.update(fresh[:_NEIGHBOURS])
        found[twin] = (sides[0], sides[1])
    return found


def _elided(rows: list[Box], most: int) -> list[Box]:
    if len(rows) <= most:
        return rows
    left = most - 2
    between = Box("", f"{len(rows) - most + 1} more between", 0, 0)
    return [*rows[:left], between, rows[-1]]


def _across(
    rows: list[Box], chain: Sequence[str], around: dict[str, tuple[list[str], list[str]]], plant: Plant
) -> Picture:
    rows = _elided(rows, _MOST_ACROSS)
    above = max((min(len(around[box.twin][0]), 1) for box in rows if box.twin), default=0)
    below = max((min(len(around[box.twin][1]), 1) for box in rows if box.twin), default=0)
    top = 12 + above * (SMALL_HEIGHT + _ROW_GAP)
    step = BOX_WIDTH + _GAP
    height = top + BOX_HEIGHT + below * (SMALL_HEIGHT + _ROW_GAP) + 4
    picture = Picture(len(rows) * step - _GAP + 4 + rows[-1].width - BOX_WIDTH, height)
    for index, box in enumerate(rows):
        x = 2 + index * step
        picture.boxes.append(replace(box, x=x, y=top))
        if index:
            link = _link(rows[index - 1].twin, box.twin, plant)
            picture.lines.append(
                Line(
                    x - _GAP, top + BOX_HEIGHT / 2, x, top + BOX_HEIGHT / 2, link.label, link.title, dashed=link.dashed
                )
            )
        if box.twin:
            _add_muted(picture, around[box.twin], x, top, plant)
    return picture


def _add_muted(picture: Picture, sides: tuple[list[str], list[str]], x: float, top: float, plant: Plant) -> None:
    middle = x + BOX_WIDTH / 2
    for upward, side in zip((True, False), sides, strict=True):
        if not side:
            continue
        y = top - _ROW_GAP - SMALL_HEIGHT if upward else top + BOX_HEIGHT + _ROW_GAP
        name = plant.graph.twins[side[0]].name if side[0] in plant.graph.twins else side[0]
        more = f" +{len(side) - 1}" if len(side) > 1 else ""
        left = middle - SMALL_WIDTH / 2
        picture.boxes.append(
            Box(side[0], name, left, y, since=more, muted=True, width=SMALL_WIDTH, height=SMALL_HEIGHT)
        )
        ends = (y + SMALL_HEIGHT, top) if upward else (top + BOX_HEIGHT, y)
        title = ", ".join(side[:12])
        picture.lines.append(Line(middle, ends[0], middle, ends[1], "", title, muted=True))


def _upright(rows: list[Box], chain: Sequence[str], plant: Plant) -> Picture:
    rows = _elided(rows, 12)
    step = BOX_HEIGHT + 44
    picture = Picture(320, len(rows) * step - 44 + 16)
    for index, box in enumerate(rows):
        y = 12 + index * step
        picture.boxes.append(replace(box, x=2, y=y, width=316))
        if index:
            link = _link(rows[index - 1].twin, box.twin, plant)
            picture.lines.append(Line(40, y - 44, 40, y, link.label, link.title, dashed=link.dashed))
    return picture


def _link(begin: str, end: str, plant: Plant) -> Link:
    return link_between(plant.graph, begin, end) if begin and end else Link("…", "shown in words below", dashed=True)
