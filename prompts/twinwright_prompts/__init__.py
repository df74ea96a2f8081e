"""What models are told: Jinja2 templates, rendered so that a missing value is an error and never an empty string."""

from .rendering import VERSION, render

__all__ = ["VERSION", "render"]
