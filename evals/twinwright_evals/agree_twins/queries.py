"""Random queries as texts, nearly all of them valid for the test models."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from .graphs import CONCRETE, DAYS, EDGE_VALUES, NAMES, NUMBERS, TEXTS, TIMES, TWIN_IDS, VALUES, dtmi

_ORDERS = ("=", "!=", "<", "<=", ">", ">=")
_TYPE_TESTS = ("IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_OBJECT", "IS_PRIMITIVE")
_DEEPER: dict[str, tuple[Any, ...]] = {
    "plate.maker": TEXTS,
    "plate.year": (1999, 2024, 2000.5),
    "motor.poles": (2, 4),
    "motor.maker": TEXTS,
    "tags.red": TEXTS,
    "tags.[[2nd floor]]": TEXTS,
}
_SYSTEM: dict[str, tuple[Any, ...]] = {"$dtId": TWIN_IDS, "$metadata.$model": tuple(map(dtmi, CONCRETE))}
_EDGE_SYSTEM: dict[str, tuple[Any, ...]] = {
    "$relationshipId": ("r0", "r1", "e2"),
    "$relationshipName": NAMES,
    "$sourceId": TWIN_IDS,
    "$targetId": TWIN_IDS,
}
_ORDERED_ONLY_BY_EQUALITY = ("ok",)
_NUMERIC = ("power", "count", "big", "grade", "flow", "plate.year", "motor.poles")
_TIMES = ("at", "$metadata.$lastUpdateTime", "$metadata.power.lastUpdateTime")
_METADATA: dict[str, tuple[Any, ...]] = dict.fromkeys(_TIMES[1:], TIMES)


@dataclass
class Aliases:
    """The collections of one query by their aliases."""

    twins: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)


def random_query(chance: Random) -> str:
    """The text of a query."""
    aliases = Aliases()
    kind = chance.random()
    if kind < 0.15:
        source = "FROM RELATIONSHIPS R"
        aliases.edges.append("R")
    elif kind < 0.4:
        source = "FROM DIGITALTWINS T"
        aliases.twins.append("T")
    elif kind < 0.6:
        source = _joins(chance, aliases)
    else:
        source = _match(chance, aliases)
    count = chance.choice((0, 1, 1, 2) if kind < 0.4 else (0, 0, 1))
    conditions = [condition(chance, aliases) for _ in range(count)]
    if kind >= 0.4 and chance.random() < 0.8:
        conditions.insert(0, _pinned(chance, chance.choice(aliases.twins)))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {_shown(chance, aliases, is_single=kind < 0.4)} {source}{where}"


def _pinned(chance: Random, alias: str) -> str:
    if chance.random() < 0.7:
        return f"{alias}.$dtId = {literal(chance.choice(TWIN_IDS))}"
    return f"{alias}.$dtId IN [{', '.join(literal(each) for each in chance.sample(TWIN_IDS, 3))}]"


def _joins(chance: Random, aliases: Aliases) -> str:
    aliases.twins.append("T")
    text = "FROM DIGITALTWINS T"
    for at in range(chance.randint(1, 3)):
        source, target = chance.choice(aliases.twins), f"J{at}"
        text += f" JOIN {target} RELATED {source}.{chance.choice(NAMES)}"
        aliases.twins.append(target)
        if chance.random() < 0.5:
            text += f" E{at}"
            aliases.edges.append(f"E{at}")
    return text


def _match(chance: Random, aliases: Aliases) -> str:
    aliases.twins.append("A")
    text = "FROM DIGITALTWINS MATCH (A)"
    for at in range(chance.choice((1, 1, 2, 2, 3))):
        known = at > 0 and chance.random() < 0.15
        target = chance.choice(aliases.twins) if known else f"B{at}"
        text += _arrow(chance, at, aliases) + f"({target})"
        if not known:
            aliases.twins.append(target)
    return text


def _arrow(chance: Random, at: int, aliases: Aliases) -> str:
    names = chance.choice(("", "feeds", "contains", "near", "feeds|contains", "feeds|near"))
    hops, variable = "", ""
    if chance.random() < 0.4:
        # as the language counts them, the first number is the hops that are too few
        few, more = chance.choice((0, 0, 0, 1)), chance.randint(1, 3)
        hops = chance.choice((f"*{few}..{few + more}", f"*..{more}", f"*{more}"))
    elif chance.random() < 0.4:
        variable = f"E{at}"
        aliases.edges.append(variable)
    inside = f"{variable}{':' if names else ''}{names}{hops}"
    left, right = chance.choice((("-", "->"), ("-", "->"), ("<-", "-"), ("-", "-")))
    return f"{left}[{inside}]{right}"


def _shown(chance: Random, aliases: Aliases, is_single: bool) -> str:
    form = chance.random()
    if form < 0.15:
        return "COUNT()" if chance.random() < 0.7 else "COUNT() AS many"
    top = f"TOP({chance.choice((1, 2, 100))}) " if chance.random() < 0.15 else ""
    if is_single and form < 0.6:
        return top + "*"
    parts = []
    for at in range(chance.randint(1, 3)):
        alias, paths = _some_alias(chance, aliases)
        shown = alias if chance.random() < 0.4 else f"{alias}.{chance.choice(list(paths))}"
        parts.append(f"{shown} AS c{at}")
    return top + ", ".join(parts)


def _some_alias(chance: Random, aliases: Aliases) -> tuple[str, dict[str, tuple[Any, ...]]]:
    alias = chance.choice([*aliases.twins, *aliases.edges])
    return alias, VALUES | _DEEPER | _SYSTEM | _METADATA if alias in aliases.twins else EDGE_VALUES | _EDGE_SYSTEM


def condition(chance: Random, aliases: Aliases, depth: int = 0) -> str:
    """A random condition on some of the collections."""
    form = chance.random()
    if depth < 2 and form < 0.1:
        return f"NOT {_bracketed(chance, aliases, depth)}"
    if depth < 2 and form < 0.3:
        word = chance.choice((" AND ", " OR "))
        return "(" + word.join(condition(chance, aliases, depth + 1) for _ in range(chance.randint(2, 3))) + ")"
    alias, paths = _some_alias(chance, aliases)
    if form < 0.4 and alias in aliases.twins:
        exact = ", exact" if chance.random() < 0.3 else ""
        return f"IS_OF_MODEL({alias}, '{dtmi(chance.choice(CONCRETE))}'{exact})"
    if form < 0.47 and alias in aliases.twins:
        name, values = chance.choice((("levels", NUMBERS), ("labels", TEXTS)))
        return f"ARRAY_CONTAINS({alias}.{name}, {literal(chance.choice(values))})"
    path = chance.choice(list(paths))
    if form < 0.57:
        return f"{chance.choice(_TYPE_TESTS)}({alias}.{path})"
    return _comparison(chance, aliases, alias, path, paths)


def _bracketed(chance: Random, aliases: Aliases, depth: int) -> str:
    return f"({condition(chance, aliases, depth + 1)})"


def _comparison(chance: Random, aliases: Aliases, alias: str, path: str, paths: dict[str, tuple[Any, ...]]) -> str:
    form, values = chance.random(), paths[path]
    if form < 0.2 and isinstance(values[-1], str) and path not in _TIMES:
        function = chance.choice(("STARTSWITH", "ENDSWITH", "CONTAINS"))
        part = chance.choice(("", "a", "b", "2", chance.choice(values)))
        return f"{function}({alias}.{path}, {literal(part)})"
    if form < 0.4 and path != "mixed":
        listed = [literal(each) for each in chance.sample(values, min(len(values), chance.randint(1, 3)))]
        return f"{alias}.{path} {chance.choice(('IN', 'NIN'))} [{', '.join(listed)}]"
    orders = ("=", "!=") if path in _ORDERED_ONLY_BY_EQUALITY else _ORDERS
    if form < 0.5:
        other, others = _some_alias(chance, aliases)
        alike = [each for each in others if _sort(each, others) == _sort(path, paths)]
        if alike:
            return f"{alias}.{path} {chance.choice(orders)} {other}.{chance.choice(alike)}"
    written = literal(chance.choice(values))
    if path not in (*_NUMERIC, "state") and chance.random() < 0.1:
        return f"{written} {'=' if len(orders) == 2 else chance.choice(_ORDERS)} {alias}.{path}"
    return f"{alias}.{path} {chance.choice(orders)} {written}"


def _sort(path: str, paths: dict[str, tuple[Any, ...]]) -> str:
    """What can be compared with one another."""
    if path in _TIMES or path == "mixed" or paths[path] is DAYS:
        return path
    return "number" if path in _NUMERIC else type(paths[path][0]).__name__


def literal(value: Any) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)
