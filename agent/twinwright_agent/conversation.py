"""A conversation: investigations one after another, each knowing what was said before."""

from __future__ import annotations

from pydantic import SecretStr

from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry

from .budget import Budget
from .loop import investigate
from .models.base import Entry, Model, Progress
from .result import HandOver, Investigation
from .tracing import NO_TRACES, Traces


class Conversation:
    """Questions to one plant and one model.

    A model that keeps nothing in mind (the rules) hears each question afresh; one that does hears the whole
    conversation, may cite the evidence of earlier answers, and may ask back (the verdict `clarify`).
    """

    def __init__(
        self,
        plant: Plant,
        model: Model,
        registry: Registry,
        budget: Budget | None = None,
        *,
        fallback: Model | None = None,
        hand_over: HandOver | None = None,
        postgres: SecretStr | None = None,
        traces: Traces = NO_TRACES,
    ) -> None:
        self.plant = plant
        self.model = model
        self.registry = registry
        self.budget = budget or Budget()
        self.fallback = fallback
        self.hand_over = hand_over
        self.postgres = postgres
        self.traces = traces
        self.entries: list[Entry] = []

    def ask(self, question: str, *, progress: Progress = lambda text: None) -> Investigation:
        """The next investigation of the conversation."""
        told: list[Entry] = []
        found = investigate(
            self.plant,
            question,
            model=self.model,
            registry=self.registry,
            budget=self.budget,
            progress=progress,
            before=self.entries,
            keep=told.extend,
            fallback=self.fallback,
            may_ask=self.model.name != "rules",
            hand_over=self.hand_over,
            postgres=self.postgres,
            traces=self.traces,
        )
        if self.model.name != "rules":
            self.entries = told
        return found
