"""The loop: model turn, tool calls, evidence, conclusion, grounding check; LangGraph owns control flow and resuming.

::

    START ─▶ think ─▶ act ─▶ think …          calls
                │
                ├───▶ check ─▶ think          what doesn't stand goes back, twice at most
                │        └───▶ END            what stands; the rest is struck
                └───▶ END                     the budget is spent, or the model has nothing to say

Every step is checkpointed in SQLite before the next one begins. What stands in the state is plain JSON.
"""

from __future__ import annotations

import operator
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from twinwright_prompts import render
from twinwright_tools.errors import ModelCallError
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry
from twinwright_tools.times import iso

from .assemble import Ending, assemble
from .budget import Budget
from .calls import Caller
from .grounding import Grounds, check, strike
from .models.base import Entry, Model, ModelRefusedError, Progress, ToolSpec, Transcript
from .plant_text import plant_text
from .result import Investigation, RunUsage
from .specs import tool_specs
from .store import RunStore, question_of

__all__ = ["investigate", "new_run_id", "question_of"]

# A turn that holds nothing is answered with a nudge; a model that goes on like that has failed.
MOST_NUDGES = 2
# From that many turns before the end on, the model is told to conclude.
LAST_TURNS = 2


class State(TypedDict, total=False):
    """What a checkpoint holds, as JSON."""

    entries: Annotated[list[dict[str, Any]], operator.add]
    usage: dict[str, Any]
    repairs: int
    nudges: int
    ending: dict[str, Any] | None


@dataclass
class _Loop:
    """The steps of one run."""

    plant: Plant
    model: Model
    budget: Budget
    caller: Caller
    specs: list[ToolSpec]
    text: str
    before: Sequence[Entry]
    progress: Progress
    began: float = field(default_factory=time.monotonic)

    def think(self, state: State) -> State:
        """The model's next turn, unless the budget is spent."""
        usage = RunUsage.model_validate(state["usage"])
        if (spent := self.budget.spent(usage)) is not None:
            return {"ending": Ending(reason=spent, status="out_of_budget").model_dump(mode="json")}
        turn = self.model.next(self.transcript(state), self.specs, self.progress)
        entries = [Entry(kind="turn", turn=turn)]
        usage = self._with_time(usage + RunUsage(**turn.usage.model_dump(), turns=1))
        if turn.calls or turn.conclusion is not None:
            return {"entries": _json(entries), "usage": usage.model_dump()}
        if state["nudges"] >= MOST_NUDGES:
            ending = Ending(reason="the model neither called a tool nor concluded, several times over", status="failed")
            return {"entries": _json(entries), "usage": usage.model_dump(), "ending": ending.model_dump(mode="json")}
        entries.append(Entry(kind="repair", text=render("nudge")))
        return {"entries": _json(entries), "usage": usage.model_dump(), "nudges": state["nudges"] + 1}

    def act(self, state: State) -> State:
        """The calls of the last turn."""
        transcript = self.transcript(state)
        turn = transcript.entries[-1].turn
        assert turn is not None  # the graph comes here from a turn with calls only
        usage = RunUsage.model_validate(state["usage"])
        results = self.caller.make(usage.turns, turn.calls, transcript.evidence)
        errors = sum(result.error is not None for result in results)
        usage = self._with_time(usage + RunUsage(tool_calls=len(results), tool_errors=errors))
        left = self.budget.turns - usage.turns
        note = render("budget", left=left) if 0 < left <= LAST_TURNS else ""
        return {"entries": _json([Entry(kind="results", results=results, text=note)]), "usage": usage.model_dump()}

    def check(self, state: State) -> State:
        """Whether the conclusion stands; if not, back to the model, and in the end without what fails."""
        transcript = self.transcript(state)
        turn = transcript.entries[-1].turn
        assert turn is not None and turn.conclusion is not None  # the graph comes here from a conclusion only
        self.progress("checking the conclusion against its evidence")
        grounds = Grounds.of(self.plant, transcript.evidence)
        failures = check(turn.conclusion, grounds)
        if failures and state["repairs"] < self.budget.repairs:
            self.progress(f"  parts of it that don't stand: {len(failures)}; back to the model")
            last = state["repairs"] + 1 == self.budget.repairs
            repair = render("repair", failures=[failure.as_dict() for failure in failures], last=last)
            return {"entries": _json([Entry(kind="repair", text=repair)]), "repairs": state["repairs"] + 1}
        standing, struck = strike(turn.conclusion, failures)
        return {"ending": Ending(conclusion=standing, struck=struck).model_dump(mode="json")}

    def transcript(self, state: State) -> Transcript:
        """All that the model has been told so far."""
        entries = [*self.before, *(Entry.model_validate(entry) for entry in state["entries"])]
        return Transcript(plant=self.text, at=iso(self.plant.at), entries=entries)

    def _with_time(self, usage: RunUsage) -> RunUsage:
        now = time.monotonic()
        spent, self.began = now - self.began, now
        return usage + RunUsage(seconds=spent)


def _after_thinking(state: State) -> str:
    if state.get("ending"):
        return END
    last = state["entries"][-1]
    if last["kind"] == "repair":
        return "think"
    return "act" if last["turn"]["calls"] else "check"


def _after_checking(state: State) -> str:
    return END if state.get("ending") else "think"


def _graph(loop: _Loop, saver: SqliteSaver) -> CompiledStateGraph[State, None, State, State]:
    graph: StateGraph[State, None, State, State] = StateGraph(State)
    graph.add_node("think", loop.think)
    graph.add_node("act", loop.act)
    graph.add_node("check", loop.check)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", _after_thinking, ["act", "check", "think", END])
    graph.add_edge("act", "think")
    graph.add_conditional_edges("check", _after_checking, ["think", END])
    return graph.compile(checkpointer=saver)


def investigate(
    plant: Plant,
    question: str,
    *,
    model: Model,
    registry: Registry,
    run: str | None = None,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    progress: Progress = lambda text: None,
    before: Sequence[Entry] = (),
    keep: Callable[[Sequence[Entry]], object] = lambda entries: None,
) -> Investigation:
    """One investigation, from a question to a checked conclusion; the same `run` again goes on where it stopped.

    Args:
        run: id of a run to start or to resume; a new one if None. A finished run's result is returned as it is.
        before: the transcript of earlier questions of the same conversation.
        keep: is given the whole transcript at the end, for the next question.

    Raises:
        RunError: the run was started with another plant, question or moment of asking.
        KeyboardInterrupt: somebody pressed Ctrl-C; the run can be resumed.
    """
    run = run or new_run_id()
    with RunStore(plant) as store, closing(_connect(store)) as connection:
        known = store.start(run, plant, question, model.name)
        if known.result is not None:
            return Investigation.model_validate_json(known.result)
        caller = Caller(plant, registry, store, run, budget.threads, progress)
        loop = _Loop(plant, model, budget, caller, tool_specs(registry), plant_text(plant), before, progress)
        saver = SqliteSaver(connection)
        state, ending = _play(loop, saver, run, question)
        transcript = loop.transcript(state)
        keep(transcript.entries)
        usage = RunUsage.model_validate(state["usage"])
        found = assemble(run, model.name, transcript, ending, usage, own=len(before))
        if found.status not in {"failed", "out_of_budget"}:
            store.finish(run, found.model_dump_json())
            # A finished run is never resumed: its result is kept, its checkpoints aren't.
            saver.delete_thread(run)
        return found


def _play(loop: _Loop, saver: SqliteSaver, run: str, question: str) -> tuple[State, Ending]:
    graph = _graph(loop, saver)
    config: RunnableConfig = {"configurable": {"thread_id": run}, "recursion_limit": 6 * loop.budget.turns + 20}
    kept = graph.get_state(config)
    start: State | None = {
        "entries": _json([Entry(kind="question", text=question)]),
        "usage": RunUsage().model_dump(),
        "repairs": 0,
        "nudges": 0,
        "ending": None,
    }
    if kept.created_at is not None:
        start = None
        ended = kept.values.get("ending")
        if ended and ended["status"]:
            # It ran out of budget, or out of words: a resumed run gets another try, perhaps with more of it.
            graph.update_state(config, {"ending": None, "nudges": 0}, as_node="act")
    try:
        graph.invoke(start, config, durability="sync")
    except ModelRefusedError as error:
        return _state(graph, config), Ending(reason=error.message, status="refused")
    except ModelCallError as error:
        return _state(graph, config), Ending(reason=error.message, status="failed")
    state = _state(graph, config)
    return state, Ending.model_validate(state["ending"])


def _state(graph: CompiledStateGraph[State, None, State, State], config: RunnableConfig) -> State:
    return cast(State, graph.get_state(config).values)


def _connect(store: RunStore) -> sqlite3.Connection:
    return sqlite3.connect(store.path, check_same_thread=False, timeout=30)


def _json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [entry.model_dump(mode="json") for entry in entries]


def new_run_id() -> str:
    """A short new run id: the day and six random digits. It is never sent to a model."""
    return f"{time.strftime('%m%d')}-{secrets.token_hex(3)}"
