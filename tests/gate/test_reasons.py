"""What is published about rules and reasons is what the code says."""

from __future__ import annotations

import json
from pathlib import Path

from twinwright_gate import reason_map
from twinwright_gate.reasons import RULE_IDS, SENTENCES, Reason
from twinwright_gate.rule_table import table
from twinwright_gate.rules import RULES

ROOT = Path(__file__).resolve().parents[2]


def test_reasons_json_is_made_from_the_code() -> None:
    kept = json.loads((ROOT / "tools/twinwright_gate/reasons.json").read_text())
    assert kept == reason_map.document(), "python -m twinwright_gate.reason_map > tools/twinwright_gate/reasons.json"
    assert set(kept) == {reason.value for reason in Reason}


def test_the_rules_are_the_25_and_each_says_what_it_demands() -> None:
    assert tuple(rule.id for rule in RULES) == RULE_IDS and len(set(RULE_IDS)) == 25
    assert all(len(rule.words) > 40 for rule in RULES)
    assert set(SENTENCES) == set(Reason)


def test_the_page_on_safety_has_the_table_of_the_code() -> None:
    assert table() in (ROOT / "docs/safety.md").read_text(), "python -m twinwright_gate.rule_table"
