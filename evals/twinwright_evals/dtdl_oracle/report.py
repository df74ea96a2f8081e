"""The table of agreement in docs/dtdl.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .corpus import ROOT
from .verdicts import Disagreement, Judged

PAGE = ROOT / "docs" / "dtdl.md"
BEGIN, END = "<!-- agreement: begin -->", "<!-- agreement: end -->"


def agreement_table(judged: Sequence[Judged], parser: str, known: Sequence[Disagreement]) -> str:
    """Agreement by version, and every disagreement with its reason, in Markdown."""
    lines = [
        f"Judged beside {parser}, {len(judged)} models:",
        "",
        "| DTDL | models | valid by the specification | agreed | disagreements |",
        "|---|---|---|---|---|",
    ]
    for version in sorted({each.model.version for each in judged}):
        of = [each for each in judged if each.model.version == version]
        agreed, valid = sum(each.agreed for each in of), sum(each.model.valid for each in of)
        lines.append(f"| {version} | {len(of)} | {valid} | {agreed} | {len(of) - agreed} |")
    agreed = sum(each.agreed for each in judged)
    valid = sum(each.model.valid for each in judged)
    lines += [f"| all | {len(judged)} | {valid} | {agreed} | {len(judged) - agreed} |", ""]
    verdicts = {(each.model.name, each.model.version): each for each in judged}
    lines += ["| disagreement | DTDL | the parser says | we say | why |", "|---|---|---|---|---|"]
    for each in known:
        for name in sorted({name for name, _ in each.models}):
            versions = sorted(of for one, of in each.models if one == name)
            one = verdicts[name, versions[0]]
            ours = "valid" if one.ours else "refused"
            shown = ", ".join(map(str, versions))
            lines.append(f"| {name} | {shown} | {one.oracle} | {ours} | {each.reason} |")
    return "\n".join(lines)


def write_table(judged: Sequence[Judged], parser: str, known: Sequence[Disagreement], page: Path = PAGE) -> None:
    """Put the table between its marks in the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{agreement_table(judged, parser, known)}\n{END}{after}")
