"""Stages as plain lines: none of what is soon over, the one that is on, and each that begins."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from twinwright_cli.stages import Stages, is_stage

NEVER_S = 3600.0


@given(st.lists(st.sampled_from(["reading", "sorting", "  E1 a result", "· a thought"])))
def test_what_is_soon_over_needs_no_words_and_what_lasts_has_one_a_stage(told: list[str]) -> None:
    for wait_s, expected in ((NEVER_S, []), (0.0, [text for text in told if is_stage(text)])):
        said: list[str] = []
        stages = Stages(said.append, wait_s)
        for text in told:
            stages.tell(text)
        stages.close()
        assert said == expected


def test_the_stage_that_is_on_is_said_when_the_time_has_come_and_those_before_never() -> None:
    said: list[str] = []
    came = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        came.set()

    stages = Stages(say, 0.2)
    for text in ("reading", "sorting", "  of no interest"):
        stages.tell(text)
    assert came.wait(30)
    stages.tell("counting")
    stages.close()
    assert said == ["sorting", "counting"]
