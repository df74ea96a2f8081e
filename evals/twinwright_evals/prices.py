"""What tokens cost: the agent's price table where it has the model."""

from __future__ import annotations

from twinwright_agent.result import RunUsage

# US dollars per million tokens: input, output, cache read, cache write (5 minutes), as published.
_TABLE: dict[str, tuple[float, float, float, float]] = {
    "claude-opus-4": (5.0, 25.0, 0.5, 6.25),
    "claude-sonnet-4": (3.0, 15.0, 0.3, 3.75),
    "claude-haiku-4": (1.0, 5.0, 0.1, 1.25),
}


def cost_usd(model: str, usage: RunUsage) -> float | None:
    """What a run cost in US dollars; 0 for a model without tokens, None for one without a price."""
    price = next((price for name, price in _TABLE.items() if model.startswith(name)), None)
    tokens = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
    if not any(tokens):
        return 0.0
    return None if price is None else sum(n * each for n, each in zip(tokens, price, strict=True)) / 1e6
