"""The loop: model turn, tool calls, evidence, conclusion, grounding check; LangGraph owns control flow and resuming.

::

    START ─▶ think ─▶ act ─▶ think …          calls
               │▲
               ││───▶ check ─▶ think          what doesn't stand goes back, twice at most
               ││        └───▶ END            what stands; the rest is struck
               │└──── hand over               budget spent, no network …: the rules finish with what was found
               └────▶ END                     the budget is spent and there is nobody to hand over to

Every step is checkpointed before the next one begins. What stands in the state is plain JSON.
"""

from __future__ import annotations

import operator
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypedDict, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import SecretStr

from twinwright_prompts import render
from twinwright_tools.errors import ModelCallError
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry
from twinwright_tools.times import iso

from .assemble import Ending, assemble
from .budget import Budget
from .calls import Caller
from .checkpoints import open_saver
from .circles import stopped
from .conclude import loop_specs
from .drafts import following
from .grounding import GroundingFailure, Grounds, assumed, check, strike
from .handing_over import HANDS_OVER, for_rules
from .models.base import Entry, Model, ModelRefusedError, Progress, ToolSpec, Transcript
from .plant_text import plant_text
from .redaction import Redacted
from .result import HandOver, HandOverKind, Investigation, RunUsage, Status
from .specs import tool_specs
from .store import RunStore, question_of
from .tracing import NO_TRACES, Traces

__all__ = ["investigate", "new_run_id", "question_of"]

# A turn that holds nothing is answered with a nudge; a model that goes on like that has failed.
MOST_NUDGES = 2
# What the rules need to finish a run that was handed over to them, whatever its budget.
MOST_RULES_TURNS = 12


class State(TypedDict, total=False):
    """What a checkpoint holds, as JSON.

    `handed_at` is how many entries there were when the rules took over; `goto` the step that comes next.
    """

    entries: Annotated[list[dict[str, Any]], operator.add]
    usage: dict[str, Any]
    repairs: int
    nudges: int
    hand_over: dict[str, Any] | None
    handed_at: int
    goto: Literal["think", "act", "check", "end"]
    ending: dict[str, Any] | None


@dataclass
class _Loop:
    """The steps of one run."""

    plant: Plant
    model: Model
    fallback: Model | None
    budget: Budget
    caller: Caller
    specs: list[ToolSpec]
    text: str
    before: Sequence[Entry]
    may_ask: bool
    progress: Progress
    traces: Traces
    began: float = field(default_factory=time.monotonic)
    _read: list[Entry] = field(default_factory=list)

    def think(self, state: State) -> State:
        """The next turn: of the model, or of the rules once they have taken over."""
        usage, over = RunUsage.model_validate(state["usage"]), _handed(state)
        if (stop := self._stop(state, usage, over)) is not None:
            return self._give_up(state, usage, *stop)
        driver = self.model if over is None or self.fallback is None else self.fallback
        transcript = self.transcript(state)
        seen = transcript if over is None else for_rules(transcript, len(self.before), state["handed_at"])
        try:
            with self.traces.chat(driver.name, seen) as span:
                turn = driver.next(seen, self.specs, self.progress)
                span.answered(turn)
        except ModelCallError as error:
            if over is not None or isinstance(error, ModelRefusedError) or error.code not in HANDS_OVER:
                raise
            return self._give_up(state, usage, "api", error.message, "failed", error)
        usage = self._with_time(usage + RunUsage(**turn.usage.model_dump(), turns=1))
        if turn.usage.tokens:
            self.progress(self.budget.shown(usage))
        entries = [Entry(kind="turn", turn=turn)]
        if turn.calls or turn.conclusion is not None:
            return self._step(state, entries, usage, "act" if turn.calls else "check")
        entries.append(Entry(kind="repair", text=render("nudge")))
        return self._step(state, entries, usage, "think") | {"nudges": state["nudges"] + 1}

    def act(self, state: State) -> State:
        """The calls of the last turn."""
        transcript = self.transcript(state)
        turn = transcript.entries[-1].turn
        assert turn is not None  # the graph comes here from a turn with calls only
        usage, over = RunUsage.model_validate(state["usage"]), _handed(state)
        most = self.budget.tool_calls - usage.tool_calls if over is None else None
        results = self.caller.make(usage.turns, turn.calls, transcript, most=most, tell=over is None)
        errors = sum(result.error is not None for result in results)
        usage = self._with_time(usage + RunUsage(tool_calls=len(results), tool_errors=errors))
        left = self.budget.nearly_spent(usage) if over is None else None
        note = render("budget", left=left) if left else ""
        return self._step(state, [Entry(kind="results", results=results, text=note)], usage, "think")

    def check(self, state: State) -> State:
        """Whether the conclusion stands; if not, back to the model, and in the end without what fails."""
        transcript = self.transcript(state)
        turn = transcript.entries[-1].turn
        assert turn is not None and turn.conclusion is not None  # the graph comes here from a conclusion only
        conclusion, usage = turn.conclusion, RunUsage.model_validate(state["usage"])
        self.progress("checking the conclusion against its evidence")
        grounds = Grounds.of(self.plant, transcript.evidence)
        failures = check(conclusion, grounds)
        asks = conclusion.verdict == "clarify" and not self.may_ask
        if asks:
            failures = [GroundingFailure("verdict", "clarify", render("nobody_to_ask")), *failures]
        if failures and state["repairs"] < self.budget.repairs:
            self.progress(f"  parts of it that don't stand: {len(failures)}; back to the model")
            last = state["repairs"] + 1 == self.budget.repairs
            repair = render("repair", failures=[failure.as_dict() for failure in failures], last=last)
            told = self._step(state, [Entry(kind="repair", text=repair)], self._with_time(usage), "think")
            return told | {"repairs": state["repairs"] + 1}
        standing, struck = strike(conclusion, [one for one in failures if one.where != "verdict"])
        if asks:
            standing = standing.model_copy(update={"verdict": "cannot_tell"})
        ending = Ending(conclusion=assumed(standing, grounds), struck=struck)
        return {"ending": ending.model_dump(mode="json"), "usage": self._with_time(usage).model_dump(), "goto": "end"}

    def transcript(self, state: State) -> Transcript:
        """All that the model has been told so far."""
        # The state's entries grow at the end only: each is read once.
        self._read += [Entry.model_validate(entry) for entry in state["entries"][len(self._read) :]]
        entries = [*self.before, *self._read]
        return Transcript(plant=self.text, at=iso(self.plant.at), may_ask=self.may_ask, entries=entries)

    def keep(self, first: int, entries: Sequence[Entry]) -> None:
        """Stores steps of the run, so that it can be shown."""
        self.caller.store.keep_steps(self.caller.run, first, [entry.model_dump_json() for entry in entries])

    def _step(self, state: State, entries: Sequence[Entry], usage: RunUsage, goto: Any) -> State:
        self.keep(len(state["entries"]), entries)
        return {"entries": _json(entries), "usage": usage.model_dump(), "goto": goto}

    def _stop(self, state: State, usage: RunUsage, over: HandOver | None) -> tuple[HandOverKind, str, Status] | None:
        """Why there is no further turn, or None."""
        if over is not None:
            if usage.turns - over.turns < MOST_RULES_TURNS:
                return None
            return "budget", f"the rules came to no conclusion in {MOST_RULES_TURNS} turns", "failed"
        if (spent := self.budget.spent(usage)) is not None:
            return "budget", spent, "out_of_budget"
        if (circles := stopped(self.transcript(state).entries[len(self.before) :])) is not None:
            return "circles", circles, "failed"
        if state["nudges"] > MOST_NUDGES:
            return "silent", "the model neither called a tool nor concluded, several times over", "failed"
        return None

    def _give_up(
        self,
        state: State,
        usage: RunUsage,
        kind: HandOverKind,
        because: str,
        status: Status,
        error: ModelCallError | None = None,
    ) -> State:
        """The rules take over, if there are any and they haven't yet; else the run ends."""
        if self.fallback is None or _handed(state) is not None:
            if error is not None:
                raise error
            return {"ending": Ending(reason=because, status=status).model_dump(mode="json"), "goto": "end"}
        self.progress(f"{because}: the built-in rules finish with the evidence gathered so far")
        over = HandOver(model=self.model.name, kind=kind, because=because, turns=usage.turns)
        return {
            "hand_over": over.model_dump(),
            "handed_at": len(state["entries"]),
            "usage": self._with_time(usage).model_dump(),
            "repairs": 0,
            "goto": "think",
        }

    def _with_time(self, usage: RunUsage) -> RunUsage:
        now = time.monotonic()
        spent, self.began = now - self.began, now
        return usage + RunUsage(seconds=spent)


def _handed(state: State) -> HandOver | None:
    told = state.get("hand_over")
    return HandOver.model_validate(told) if told else None


def _next(state: State) -> str:
    return END if state["goto"] == "end" else state["goto"]


def _graph(loop: _Loop, saver: BaseCheckpointSaver[str]) -> CompiledStateGraph[State, None, State, State]:
    graph: StateGraph[State, None, State, State] = StateGraph(State)
    graph.add_node("think", loop.think)
    graph.add_node("act", loop.act)
    graph.add_node("check", loop.check)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", _next, ["act", "check", "think", END])
    graph.add_edge("act", "think")
    graph.add_conditional_edges("check", _next, ["think", END])
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
    fallback: Model | None = None,
    may_ask: bool = False,
    hand_over: HandOver | None = None,
    postgres: SecretStr | None = None,
    traces: Traces = NO_TRACES,
) -> Investigation:
    """One investigation, from a question to a checked conclusion; the same `run` again goes on where it stopped.

    Args:
        run: id of a run to start or to resume; a new one if None. A finished run's result is returned as it is.
        before: the transcript of earlier questions of the same conversation.
        keep: is given the whole transcript at the end, for the next question.
        fallback: who finishes where the model can't go on (the rules); None to end without an answer instead.
        may_ask: whether somebody is there to answer a clarifying question.
        hand_over: why `model` isn't the one that was wanted, where it isn't; it stands in the result.
        postgres: where checkpoints go instead of SQLite: a connection string.

    Raises:
        RunError: the run was started with another plant, question or moment of asking.
        UsageError: the PostgreSQL can't be used.
        KeyboardInterrupt: somebody pressed Ctrl-C; the run can be resumed.
    """
    run = run or new_run_id()
    with RunStore(plant) as store, open_saver(store.path, postgres) as saver:
        known = store.start(run, plant, question, model.name)
        if known.result is not None and not known.resumable:
            return Investigation.model_validate_json(known.result)
        caller = Caller(plant, registry, store, run, budget.threads, progress, traces)
        specs = [*loop_specs(), *tool_specs(registry)]
        speaker = Redacted.around(model, plant.config.redact)
        loop = _Loop(
            plant, speaker, fallback, budget, caller, specs, plant_text(plant), before, may_ask, progress, traces
        )
        with traces.agent(run, model.name, question):
            state, ending = _play(loop, saver, run, question)
        transcript = loop.transcript(state)
        keep(transcript.entries)
        usage = RunUsage.model_validate(state["usage"])
        over = _handed(state) or hand_over
        found = assemble(run, model.name, transcript, ending, usage, own=len(before), over=over)
        found = found.model_copy(update={"work_orders": following(plant, found)})
        resumable = found.status in {"failed", "out_of_budget"} or _handed(state) is not None
        store.finish(run, found.model_dump_json(), resumable=resumable)
        if not resumable:
            # A finished run is never resumed: its steps and result are kept, its checkpoints aren't.
            saver.delete_thread(run)
        return found


def _play(loop: _Loop, saver: BaseCheckpointSaver[str], run: str, question: str) -> tuple[State, Ending]:
    graph = _graph(loop, saver)
    steps = 6 * (loop.budget.turns + MOST_RULES_TURNS) + 20
    config: RunnableConfig = {"configurable": {"thread_id": run}, "recursion_limit": steps}
    kept = graph.get_state(config)
    asked = Entry(kind="question", text=question)
    start: State | None = {
        "entries": _json([asked]),
        "usage": RunUsage().model_dump(),
        "repairs": 0,
        "nudges": 0,
        "hand_over": None,
        "handed_at": 0,
        "goto": "think",
        "ending": None,
    }
    if kept.created_at is None:
        loop.keep(0, [asked])
    else:
        start = None
        _take_up_again(loop, graph, config, cast(State, kept.values))
    try:
        graph.invoke(start, config, durability="sync")
    except ModelRefusedError as error:
        return _state(graph, config), Ending(reason=error.message, status="refused")
    except ModelCallError as error:
        return _state(graph, config), Ending(reason=error.message, status="failed")
    state = _state(graph, config)
    return state, Ending.model_validate(state["ending"])


def _take_up_again(
    loop: _Loop, graph: CompiledStateGraph[State, None, State, State], config: RunnableConfig, state: State
) -> None:
    """A run that ran out of budget or of words, or that the rules finished, gets another try by the model."""
    ended, over = state.get("ending"), state.get("hand_over")
    if not (over or (ended and ended["status"])):
        return
    changed: dict[str, Any] = {"ending": None, "nudges": 0, "hand_over": None, "handed_at": 0, "goto": "think"}
    last = state["entries"][-1]
    if last["kind"] == "turn" and last["turn"]["conclusion"] is not None:
        told = [Entry(kind="repair", text=render("resumed"))]
        loop.keep(len(state["entries"]), told)
        changed |= {"entries": _json(told), "repairs": 0}
    graph.update_state(config, changed, as_node="act")


def _state(graph: CompiledStateGraph[State, None, State, State], config: RunnableConfig) -> State:
    return cast(State, graph.get_state(config).values)


def _json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [entry.model_dump(mode="json") for entry in entries]


def new_run_id() -> str:
    """A short new run id: the day and six random digits. It is never sent to a model."""
    return f"{time.strftime('%m%d')}-{secrets.token_hex(3)}"
