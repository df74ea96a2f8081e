"""Scorecards: what each connector does, what it doesn't, and whether the real product ever saw it.

A connector's package holds `scorecard.toml`: ``product``, ``interface``, ``tested_against``, and under ``[rules]``
every rule of `RULES` as ``{status = "done" | "to do" | "exempt", why = "…"}``, after Home Assistant's quality scale.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import UnknownNameError
from .choose import KINDS

RULES: dict[str, str] = {
    "real_product": "its tests ran against the real product",
    "strict_server": "its tests ran against a server that checks requests as strictly as the public reference allows",
    "login": "wrong or missing credentials, or a missing right, are told as such",
    "check": "`twinwright cmms check` logs in and reads, and writes nothing",
    "assets": "every asset comes in, page by page, with its parent",
    "open_orders": "the open orders on given assets are found",
    "create": "an order is made whole: asset, title, text, priority, failure mode, due window",
    "by_key": "an order is found by its idempotency key as soon as it was made, whatever its state",
    "unique_key": "the product itself refuses a second order with the same key",
    "add_once": "a comment is added once for each key",
    "attach_once": "a file is attached once for each name",
    "conflict": "a change that somebody made in the meantime is noticed, not overwritten",
    "refused": "a closed order, an illegal transition and a validation error are told in the product's own words",
    "missing": "a deleted asset or order is told as such",
    "status_back": "every status of the product is one of open, in progress, done, cancelled",
    "past": "past orders come in by change, oldest first, without gaps",
    "notes": "notes and alarms come in beside the orders, by change and nothing twice",
    "rate_limit": "429 and Retry-After are honoured",
    "bad_answers": "HTML, half a page, 500 and another schema are told as such",
    "text": "Unicode and large text survive",
}


BEGIN, END = "<!-- scorecards -->", "<!-- /scorecards -->"


class Verdict(BaseModel):
    """How a connector stands to one rule, and why (for "done": where it is shown, or what limits it)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["done", "to do", "exempt"]
    why: str = Field(min_length=1)


class Scorecard(BaseModel):
    """One connector, honestly.

    Attributes:
        kind: its name in `twinwright.toml`; `product` its name for people.
        interface: the product's interface that it speaks.
        tested_against: what its tests ran against, with the version; "never run against the real product" where so.
        rules: a verdict for every rule of `RULES`, in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    product: str
    interface: str
    tested_against: str
    rules: dict[str, Verdict]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if unequal := set(self.rules) ^ set(RULES):
            raise ValueError(f"rules that are missing or unknown: {', '.join(sorted(unequal))}")
        never = "never run against the real product"
        if (self.rules["real_product"].status == "to do") != (never in self.tested_against):
            raise ValueError(f"`tested_against` says {never!r} exactly where the rule real_product is to do")
        return self

    def count(self, status: str) -> int:
        """How many rules have that status."""
        return sum(one.status == status for one in self.rules.values())


def scorecard(kind: str) -> Scorecard:
    """The scorecard of one kind of connector.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError.of("CMMS connector", kind, KINDS)
    package = f"{__package__}.{KINDS[kind]}"
    document = tomllib.loads(files(package).joinpath("scorecard.toml").read_text("utf-8"))
    rules = document.pop("rules", {})
    ordered = {name: rules[name] for name in (*RULES, *rules) if name in rules}
    return Scorecard.model_validate({"kind": kind, **document, "rules": ordered})


def scorecards() -> list[Scorecard]:
    """All of them, in the order of `KINDS`."""
    return [scorecard(kind) for kind in KINDS]


def as_table(cards: list[Scorecard]) -> str:
    """The table of docs/connect-cmms.md (Markdown): a row for each rule, a column for each connector."""
    marks = {"done": "✓", "to do": "✗", "exempt": "n/a"}
    head = ["rule", *(f"`{card.kind}`" for card in cards)]
    rows = [[text, *(marks[card.rules[name].status] for card in cards)] for name, text in RULES.items()]
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def main(file: Path) -> None:
    """Writes the table of connectors into a page, between its two marks."""
    before, _, rest = file.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    file.write_text(f"{before}{BEGIN}\n{as_table(scorecards())}{END}{after}", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
