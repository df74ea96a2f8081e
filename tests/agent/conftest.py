"""A plant small enough to be made for every test, tools of its own, and a model that says what a test wrote down."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from twinwright_agent.conclusion import Conclusion
from twinwright_agent.models.base import Progress, ToolCall, ToolSpec, Transcript, Turn, Usage
from twinwright_tools.errors import NoDataError, ToolError
from twinwright_tools.evidence import Fact, Finding
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.registry import Effect, Registry, Tool, ToolContext

BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MODELS = [
    {
        "@id": "dtmi:test:Pump;1",
        "@type": "Interface",
        "@context": "dtmi:dtdl:context;3",
        "displayName": "Pump",
        "contents": [
            {"@type": "Telemetry", "name": "pressure", "schema": "double"},
            {"@type": "Relationship", "name": "feeds"},
        ],
    },
    {
        "@id": "dtmi:test:Line;1",
        "@type": "Interface",
        "@context": "dtmi:dtdl:context;3",
        "displayName": "Line",
        "contents": [
            {"@type": "Telemetry", "name": "rate", "schema": "double"},
            {"@type": "Relationship", "name": "contains"},
        ],
    },
]


def write_plant(folder: Path) -> Path:
    """Two pumps, one feeding the other, inside a line; an hour of telemetry."""
    folder.mkdir(parents=True)
    twins = [("line-3", "Line"), ("pump-1", "Pump"), ("pump-2", "Pump")]
    edges = [("pump-1", "feeds", "pump-2"), ("line-3", "contains", "pump-1"), ("line-3", "contains", "pump-2")]
    graph = {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {
            "digitalTwins": [
                {"$dtId": twin, "$etag": "W/1", "$metadata": {"$model": f"dtmi:test:{model};1"}}
                for twin, model in twins
            ],
            "relationships": [
                {
                    "$relationshipId": f"r{number}",
                    "$sourceId": source,
                    "$relationshipName": name,
                    "$targetId": target,
                }
                for number, (source, name, target) in enumerate(edges)
            ],
        },
        "digitalTwinsModels": MODELS,
    }
    (folder / "graph.json").write_text(json.dumps(graph))
    (folder / "twinwright.toml").write_text(
        'name = "Testworks"\ntimezone = "Europe/Berlin"\n[relationships]\nfeeds = "forward"\ncontains = "structure"\n'
        '[vocabulary]\n"third line" = ["line-3"]\n'
    )
    rows = ["timestamp,twin,signal,value"]
    for minute in range(60):
        time = (BEGIN + timedelta(minutes=minute)).isoformat()
        rows += [f"{time},pump-1,pressure,{4.0 if minute < 30 else 2.5}", f"{time},line-3,rate,{600 - minute}"]
    (folder / "telemetry").mkdir()
    (folder / "telemetry" / "all.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="session")
def opened_plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The small plant, opened once: its index is built once."""
    folder = tmp_path_factory.mktemp("small")
    with open_plant(write_plant(folder / "plant"), state=folder / "state") as plant:
        yield plant


@pytest.fixture
def small_plant(opened_plant: Plant, tmp_path: Path) -> Plant:
    """The small plant with a state of the test's own."""
    return replace(opened_plant, state=tmp_path / "state")


class LookArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    twin: str


@dataclass
class Bench:
    """Tools that count how often they really run; `before` is called inside each run."""

    runs: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda name: None
    threads: set[int] = field(default_factory=set)

    def look(self, arguments: LookArguments, context: ToolContext) -> Finding:
        self.before("look")
        self.runs.append(f"look {arguments.twin}")
        self.threads.add(threading.get_ident())
        if arguments.twin not in context.plant.graph.twins:
            raise NoDataError(f"no data of {arguments.twin}", suggestions=["pump-1"])
        return Finding(
            summary=f"{arguments.twin}.pressure fell from 4.0 bar to 2.5 bar at 2026-01-05T08:30:00+00:00.",
            facts=[
                Fact(name="before", value=4.00000049, unit="bar"),
                Fact(name="since", value=2.5, unit="bar"),
                Fact(name="onset", value="2026-01-05T08:30:00+00:00"),
            ],
            reproduce=f"twinwright window {arguments.twin}.pressure",
            provenance="telemetry",
        )

    def draft(self, arguments: LookArguments, context: ToolContext) -> Finding:
        self.before("draft")
        self.runs.append(f"draft {arguments.twin} {context.call} {[item.id for item in context.evidence]}")
        order = {
            "id": "WO-1",
            "asset": arguments.twin,
            "location": ["line-3", arguments.twin],
            "title": "Look at the strainer",
            "problem": "Pressure fell.",
            "failure_mode": None,
            "priority": "P2",
            "priority_reason": "The line is slow.",
            "tasks": [],
            "isolation": [],
            "parts": [],
            "skills": [],
            "duration_h": 1.0,
            "evidence": ["E1"],
            "run": context.run,
            "created": "2026-01-05T09:00:00Z",
            "idempotency_key": f"{context.run}/{context.call}",
        }
        return Finding(summary="Drafted WO-1.", data={"work_order": order}, reproduce="-", provenance="orders")

    def fail(self, arguments: LookArguments, context: ToolContext) -> Finding:
        raise ToolError("the safety layer is down", mendable=False, code="gate.down")

    def registry(self) -> Registry:
        registry = Registry()
        registry.add(Tool("look", "Looks at a twin.", LookArguments, self.look))
        registry.add(Tool("draft_work_order", "Drafts.", LookArguments, self.draft, Effect.DRAFT))
        registry.add(Tool("propose_action", "Proposes.", LookArguments, self.fail, Effect.PROPOSE))
        return registry


@pytest.fixture
def bench() -> Bench:
    return Bench()


@dataclass
class Scripted:
    """A model that plays turns; one that is an exception is raised instead."""

    turns: list[Turn | BaseException]
    name: str = "scripted"
    seen: list[Transcript] = field(default_factory=list)

    def next(self, transcript: Transcript, tools: list[ToolSpec], progress: Progress) -> Turn:
        self.seen.append(transcript)
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        return turn


_NUMBERS = itertools.count()


def calls(*names: str, twin: str = "pump-1") -> Turn:
    """A turn that calls tools on a twin; "look pump-2" names another one than the rest."""
    told = [name.partition(" ") for name in names]
    made = [ToolCall(id=f"c{next(_NUMBERS)}", name=name, arguments={"twin": other or twin}) for name, _, other in told]
    return Turn(calls=made, usage=Usage(input_tokens=100, output_tokens=10))


def says(name: str, **arguments: Any) -> Turn:
    """A turn with one call of any arguments."""
    made = [ToolCall(id=f"c{next(_NUMBERS)}", name=name, arguments=arguments)]
    return Turn(calls=made, usage=Usage(input_tokens=100, output_tokens=10))


def concludes(
    text: str = "pump-1.pressure fell to 2.5 bar.", evidence: list[str] | None = None, **changes: Any
) -> Turn:
    """A turn that concludes with one claim and a hypothesis on it."""
    cited = ["E1"] if evidence is None else evidence
    claim = {"text": text, "evidence": cited}
    hypothesis = {
        "twin": "pump-1",
        "signal": "pressure",
        "mode": None,
        "confidence": 0.7,
        "onset": "2026-01-05T08:30:00+00:00",
        "chain": ["pump-1", "pump-2", "line-3"],
        "why_no_path": None,
        "supports": [{"text": "It fell by 1.5 bar at 09:30.", "evidence": ["E1"]}],
        "contradicts": [],
        "next_check": "Look at the strainer.",
    }
    whole = {"verdict": "cause", "answer": [claim], "hypotheses": [hypothesis], "missing": []} | changes
    return Turn(conclusion=Conclusion.model_validate(whole), usage=Usage(input_tokens=100, output_tokens=10))


@pytest.fixture
def script() -> SimpleNamespace:
    """The scripted model and the turns that it plays."""
    return SimpleNamespace(Model=Scripted, calls=calls, says=says, concludes=concludes)


@pytest.fixture
def plant_folder(tmp_path: Path) -> Path:
    """A small plant folder that nobody has opened."""
    return write_plant(tmp_path / "folder")
