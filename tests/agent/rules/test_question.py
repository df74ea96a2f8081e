"""What kind of question it is."""

from __future__ import annotations

import pytest

from twinwright_agent.models.rules.question import Intent, intent_of, sounds_like_plant


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("why is line 3 throughput dropping?", Intent.WHY),
        ("What is the root cause of the high reactor pressure", Intent.WHY),
        ("what's wrong with the chiller?", Intent.WHY),
        ("what happened to line 2 at 08:00", Intent.WHY),
        ("where does line 2 lose its air pressure?", Intent.WHY),
        ("where is the filler of line 2?", Intent.OPEN),
        ("what is the speed of line-2-filler", Intent.VALUE),
        ("how hot is the glycol", Intent.VALUE),
        ("average flow of pump 1 yesterday", Intent.VALUE),
        ("how many pumps are there?", Intent.COUNT),
        ("list all compressors", Intent.COUNT),
        ("how often did the labeller fail", Intent.PAST),
        ("when was glycol pump 1 last repaired?", Intent.PAST),
        ("how many work orders does the filler have", Intent.PAST),
        ("is everything ok?", Intent.STATUS),
        ("status of line 2", Intent.STATUS),
        ("how is line 1 doing", Intent.STATUS),
        ("stop glycol pump 1", Intent.ACT),
        ("please set the valve to 40 %", Intent.ACT),
        ("line-2-filler", Intent.OPEN),
    ],
)
def test_the_kind_of_question(question: str, intent: Intent) -> None:
    assert intent_of(question) is intent


@pytest.mark.parametrize("question", ["what is the capital of France?", "who won the world cup", "tell me a joke"])
def test_some_questions_are_not_about_plants(question: str) -> None:
    assert not sounds_like_plant(question)
