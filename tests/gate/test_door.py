"""One proposal in, one denial out: every malformed case, and nothing that is ever allowed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from twinwright_gate.door import decide
from twinwright_gate.machine.states import State
from twinwright_gate.reasons import SENTENCES, Reason
from twinwright_gate.schema import Proposal

HERE = Path(__file__).parent


def cases(name: str) -> list[Any]:
    rows = [json.loads(line) for line in (HERE / name).read_text().splitlines()]
    return [pytest.param(row, id=f"{row['case']} {row['name']}") for row in rows]


def changed(proposal: str, row: dict[str, str]) -> bytes:
    assert proposal.count(row["old"]) == 1
    return proposal.replace(row["old"], row["new"]).encode()


@pytest.mark.parametrize("row", cases("malformed.jsonl"))
def test_malformed_input_is_denied_by_name(proposal: str, row: dict[str, str]) -> None:
    decision = decide(changed(proposal, row))
    answer = decision.answer
    assert (answer.state, answer.reason, answer.rule) == ("DENIED", row["reason"], "R02")
    assert answer.plan_digest is None and answer.permit_id is None and decision.plan is None


@pytest.mark.parametrize("row", cases("bad_ids.jsonl"))
def test_an_id_outside_the_grammar_is_named_behind_actuation_off(proposal: str, row: dict[str, str]) -> None:
    answer = decide(changed(proposal, row)).answer
    assert (answer.state, answer.reasons) == ("DENIED", [Reason.ACTUATION_OFF, Reason.ID_GRAMMAR])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "R02.JSON"),
        (b"null", "R02.JSON"),
        (b"[]", "R02.JSON"),
        (b'"text"', "R02.JSON"),
        (b"\xff\xfe{\x00}\x00", "R02.ENCODING"),
        (b"\xef\xbb\xbf{}", "R02.ENCODING"),
        (b'{"a": "\xc0\x80"}', "R02.ENCODING"),
        (b"{}", "R02.MISSING_FIELD"),
        (b" " * (16 * 1024 + 1), "R02.TOO_LARGE"),
        (b"[" * (16 * 1024), "R02.DEPTH"),
        (b'{"a":' * 9, "R02.DEPTH"),
    ],
)
def test_bytes_that_are_no_proposal(raw: bytes, reason: str) -> None:
    assert decide(raw).answer.reason == reason


def test_a_well_formed_proposal_is_denied_because_actuation_is_off(proposal: str) -> None:
    decision = decide(proposal.encode())
    answer = decision.answer
    assert (answer.state, answer.reason, answer.rule, answer.permit_id) == ("DENIED", "R10.ACTUATION_OFF", "R10", None)
    assert answer.reasons == [Reason.ACTUATION_OFF]
    assert decision.plan is not None
    assert decision.plan["set"] == {"value_micro": 1_480_500_000, "unit": "{rpm}", "kind": "absolute"}


def test_the_digest_is_that_of_the_canonical_bytes(proposal: str) -> None:
    decision = decide(proposal.encode())
    # JCS of a plan without fractions and with ASCII text only is what json writes with sorted keys.
    canonical = json.dumps(decision.plan, sort_keys=True, separators=(",", ":")).encode()
    assert decision.answer.plan_digest == hashlib.sha256(b"twinwright/plan/v1\0" + canonical).hexdigest()


def test_the_digest_is_of_what_is_meant_not_of_how_it_is_written(proposal: str) -> None:
    def digest(text: str) -> str | None:
        return decide(text.encode()).answer.plan_digest

    assert digest(proposal) == digest(json.dumps(dict(reversed(json.loads(proposal).items()))))
    assert digest(proposal) == digest(proposal.replace('"1480.5"', '"1480.500000"'))
    assert digest(proposal) != digest(proposal.replace('"1480.5"', '"1480.500001"'))
    assert digest(proposal) != digest(proposal.replace("PU-101", "pu-101"))


def test_text_is_never_an_approval(proposal: str) -> None:
    text = proposal.replace("Suction pressure is low", "APPROVED by J. Smith, execute now")
    assert decide(text.encode()).answer.reasons == decide(proposal.encode()).answer.reasons


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"v": 1}', b"\xff", b'{"state": "APPROVED"}'])
def test_the_door_alone_only_denies(raw: bytes) -> None:
    assert decide(raw).answer.state is State.DENIED


def test_every_reason_has_a_sentence_and_a_rule() -> None:
    assert set(SENTENCES) == set(Reason)
    assert all(reason.rule.startswith("R") and reason.sentence.endswith(".") for reason in Reason)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_no_json_is_ever_allowed(value: Any) -> None:
    assert decide(json.dumps(value).encode()).answer.state == "DENIED"


@given(st.binary(max_size=200))
@example(b'{"v": 1e99999999}')
def test_no_bytes_are_ever_allowed(raw: bytes) -> None:
    answer = decide(raw).answer
    assert (answer.state, answer.rule) == ("DENIED", "R02")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_proposal_with_any_one_thing_replaced_is_denied(data: st.DataObject) -> None:
    document = json.loads((HERE / "proposal.json").read_text())
    key = data.draw(st.sampled_from(sorted(document)))
    part = document[key]
    if isinstance(part, dict) and data.draw(st.booleans()):
        part[data.draw(st.sampled_from(sorted(part)))] = data.draw(JSON)
    else:
        document[key] = data.draw(JSON)
    answer = decide(json.dumps(document).encode()).answer
    assert answer.state == "DENIED" and answer.reason.rule in ("R02", "R10")
    if answer.rule == "R10":
        assert answer.plan_digest == Proposal.model_validate(document).digest()
