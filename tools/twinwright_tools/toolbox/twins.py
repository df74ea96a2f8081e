"""`find_twins` and `describe_twin`: which assets there are, and what hangs on one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from ..errors import NoDataError, UnknownNameError
from ..evidence import Fact, Finding, Scalar
from ..registry import Tool, ToolContext
from ..telemetry.series import SignalInfo, SignalKey
from ..times import iso
from ..twins.dtdl.types import NUMERIC
from .arguments import ToolArguments, between, some_text
from .bounds import BUDGET_CHARS, command, fitting, shortened, size
from .matching import Names, TwinMatch
from .provenance import source_of
from .words import pieces

if TYPE_CHECKING:
    from ..plant import Plant
    from ..twins.dtdl.types import SignalDefinition

_SIGNALS = 6
_MODELS = 6
_CHECKS = 2
_MOVE = re.compile(r" (rises|falls|deviates|grows unsteady|grows too quiet)\b")
_KINDS = re.compile(r" \(.*\)$")


class FindTwins(ToolArguments):
    """Arguments of `find_twins`."""

    words: Annotated[str, AfterValidator(some_text)] = Field(description="Such as 'line 3 filler speed' or 'pumps'.")
    limit: Annotated[int, AfterValidator(between(1, 30))] = Field(description="Most twins, 1 to 30.")


class DescribeTwin(ToolArguments):
    """Arguments of `describe_twin`."""

    twin: str
    modes: bool = Field(False, description="Also the failure modes that it can have, with their signs.")


def find_twins(arguments: FindTwins, context: ToolContext) -> Finding:
    """Twins, models and signals that words may mean; names that nothing has; and where and when the plant is."""
    plant = context.plant
    names = _names(plant)
    words, mended = names.read(arguments.words)
    matches = names.twins(arguments.words)
    best = matches[: arguments.limit]
    rows = fitting([_match_row(plant, one) for one in best], BUDGET_CHARS // 2)
    signals = _signals(plant, names, matches, words)
    unknown = [{"words": one.words, "nearest": list(one.nearest)} for one in names.unknown(arguments.words)]
    known = {word for one in matches for word in one.words} | {word for row in signals for word in row["words"]}
    models = [_model_row(plant, model) for model in names.kinds(arguments.words)[:_MODELS]]
    nothing = [word for word in words if word not in known and word not in names.every_word]
    return Finding(
        summary=_summary(arguments.words, rows, models, unknown),
        facts=[
            *(Fact(name="best match", value=row["id"]) for row in rows[:1]),
            *(Fact(name=f"{row['label']} count", value=row["count"]) for row in models),
            *(Fact(name=f"nearest to {one['words']}", value=near) for one in unknown for near in one["nearest"]),
        ],
        data={
            "twins": rows,
            "signals": signals,
            "models": models,
            "unknown": unknown,
            "read_as": [{"word": word, "as": other} for word, other in mended.items()],
            "meaning_nothing_here": nothing,
            "site": _site(plant),
        },
        reproduce=command("query", "SELECT T.$dtId, T.$metadata.$model FROM DIGITALTWINS T"),
        provenance="twin graph",
    )


def _names(plant: Plant) -> Names:
    return Names(plant.graph, plant.models, plant.config.vocabulary)


def _match_row(plant: Plant, match: TwinMatch) -> dict[str, Any]:
    twin = plant.graph.twins[match.twin]
    return {
        "id": twin.id,
        "name": twin.name,
        "model": plant.models.label(twin.model),
        "words": list(match.words),
        "named": round(match.named, 3),
        "exact": match.exact,
        "noun": match.noun,
        "unsaid": match.unsaid,
    }


def _signals(plant: Plant, names: Names, matches: list[TwinMatch], words: list[str]) -> list[dict[str, Any]]:
    """Recorded signals that words name: those of the twins that were named first, else those of any twin."""
    named = [match.twin for match in matches]
    order = named + [twin for twin in plant.graph.twins if twin not in set(named)]
    recorded = {info.key: info for info in plant.telemetry.signals()}
    scores = {match.twin: match.named for match in matches}
    found = []
    for twin in order:
        for signal, score in names.signals(twin, words):
            info = recorded.get(SignalKey(twin, signal))
            if info is not None:
                found.append((score + scores.get(twin, 0.0), info))
    found.sort(key=lambda item: (-item[0], order.index(item[1].key.twin)))
    rows = []
    for score, info in found[:_SIGNALS]:
        said = names.signal_words.get(f"{plant.graph.twins[info.key.twin].model} {info.key.signal}", set())
        rows.append(
            {
                "twin": info.key.twin,
                "signal": info.key.signal,
                "unit": info.unit,
                "score": round(score, 2),
                "location": plant.graph.location(info.key.twin),
                "words": [word for word in words if word in said],
            }
        )
    return rows


def _model_row(plant: Plant, model: str) -> dict[str, Any]:
    count = sum(plant.models.is_a(twin.model, model) for twin in plant.graph.twins.values())
    label = plant.models.label(model)
    return {"model": model, "label": label, "noun": pieces(label)[-1], "count": count}


def _site(plant: Plant) -> dict[str, Any]:
    span = plant.telemetry.span()
    return {
        "zone": plant.zone.key,
        "at": iso(plant.at),
        "recorded_from": iso(span[0]) if span else None,
        "recorded_to": iso(span[1]) if span else None,
        "twins": len(plant.graph.twins),
    }


def _summary(
    words: str, rows: list[dict[str, Any]], models: list[dict[str, Any]], unknown: list[dict[str, Any]]
) -> str:
    sentences = []
    if rows:
        sentences.append(f"{words!r} comes nearest to {rows[0]['id']}.")
    else:
        sentences.append(f"No twin is called anything like {words!r}.")
    for model in models[:2]:
        sentences.append(f"There are {model['count']} of model {model['label']}.")
    for one in unknown:
        near = ", ".join(one["nearest"]) or "none"
        sentences.append(f"Nothing here is called {one['words']!r}; nearest names: {near}.")
    return " ".join(sentences)


def describe_twin(arguments: DescribeTwin, context: ToolContext) -> Finding:
    """Model, place, neighbours, parts, properties and signals with their newest values.

    Raises:
        UnknownNameError: there is no such twin.
    """
    plant = context.plant
    names = plant.graph.twins
    if arguments.twin not in names:
        near = _names(plant).near(arguments.twin)
        if not near:
            raise UnknownNameError.of("twin", arguments.twin, names)
        raise UnknownNameError(
            f"there is no twin {arguments.twin!r}; did you mean {', '.join(near)}?",
            code="unknown_twin",
            suggestions=near,
        )
    twin = names[arguments.twin]
    signals = _described_signals(plant, twin.id)
    data: dict[str, Any] = {
        "id": twin.id,
        "name": twin.name,
        "model": {"id": twin.model, "label": plant.models.label(twin.model)},
        "kinds": [plant.models.label(one) for one in plant.models.lineage(twin.model)],
        "location": plant.graph.location(twin.id),
        "neighbours": fitting(_neighbours(plant, twin.id), 2200),
        "parts": fitting(plant.graph.children.get(twin.id, []), 600),
        "parts_by": _parts_by(plant, twin.id),
        "properties": _properties({name: value for name, value in twin.properties.items() if value != twin.name}),
    }
    defined = [one for one in plant.models.signals(twin.model) if one.kind == "property"]
    units = {one.name: one.unit for one in defined if one.unit and one.name in data["properties"]}
    data |= {"units": units, "writable": [one.name for one in defined if can_be_set(one)]}
    data["signals"] = fitting(signals, max(1500, BUDGET_CHARS - size(data) - 800))
    if arguments.modes:
        data |= _failure_modes(plant, twin.id)
    shown = data["signals"]
    ages = [row["age_s"] for row in shown if row["age_s"] is not None]
    return Finding(
        summary=_described(data, len(signals)),
        facts=[
            Fact(name="signals", value=len(signals)),
            Fact(name="neighbours", value=len(data["neighbours"])),
            Fact(name="parts", value=len(plant.graph.children.get(twin.id, []))),
            *(fact for row in shown for fact in _signal_facts(twin.id, row)),
            *(
                Fact(name=f"{twin.id} {name}", value=value, unit=units.get(name))
                for name, value in data["properties"].items()
            ),
        ],
        data=data,
        reproduce=command("query", f"SELECT * FROM DIGITALTWINS T WHERE T.$dtId = '{twin.id}'"),
        provenance=source_of(plant, [SignalKey(twin.id, row["signal"]) for row in shown], "twin graph"),
        age_s=min(ages) if ages else None,
    )


def _failure_modes(plant: Plant, twin: str) -> dict[str, Any]:
    """The failure modes that a twin can have: the signs of each on signals by role, and what to check to tell them."""
    from ..diagnosis.failure_modes import equipment_of, happens_to, modes_of_plant

    equipment = equipment_of(twin, plant.graph, plant.models)
    modes = [mode for mode in modes_of_plant(plant).modes.values() if happens_to(mode, equipment)]
    # What happens to any instrument comes last.
    modes.sort(key=lambda mode: mode.anywhere)
    checks: dict[str, list[str]] = {}
    for mode in modes:
        for text in mode.checks[:_CHECKS]:
            checks.setdefault(text, []).append(mode.id)
    return {
        "failure_modes": [
            {"mode": mode.id, "signs": _signs(sign.text for sign in mode.signature), "tasks": list(mode.tasks)}
            for mode in modes
        ],
        "mode_checks": [{"check": text, "of": of} for text, of in checks.items()],
    }


def _signs(texts: Iterable[str]) -> str:
    """Signs in words, those that go the same way together: "rises: vibration, noise; falls: speed".

    By which kinds of deviation a signal rises or falls is left out.
    """
    ways: dict[str, list[str]] = {}
    for text in texts:
        what, way, rest = _MOVE.split(text, maxsplit=1)
        how = _KINDS.sub("", rest) if way in {"rises", "falls"} else rest
        ways.setdefault(way.removeprefix("grows "), []).append(f"{what}{how}")
    return "; ".join(f"{way}: {', '.join(dict.fromkeys(what))}" for way, what in ways.items())


def can_be_set(one: SignalDefinition) -> bool:
    """Whether an action on it may be proposed: a property that is a number and may be written."""
    return one.kind == "property" and one.writable and one.schema in NUMERIC


def _described_signals(plant: Plant, twin: str) -> list[dict[str, Any]]:
    """The twin's signals with unit, span and newest value; those of a model that were never recorded come last."""
    recorded = {info.key.signal: info for info in plant.telemetry.signals() if info.key.twin == twin}
    newest = _newest(plant, list(recorded.values()))
    model = plant.graph.twins[twin].model
    rows = []
    for name, info in recorded.items():
        rows.append(
            {
                "signal": name,
                "unit": info.unit,
                "kind": info.kind,
                "sampling": info.sampling,
                "first": iso(info.first),
                "last": iso(info.last),
                "age_s": (plant.at - info.last).total_seconds(),
                "newest": newest.get(name),
            }
        )
    for one in plant.models.signals(model):
        if one.kind == "telemetry" and one.name not in recorded and one.display_name not in recorded:
            rows.append({"signal": one.name, "unit": one.unit, "kind": "never recorded", "age_s": None, "newest": None})
    return rows


def _newest(plant: Plant, infos: list[SignalInfo]) -> dict[str, Scalar]:
    if not infos:
        return {}
    start = min(info.last for info in infos)
    found: dict[str, Scalar] = {}
    try:
        series = plant.telemetry.series([info.key for info in infos], start=start)
    except NoDataError:
        return {}
    for key, one in series.items():
        if not len(one):
            continue
        text = one.texts[-1] if one.texts is not None else None
        found[key.signal] = str(text) if text is not None else float(one.values[-1])
    return found


def _neighbours(plant: Plant, twin: str) -> list[dict[str, str]]:
    """What the twin is related to, the source of each relationship first, and whether an upset comes or goes."""
    rows = []
    for one in plant.graph.relationships:
        if twin not in (one.source, one.target) or plant.graph.flows.is_structure(one.name):
            continue
        other = one.target if one.source == twin else one.source
        edge = plant.graph.flows.edge(one.name, one.properties)
        travels_out = edge is not None and edge.forward == (one.source == twin)
        link = f"it {one.name} {other}" if one.source == twin else f"{other} {one.name} it"
        upset = "goes" if travels_out else "comes"
        rows.append({"twin": other, "relationship": one.name, "link": link, "upset": upset})
    return [dict(row) for row in dict.fromkeys(tuple(sorted(row.items())) for row in rows)]


def _parts_by(plant: Plant, twin: str) -> str | None:
    """The relationship by which the twin holds its parts, for queries that look inside it."""
    flows = plant.graph.flows
    return next(
        (one.name for one in plant.graph.relationships if one.source == twin and flows.is_structure(one.name)), None
    )


def _properties(properties: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in properties.items():
        if isinstance(value, bool | int | float | str) and size(kept) < 1200:
            kept[name] = shortened(value, 160)
    return kept


def _signal_facts(twin: str, row: dict[str, Any]) -> list[Fact]:
    if row["newest"] is None:
        return []
    return [Fact(name=f"{twin}.{row['signal']} newest", value=row["newest"], unit=row["unit"])]


def _described(data: dict[str, Any], signals: int) -> str:
    sources = [one["twin"] for one in data["neighbours"] if one["upset"] == "comes"]
    called = f" ({data['name']})" if data["name"] != data["id"] else ""
    place = " / ".join(data["location"][:-1])
    sentence = (
        f"{data['id']}{called} is a {data['model']['label']}{f' in {place}' if place else ''} with {signals} signals."
    )
    if data["neighbours"]:
        sentence += f" Upsets reach it from {', '.join(dict.fromkeys(sources)) or 'nothing'}."
    return sentence


FIND_TWINS = Tool(
    name="find_twins",
    description="The twins, models and signals that words may mean, by the plant's own names.",
    arguments=FindTwins,
    function=find_twins,
)
DESCRIBE_TWIN = Tool(
    name="describe_twin",
    description="One twin in full: model, place, neighbours, parts, properties and signals.",
    arguments=DescribeTwin,
    function=describe_twin,
)
