"""Which model drives a run: Claude where a key is there, else the built-in rules, and it says which."""

from __future__ import annotations

from typing import Protocol

from pydantic import SecretStr

from twinwright_tools.errors import UsageError, nearest

from ..result import HandOver
from .base import Model, Progress


class ModelSettings(Protocol):
    """What is needed of the settings."""

    @property
    def model(self) -> str:
        """auto, rules, or a Claude model's name."""

    @property
    def api_key(self) -> SecretStr | None:
        """The key, or None."""

    @property
    def base_url(self) -> str | None:
        """Another address of the Messages API, or None."""


def why_rules(settings: ModelSettings) -> HandOver | None:
    """Why the rules investigate where a language model might have been wanted, or None."""
    if settings.model != "auto" or settings.api_key:
        return None
    return HandOver(model="auto", kind="no_key", because="there is no key in ANTHROPIC_API_KEY")


def choose_model(settings: ModelSettings, progress: Progress = lambda text: None) -> Model:
    """The model that the settings name.

    Raises:
        UsageError: no such model, or a Claude model without a key.
    """
    name = settings.model
    if name == "auto" and not settings.api_key:
        progress("no ANTHROPIC_API_KEY: the built-in rules investigate")
    if name == "rules" or (name == "auto" and not settings.api_key):
        from .rules import RulesModel

        return RulesModel()
    if name != "auto" and not name.startswith("claude-"):
        near = nearest(name, ["auto", "rules", "claude-opus-4-7"])
        raise UsageError(f"there is no model {name!r}; give auto, rules or a Claude model's name", suggestions=near)
    if not settings.api_key:
        raise UsageError(f"{name} needs a key in ANTHROPIC_API_KEY; --model rules needs none", code="model.no_key")
    from .claude import DEFAULT_MODEL, Claude

    return Claude(api_key=settings.api_key, model=DEFAULT_MODEL if name == "auto" else name, base_url=settings.base_url)
