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


class Pattern(exp.Expression):
    """``MATCH (a)-[]->(b)…``: `expressions` are nodes and arrows in turn, a node first and last."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": True}


class PatternNode(exp.Expression):
    """``(this)``: a twin of a pattern, with a name or without."""

    arg_types: ClassVar[dict[str, bool]] = {"this": False}


class PatternEdge(exp.Expression):
    """``-[this:expressions*begin..end]->``: an arrow of a pattern.

    `this` is its variable, `expressions` the relationships' names. `begin` and `end` are numbers of hops, or None;
    with `exact` there is `end` alone. `direction` is ``forward`` (->), ``backward`` (<-) or ``either`` (-).
    """

    arg_types: ClassVar[dict[str, bool]] = {
        "this": False,
        "expressions": False,
        "begin": False,
        "end": False,
        "exact": False,
        "direction": True,
    }


# Everything that a query may consist of. All of it reads, and nothing else gets any further than the checks.
ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    {
        *(Collection, Pattern, PatternEdge, PatternNode, PropertyPath, Related),
        *(exp.Select, exp.Star, exp.Count, exp.Alias, exp.From, exp.Limit, exp.Where, exp.Identifier),
        *(exp.And, exp.Or, exp.Not, exp.Paren, exp.In, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
        *(exp.Anonymous, exp.Literal, exp.Neg, exp.Boolean, exp.Null),
    }
)


def position_of(node: exp.Expr) -> int | None:
    """Where a node begins in the text of the query, as an offset in characters."""
    found = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return min(found, default=None)
