"""The state machine as a picture and a table for `docs/safety.md`, made from the table that runs.

``python -m twinwright_gate.machine.picture`` prints them.
"""

from __future__ import annotations

from .states import State
from .table import TABLE, TERMINAL, Transition

BEGIN = "<!-- made from the transition table: begin -->"
END = "<!-- made from the transition table: end -->"


def picture() -> str:
    """A Mermaid state diagram; the ways into DENIED, EXPIRED and CANCELLED are left to the table."""
    aside = {State.DENIED, State.EXPIRED, State.CANCELLED}
    lines = ["```mermaid", "stateDiagram-v2"]
    for (source, target), names in _edges().items():
        if target not in aside:
            lines.append(f"    {source or '[*]'} --> {target}: {', '.join(names)}")
    lines += [f"    {state} --> [*]" for state in State if state in TERMINAL - aside]
    return "\n".join([*lines, "```"])


def rows() -> str:
    """The whole table in Markdown, one row a transition."""
    head = ["| from | event | to | guards (all) | durable, in this order |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(one) for one in TABLE.values())])


def document() -> str:
    """What stands between the marks in `docs/safety.md`."""
    return f"{BEGIN}\n{picture()}\n\n{rows()}\n{END}"


def _edges() -> dict[tuple[State | None, State], list[str]]:
    found: dict[tuple[State | None, State], list[str]] = {}
    for one in TABLE.values():
        found.setdefault((one.source, one.target), []).append(one.event)
    return found


def _row(one: Transition) -> str:
    return f"| {one.source or '–'} | {one.event} | {one.target} | {', '.join(one.guards)} | {', '.join(one.effects)} |"


if __name__ == "__main__":
    print(document())
