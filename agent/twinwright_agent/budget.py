"""What an investigation may use before it has to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .result import RunUsage

# From that share of tokens or money on, and from that many turns before the end, the model is told to conclude.
NEARLY = 0.85
LAST_TURNS = 2


@dataclass(frozen=True)
class Budget:
    """Bounds of one investigation, its resumed parts included. A bound is looked at before each turn.

    Attributes:
        turns: model turns.
        tool_calls: calls in all.
        tokens: input, cached and output tokens in all.
        seconds: wall-clock time spent working, in seconds.
        usd: money by the published prices, in US dollars; not enforced where the model's price isn't known.
        repairs: how often a conclusion goes back to the model before what fails is struck.
        threads: how many independent calls run at once.
    """

    turns: int = 24
    tool_calls: int = 80
    tokens: int = 400_000
    seconds: float = 900.0
    usd: float = 2.0
    repairs: int = 2
    threads: int = 4

    def with_bounds(self, bounds: Mapping[str, Any]) -> Budget:
        """The budget with other bounds where they are given (not None)."""
        return replace(self, **{name: value for name, value in bounds.items() if value is not None})

    def spent(self, usage: RunUsage) -> str | None:
        """Which bound is reached, in words, or None."""
        bounds = (
            (usage.turns, self.turns, f"{self.turns} turns"),
            (usage.tool_calls, self.tool_calls, f"{self.tool_calls} tool calls"),
            (usage.tokens, self.tokens, f"{self.tokens:,} tokens"),
            (usage.seconds, self.seconds, f"{self.seconds:g} seconds"),
            (usage.usd or 0.0, self.usd, f"{self.usd:.2f} US dollars"),
        )
        for used, allowed, name in bounds:
            if used >= allowed:
                return f"the budget of {name} is spent"
        return None

    def nearly_spent(self, usage: RunUsage) -> str | None:
        """What is nearly used up, in words for the model, or None.

        Time isn't looked at: a request has to be the same whenever it is made.
        """
        left = self.turns - usage.turns
        if 0 < left <= LAST_TURNS:
            return f"{left} {'turn is' if left == 1 else 'turns are'} left"
        for used, allowed, name in (
            (usage.tool_calls, self.tool_calls, "tool calls"),
            (usage.tokens, self.tokens, "tokens"),
            (usage.usd or 0.0, self.usd, "money"),
        ):
            if NEARLY * allowed <= used < allowed:
                return f"{used / allowed:.0%} of the budget of {name} is used"
        return None

    def shown(self, usage: RunUsage) -> str:
        """What is used of what, for people."""
        money = "price unknown, money isn't bounded" if usage.usd is None else f"${usage.usd:.3f} of ${self.usd:.2f}"
        return (
            f"turn {usage.turns} of {self.turns}, {usage.tool_calls} of {self.tool_calls} calls, "
            f"{usage.tokens:,} of {self.tokens:,} tokens, {money}, {usage.seconds:.0f} of {self.seconds:g} s"
        )
