"""Rendering a template by name."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

# Goes up whenever a template changes in a way that could change an answer; recordings name it.
VERSION = 4


@cache
def _environment() -> Environment:
    # Plain text for a model, not HTML: nothing is escaped.
    return Environment(
        loader=PackageLoader("twinwright_prompts"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def written(name: str) -> bool:
    """Whether there is a template ``templates/NAME.j2``."""
    return f"{name}.j2" in _environment().list_templates()


def render(name: str, **values: Any) -> str:
    """The template ``templates/NAME.j2`` with its values filled in, without blank ends.

    Raises:
        jinja2.UndefinedError: the template uses a value that wasn't given.
        jinja2.TemplateNotFound: there is no template of that name.
    """
    return _environment().get_template(f"{name}.j2").render(**values).strip()
