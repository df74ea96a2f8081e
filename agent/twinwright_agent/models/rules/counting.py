"""How many, and which: twins of a model, asked of the twin graph."""

from __future__ import annotations

from typing import Any

from .focus import Focus
from .plan import Requests, Step
from .saying import claim, conclusion
from .seen import Seen
from .values import step as value_step

_LISTED = 15


def step(seen: Seen, focus: Focus) -> Step:
    """The next step towards a count or a list of twins."""
    if not focus.models and (focus.twins or focus.signals):
        return value_step(seen, focus)
    place = focus.place
    if place and not seen.called("describe_twin"):
        return Requests(f"looking up {place}", [("describe_twin", {"twin": place})])
    found = seen.all("query_twins")
    if not found:
        if seen.called("query_twins"):
            return conclusion("cannot_tell", [claim("The twin graph can't be asked")], missing=seen.errors())
        queries = _queries(seen, focus)
        return Requests("asking the twin graph", [("query_twins", {"query": query}) for query in queries])
    row = focus.models[0] if focus.models else None
    label = f"of model {row['label']}" if row else "twins in all"
    rows: list[dict[str, Any]] = found[0].data["value"]
    total = next(fact.value for fact in found[0].facts if fact.name == "rows")
    inside = f" in {place}" if place else ""
    claims = [claim(f"There are {total} {label}{inside}", found[0].id, focus.evidence)]
    ids = [str(next(iter(one.values()))) for one in rows][:_LISTED]
    if ids and row:
        more = " and more" if len(rows) > _LISTED else ""
        claims.append(claim(f"They are {', '.join(ids)}{more}", found[0].id))
    return conclusion("answer", claims)


def _queries(seen: Seen, focus: Focus) -> list[str]:
    described = seen.last("describe_twin")
    if not focus.models:
        return ["SELECT T.$dtId FROM DIGITALTWINS T"]
    model = focus.models[0]["model"]
    if described and (relationship := described.data.get("parts_by")):
        place = described.data["id"]
        return [
            f"SELECT T.$dtId FROM DIGITALTWINS L JOIN T RELATED L.{relationship} "
            f"WHERE L.$dtId = '{place}' AND IS_OF_MODEL(T, '{model}')"
        ]
    return [f"SELECT T.$dtId FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '{model}')"]
