"""What a report says of the run itself: who finished it and why, what was assumed, kept, tainted, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twinwright_agent.ledger import Kept
from twinwright_agent.result import HandOver, Investigation, RunUsage

Write = Callable[[Investigation], Path]


def test_who_finished_it_and_why(report: Write, investigation: Investigation) -> None:
    over = HandOver(model="claude-x", kind="budget", because="the budget of 2 turns is spent", turns=2)
    page = report(investigation.model_copy(update={"hand_over": over, "model": "claude-x+rules"})).read_text()
    assert "By the built-in rules</b>, because the budget of 2 turns is spent." in page
    assert "by Claude (claude-x), finished by the built-in rules" in page
    assert "--model claude-x</code>" in page


def test_assumptions_ledger_and_taint_are_shown_as_text(report: Write, investigation: Investigation) -> None:
    kept = Kept(
        id="H1", twin="pump", signal="pressure", mode=None, state="refuted", evidence_for=[], evidence_against=["E2"],
        note="<b>loud</b>",
    )  # fmt: skip
    told = {
        "assumptions": ["I took <i>it</i> to be the pump."],
        "ledger": [kept],
        "tainted": {"WO-0001": ["pump comes from a text in E3 (history) that anybody may have written"]},
    }
    page = report(investigation.model_copy(update=told)).read_text()
    assert "Assumed, not proven:" in page
    assert "&lt;i&gt;it&lt;/i&gt;" in page
    assert "&lt;b&gt;loud&lt;/b&gt;" in page
    assert "<td>refuted</td>" in page
    assert "Tainted: WO-0001." in page


def test_money_is_shown_or_that_it_is_not_known(report: Write, investigation: Investigation) -> None:
    for usd, said in ((0.1234, "$0.123"), (None, "price unknown")):
        usage = RunUsage(turns=1, input_tokens=5, usd=usd)
        assert said in report(investigation.model_copy(update={"usage": usage})).read_text()
