"""What the language's trees hold beside sqlglot's own nodes."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp


class PropertyPath(exp.Expression):
    """A dotted path: `expressions` are its identifiers."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": True}

    @property
    def names(self) -> list[str]:
        """The path's names, first to last."""
        return [each.name for each in self.expressions]


class Related(exp.Expression):
    """``JOIN this RELATED path alias``: `path` is a source and a relationship's name."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "path": True, "alias": False}


class Collection(exp.Expression):
    """What a query begins with: `this` is DIGITALTWINS or RELATIONSHIPS."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "alias": False}


def position_of(node: exp.Expr) -> int | None:
    """Where a node begins in the text of the query, as an offset in characters."""
    found = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return min(found, default=None)
