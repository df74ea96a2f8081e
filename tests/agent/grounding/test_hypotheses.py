"""Hypotheses: twins, chains, modes, onsets, confidences; and what striking leaves of them."""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_agent.conclusion import Claim, Conclusion, Hypothesis
from twinwright_agent.grounding import Grounds, check, strike

SUPPORT = Claim(text="Its outlet pressure fell to 2.91 bar.", evidence=["E1"])


def hypothesis(**changes: Any) -> Hypothesis:
    whole: dict[str, Any] = {
        "twin": "pump-P102",
        "signal": "outletPressure",
        "mode": "cavitation",
        "confidence": 0.8,
        "onset": "2026-01-05T08:12:40+00:00",
        "chain": ["pump-P102", "cooler-1", "filler-3", "line-3"],
        "why_no_path": None,
        "supports": [SUPPORT],
        "contradicts": [],
        "next_check": "Look at the strainer of pump-P102.",
    }
    return Hypothesis.model_validate(whole | changes)


def concluded(*hypotheses: Hypothesis, answer: str = "The pump is the cause.") -> Conclusion:
    claims = [Claim(text=answer, evidence=["E1"])]
    return Conclusion(verdict="cause", answer=claims, hypotheses=list(hypotheses), missing=[])


def test_a_sound_hypothesis_stands(grounds: Grounds) -> None:
    assert check(concluded(hypothesis()), grounds) == []


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [
        ({"twin": "pump-9"}, "twin", "no such twin"),
        ({"twin": "power", "signal": None, "chain": ["power"]}, "twin", "nowhere in the run's evidence"),
        ({"signal": "vibrationRms"}, "signal", "pump-P102.vibrationRms"),
        ({"mode": "gremlins"}, "mode", "no failure mode"),
        ({"confidence": 1.4}, "confidence", "between 0 and 1"),
        ({"confidence": 0.6, "supports": []}, "confidence", "at least one support"),
        ({"onset": "2026-01-05T07:00:00+00:00"}, "onset", "stands nowhere"),
        ({"onset": "yesterday"}, "onset", "not an ISO 8601 time"),
        ({"onset": "2026-01-05T08:12:40"}, "onset", "no zone"),
        ({"chain": []}, "chain", "why_no_path"),
        ({"chain": ["cooler-1", "filler-3"]}, "chain", "begins with cooler-1"),
        ({"chain": ["pump-P102", "filler-3"]}, "chain", "pump-P102 → cooler-1 → filler-3"),
        ({"chain": ["pump-P102", "power"]}, "chain", "no upset travels"),
        ({"chain": ["pump-P102", "pump-9"]}, "chain", "no twin pump-9"),
        ({"next_check": "Look at pump-P777."}, "next_check", "pump-P777"),
    ],
)
def test_what_fails_is_named(changes: dict[str, Any], where: str, said: str, grounds: Grounds) -> None:
    failures = check(concluded(hypothesis(**changes)), grounds)
    assert [failure.where for failure in failures] == [f"hypotheses[0].{where}"]
    assert said in failures[0].reason


def test_a_reason_stands_in_for_a_path(grounds: Grounds) -> None:
    without = hypothesis(chain=[], why_no_path="They share a supply that the graph leaves out.")
    assert check(concluded(without), grounds) == []


def test_a_chain_may_end_in_what_contains_its_last_twin(grounds: Grounds) -> None:
    assert check(concluded(hypothesis(chain=["pump-P102", "cooler-1", "filler-3", "line-3"])), grounds) == []
    assert check(concluded(hypothesis(chain=["pump-P102", "cooler-1", "line-3"])), grounds) != []


def test_striking_takes_out_what_fails_and_keeps_the_rest(grounds: Grounds) -> None:
    bad = Claim(text="It vibrates at 9.9 mm/s.", evidence=["E1"])
    conclusion = concluded(
        hypothesis(supports=[bad, SUPPORT], mode="gremlins", chain=["pump-P102", "filler-3"]),
        hypothesis(twin="pump-9"),
        answer="It fell to 5 bar.",
    )
    standing, struck = strike(conclusion, check(conclusion, grounds))
    assert standing.answer == []
    (left,) = standing.hypotheses
    assert left.supports == [SUPPORT]
    assert left.mode is None
    assert left.chain == []
    assert left.why_no_path
    assert left.confidence == 0.8
    assert {item.where for item in struck} == {
        "answer[0]",
        "hypotheses[0].supports[0]",
        "hypotheses[0].mode",
        "hypotheses[0].chain",
        "hypotheses[1].twin",
    }
    assert next(item for item in struck if item.where == "hypotheses[0].supports[0]").evidence == ["E1"]


def test_confidence_falls_with_the_last_support(grounds: Grounds) -> None:
    conclusion = concluded(hypothesis(supports=[Claim(text="It vibrates at 9.9 mm/s.", evidence=["E1"])]))
    standing, _ = strike(conclusion, check(conclusion, grounds))
    assert standing.hypotheses[0].confidence == 0.5


def test_what_was_struck_stands_when_checked_again(grounds: Grounds) -> None:
    conclusion = concluded(
        hypothesis(chain=["pump-P102", "power"], onset="2026-01-05T07:00:00+00:00"), answer="It fell to 5 bar."
    )
    standing, _ = strike(conclusion, check(conclusion, grounds))
    assert check(standing, grounds) == []


@pytest.mark.parametrize(
    ("onset", "stands"),
    [
        ("2026-01-05T07:40:00+00:00", True),  # the engine gives it for this twin, whatever is cited
        ("2026-01-05T07:50:00+00:00", False),  # and that one for another
    ],
)
def test_an_onset_may_be_one_that_any_evidence_gives_its_twin(onset: str, stands: bool, grounds: Grounds) -> None:
    failures = check(concluded(hypothesis(onset=onset, confidence=0.6)), grounds)
    assert (failures == []) is stands
    assert all("no evidence gives it for pump-P102" in one.reason for one in failures)


@pytest.mark.parametrize(
    ("said", "stands"),
    [("pump-P102 lost its pressure at 2026-01-05T08:12:40Z.", True), ("It was lost at 2026-01-05T08:12:40Z.", False)],
)
def test_what_the_answer_cites_of_a_twin_counts_for_its_hypothesis(said: str, stands: bool, grounds: Grounds) -> None:
    support = Claim(text="cooler-1.outletTemperature rose from 4 to 7.5 °C.", evidence=["E2"])
    failures = check(concluded(hypothesis(supports=[support], confidence=0.6), answer=said), grounds)
    assert [one.where for one in failures] == ([] if stands else ["hypotheses[0].onset"])


@pytest.mark.parametrize(("confidence", "cited", "wrong"), [(0.9, "E1", False), (0.9, "E5", True), (0.7, "E1", True)])
def test_very_likely_goes_with_a_confidence_that_was_accepted(
    confidence: float, cited: str, wrong: bool, grounds: Grounds
) -> None:
    """The engine has 0.6; 0.9 stands with a look of one's own (a window) behind it, and not with the engine's."""
    support = Claim(text="pump-P102 lost its pressure.", evidence=[cited])
    conclusion = concluded(
        hypothesis(confidence=confidence, supports=[support], onset=None), answer="pump-P102 is very likely the cause."
    )
    assert any(one.where == "answer[0]" for one in check(conclusion, grounds)) is wrong
