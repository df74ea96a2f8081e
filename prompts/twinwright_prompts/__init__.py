"""What models are told: Jinja2 templates, rendered so that a missing value is an error and never an empty string."""

from .rendering import VERSION, render, written

__all__ = ["VERSION", "render", "written"]
