"""A conversation: investigations one after another, each knowing what was said before."""

from __future__ import annotations

from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry

from .budget import Budget
from .loop import investigate
from .models.base import Entry, Model, Progress
from .result import Investigation


class Conversation:
    """Questions to one plant and one model.

    A model that keeps nothing in mind (the rules) hears each question afresh; one that does hears the whole
    conversation, and may cite the evidence of earlier answers.
    """

    def __init__(self, plant: Plant, model: Model, registry: Registry, budget: Budget | None = None) -> None:
        self.plant = plant
        self.model = model
        self.registry = registry
        self.budget = budget or Budget()
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
        )
        if self.model.name != "rules":
            self.entries = told
        return found
