"""What a request to a model costs, by the published prices in `prices.yaml`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from .base import Usage

_DATED = re.compile(r"-\d{8}$")
_MILLION = 1_000_000


class Rates(BaseModel):
    """US dollars per million tokens of each kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float
    output: float
    cache_read: float
    cache_write: float


class Price(Rates):
    """A model's rates; those of `long` hold for the whole of a request with a prompt of more than `above` tokens."""

    above: int | None = None
    long: Rates | None = None


class Prices(BaseModel):
    """The table: `date` is the day on which it was read at `source`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    date: Any
    models: dict[str, Price]


@cache
def prices() -> Prices:
    """The table of the package."""
    text = files("twinwright_agent.models").joinpath("prices.yaml").read_text(encoding="utf-8")
    return Prices.model_validate(yaml.safe_load(text))


def is_priced(model: str) -> bool:
    """Whether the table has the model; a dated name (claude-…-20250929) is the model without its date."""
    return _DATED.sub("", model) in prices().models


def usd(model: str, usage: Usage) -> float | None:
    """What one request cost in US dollars; None for a model that the table doesn't have."""
    price = prices().models.get(_DATED.sub("", model))
    if price is None:
        return None
    prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    rates = price.long if price.long and price.above is not None and prompt > price.above else price
    charged = (
        usage.input_tokens * rates.input
        + usage.output_tokens * rates.output
        + usage.cache_read_tokens * rates.cache_read
        + usage.cache_write_tokens * rates.cache_write
    )
    return charged / _MILLION
