"""Printing a tree in the Azure Digital Twins query language again."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sqlglot import exp
from sqlglot.generator import Generator

from .nodes import Collection, Pattern, PatternEdge, PatternNode, PropertyPath, Related


class QueryGenerator(Generator):
    """Prints a tree in the language again."""

    TRANSFORMS: ClassVar[dict[type[exp.Expr], Callable[..., str]]] = {
        **Generator.TRANSFORMS,
        Collection: lambda self, node: " ".join(filter(None, (node.this, self.sql(node, "alias")))),
        Pattern: lambda self, node: "MATCH " + "".join(self.sql(each) for each in node.expressions),
        PatternEdge: lambda self, node: _arrow_sql(self, node),
        PatternNode: lambda self, node: f"({self.sql(node, 'this')})",
        PropertyPath: lambda self, node: ".".join(self.sql(each) for each in node.expressions),
        Related: lambda self, node: _related_sql(self, node),
        exp.Count: lambda self, node: "COUNT()",
        exp.Identifier: lambda self, node: f"[[{node.name}]]" if node.args.get("quoted") else node.name,
        exp.In: lambda self, node: _in_sql(self, node, "IN"),
        exp.Literal: lambda self, node: _literal_sql(node),
        exp.NEQ: lambda self, node: self.binary(node, "!="),
        exp.Not: lambda self, node: _not_sql(self, node),
        exp.Select: lambda self, node: _select_sql(self, node),
    }


def _related_sql(generator: Generator, node: Related) -> str:
    parts = ("JOIN", generator.sql(node, "this"), "RELATED", generator.sql(node, "path"), generator.sql(node, "alias"))
    return " ".join(filter(None, parts))


def _arrow_sql(generator: Generator, node: PatternEdge) -> str:
    names = "|".join(generator.sql(each) for each in node.expressions)
    begin, end = node.args.get("begin"), node.args.get("end")
    hops = "" if end is None else f"*{end}" if node.args["exact"] else f"*{'' if begin is None else begin}..{end}"
    inside = generator.sql(node, "this") + (f":{names}" if names else "") + hops
    left, right = {"forward": ("", ">"), "backward": ("<", ""), "either": ("", "")}[node.args["direction"]]
    return f"{left}-[{inside}]-{right}"


def _in_sql(generator: Generator, node: exp.In, word: str) -> str:
    values = ", ".join(generator.sql(each) for each in node.expressions)
    return f"{generator.sql(node, 'this')} {word} [{values}]"


def _not_sql(generator: Generator, node: exp.Not) -> str:
    if isinstance(node.this, exp.In):
        return _in_sql(generator, node.this, "NIN")
    return f"NOT {generator.sql(node, 'this')}"


def _literal_sql(node: exp.Literal) -> str:
    if not node.is_string:
        return str(node.this)
    return "'" + node.name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _select_sql(generator: Generator, node: exp.Select) -> str:
    limit = node.args.get("limit")
    top = f"TOP({limit.expression.name}) " if limit else ""
    shown = ", ".join(generator.sql(each) for each in node.expressions)
    parts = [f"SELECT {top}{shown}", f"FROM {generator.sql(node.args['from_'], 'this')}"]
    parts += [generator.sql(each) for each in node.args.get("joins") or []]
    if node.args.get("match"):
        parts.append(generator.sql(node, "match"))
    if node.args.get("where"):
        parts.append(f"WHERE {generator.sql(node.args['where'], 'this')}")
    return " ".join(parts)
