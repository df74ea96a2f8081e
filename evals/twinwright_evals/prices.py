"""What a run cost, by the agent's own table of published prices."""

from __future__ import annotations

from twinwright_agent.models.prices import usd
from twinwright_agent.result import RunUsage


def cost_usd(model: str, usage: RunUsage) -> float | None:
    """What a run cost in US dollars; 0 for a model without tokens, None for one without a price.

    What was reckoned request by request as the run went on stands; else the run's sums are priced as one request.
    """
    return usage.usd or usd(model.removesuffix("+rules"), usage) if usage.tokens else 0.0
