"""What an investigation may use before it has to stop."""

from __future__ import annotations

from dataclasses import dataclass

from .result import RunUsage


@dataclass(frozen=True)
class Budget:
    """Bounds of one investigation, its resumed parts included.

    Attributes:
        turns: model turns.
        tool_calls: calls in all.
        tokens: input, cached and output tokens in all.
        seconds: wall-clock time spent working, in seconds.
        repairs: how often a conclusion goes back to the model before what fails is struck.
        threads: how many independent calls run at once.
    """

    turns: int = 24
    tool_calls: int = 80
    tokens: int = 2_000_000
    seconds: float = 900.0
    repairs: int = 2
    threads: int = 4

    def spent(self, usage: RunUsage) -> str | None:
        """Which bound is reached, in words, or None."""
        tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens
        bounds = (
            (usage.turns, self.turns, "turns"),
            (usage.tool_calls, self.tool_calls, "tool calls"),
            (tokens, self.tokens, "tokens"),
            (usage.seconds, self.seconds, "seconds"),
        )
        for used, allowed, name in bounds:
            if used >= allowed:
                return f"the budget of {allowed:g} {name} is spent"
        return None
