"""The built-in investigator: fixed rules over the same tools. It needs no key and no network."""

from .model import RulesModel

__all__ = ["RulesModel"]
