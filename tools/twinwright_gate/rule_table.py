"""The rules as a table for people: ``python -m twinwright_gate.rule_table`` prints what stands in docs/safety.md."""

from __future__ import annotations

import sys

from .reasons import FAULTS, Reason
from .rules import RULES


def table() -> str:
    """One row for each rule: what it demands, and its reason codes; in Markdown."""
    rows = ["| rule | demands | reasons |", "|---|---|---|"]
    for rule in RULES:
        codes = [one.value.partition(".")[2] for one in Reason if one.rule == rule.id]
        told = ", ".join(f"`{code}`" for code in codes if code not in FAULTS)
        rows.append(f"| {rule.id} {rule.title} | {rule.words} | {told} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    """Prints the table."""
    print(table(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
