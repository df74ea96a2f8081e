"""Which claims stand and which don't: pairs of a sentence and what the check says."""

from __future__ import annotations

import pytest

from twinwright_agent.conclusion import Claim, Conclusion
from twinwright_agent.grounding import Grounds, assumed, check, strike

STANDS = [
    ("Outlet pressure of pump-P102 fell from 4.08 bar to 2.91 bar.", ["E1"]),
    ("Outlet pressure fell to about 3 bar.", ["E1"]),
    ("It was 4.1 bar before.", ["E1"]),
    ("It was 408 kPa before and 291 kPa since.", ["E1"]),
    ("The pressure fell by 1.17 bar.", ["E1"]),
    ("The pressure fell by 29 %.", ["E1"]),
    ("Coverage is 97.3 %.", ["E1"]),
    ("Coverage is 0.973.", ["E1"]),
    ("Coverage is about 97 percent.", ["E1"]),
    ("23,456 bottles were made.", ["E1"]),
    ("It began at 09:12 site time.", ["E1"]),
    ("It began at 08:12 UTC.", ["E1"]),
    ("It began at 2026-01-05T08:12:40+00:00.", ["E1"]),
    ("It began at 2026-01-05 09:12:40.", ["E1"]),
    ("It began on 5 January.", ["E1"]),
    ("It began on 2026-01-05.", ["E1"]),
    ("The newest sample is 10 s old.", ["E1"]),
    ("It began 3 h 47 min before the question.", ["E1"]),
    ("The cooler's outlet (cooler-1.outletTemperature) is 3.5 K warmer than before.", ["E2"]),
    ("cooler-1.outletTemperature rose by 3.5 °C.", ["E2"]),
    ("Filling slowed from 600 to 510 bottles/min, 15 % less.", ["E2"]),
    ("Line 3 slowed down because filler-3 did.", ["E2"]),
    ("The temperature followed 18 min after the pressure.", ["E1", "E2"]),
    ("The temperature followed at 09:31, 18 min after the pressure.", ["E1", "E2"]),
    ("Two signals left their past, as E2 says.", ["E2"]),
    ("pump-P102 has lost outletPressure.", ["E1"]),
    ("The outlet temperature is 1.9 times what it was.", ["E2"]),
    ("It stood still for 7.4 % of the time.", ["E3"]),
    ("Its highest sample is 41.5.", ["E3"]),
    ("The cause can't be told from the data.", []),
    ("No power was lost.", []),
    ("Belt 2.5 ran at 40.5.", ["E4"]),
    ("belt 2.5 ran at 40.5, belt 2.6 stood.", ["E4"]),
    ("Belts 2.5 and 2.6 were looked at.", ["E4"]),
    ("line-2-belt-5.rate was 40.5.", ["E4"]),
    ("cooler-1.outletTemperature was asked for with its twin.", ["E4"]),
    ("filler-3.rate was asked for by another name.", ["E4"]),
    ("The drop (x1000) rose from 2.631 before 06:30Z to 10.36 from 11:00Z.", ["E6"]),
    ("The drop (×1000) was 10.36 from 12:00 site time.", ["E6"]),
    ("At 07:15 it was 3.7.", ["E6"]),
    ("The gap of 2 was exceeded.", ["E6"]),
    ("Lines 1 and 2 share the header.", ["E6"]),
    ("It was 3.7 in the 20 min from 07:15.", ["E6"]),
]

FAILS = [
    ("The pressure fell by 4 %.", ["E1"], "4 %"),
    ("It made 1337 bottles.", ["E3"], "1337"),
    ("Outlet pressure fell to 2.51 bar.", ["E1"], "2.51 bar"),
    ("Outlet pressure fell to 2.91 °C.", ["E1"], "2.91 °C"),
    ("Outlet pressure fell to 2.91 bar.", ["E2"], "2.91 bar"),
    ("Outlet pressure fell to 2.91 bar.", [], "cites no evidence"),
    ("Outlet pressure fell to 2.91 bar.", ["E7"], "no evidence E7"),
    ("It began at 08:12.", ["E1"], "UTC"),
    ("It began at 10:40 site time.", ["E1"], "10:40"),
    ("It began on 6 January.", ["E1"], "6 January"),
    ("It began at 2026-01-05T08:25:00+00:00.", ["E1"], "08:25"),
    ("pump-P999 fell out.", ["E1"], "pump-P999"),
    ("packer-3 fell out.", ["E1"], "packer-3"),
    ("pump-P102.vibrationRms rose.", ["E1"], "vibrationRms"),
    ("vibrationRms rose.", ["E1"], "vibrationRms"),
    ("The pressure fell by 2.2 bar.", ["E1"], "2.2 bar"),
    ("The pressure fell to 1 bar.", ["E1"], "1 bar"),
    ("The pressure fell by 45 %.", ["E1"], "45 %"),
    ("It began 5 h 20 min before the question.", ["E1"], "5 h 20 min"),
    ("Seven signals left their past.", ["E2"], "Seven"),
    ("It is 60 % likely that pump-P102 cavitates.", ["E1"], "60 %"),
    ("Chiller pump 2 is worn.", ["E2"], "Chiller pump 2"),
    ("Belt 2.5 ran at 2.6.", ["E4"], "2.6"),
    ("Belt 2.5 has lost 7.5 mm.", ["E4"], "7.5 mm"),
    ("Belts 2.5 and 7.5 ran.", ["E4"], "7.5"),
    ("Belts 2.5 and 2.6 ran.", ["E1"], "belt 2.6"),
    ("Line 3 rose from 1 to 3 bar.", ["E2"], "3 bar"),
    ("pump-P102.outletPressure was asked for.", ["E4"], "outletPressure"),
    ("The drop (x100) rose from 2.631 to 10.36.", ["E6"], "x100"),
    ("The drop rose from 06:45Z.", ["E6"], "06:45Z"),
    ("It was 3.7 in the 25 min from 07:15.", ["E6"], "25 min"),
    ("It was 3.7 at 07:15Z.", ["E6"], "07:15Z"),
    ("It began at 2026-01-04T06:30Z.", ["E6"], "2026-01-04T06:30Z"),
    ("Lines 1 and 2 share the header of line 3.", ["E6"], "line 3"),
    ("Lines 1 and 7 share the header.", ["E6"], "7"),
    ("It ran for a 0.2 share of the time.", ["E3"], "0.2"),
]


def reasons_for(text: str, cited: list[str], grounds: Grounds) -> str:
    conclusion = Conclusion(verdict="cause", answer=[Claim(text=text, evidence=cited)], hypotheses=[], missing=[])
    return "; ".join(failure.reason for failure in check(conclusion, grounds))


@pytest.mark.parametrize(("text", "cited"), STANDS, ids=[text for text, _ in STANDS])
def test_stands(text: str, cited: list[str], grounds: Grounds) -> None:
    assert reasons_for(text, cited, grounds) == ""


@pytest.mark.parametrize(("text", "cited", "said"), FAILS, ids=[text for text, _, _ in FAILS])
def test_fails(text: str, cited: list[str], said: str, grounds: Grounds) -> None:
    assert said in reasons_for(text, cited, grounds)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I took it as the last day.", "I took it as the last day."),
        ("I took it as about pump-P102 since 09:12.", "I took it as about pump-P102 since 09:12."),
        ("I took the morning as from 06:00.", "I took the morning as from 06:00. (assumed, in no evidence: 06:00)"),
        ("I took 99 bar as high.", "I took 99 bar as high. (assumed, in no evidence: 99 bar)"),
    ],
)
def test_an_assumption_is_marked_where_nothing_carries_it(text: str, kept: str, grounds: Grounds) -> None:
    conclusion = Conclusion(verdict="answer", answer=[], hypotheses=[], missing=[], assumptions=[text])
    assert check(conclusion, grounds) == []
    assert assumed(conclusion, grounds).assumptions == [kept]


def test_an_assumption_names_nothing_that_is_not_there(grounds: Grounds) -> None:
    conclusion = Conclusion(
        verdict="answer", answer=[], hypotheses=[], missing=[], assumptions=["It is about pump-P777.", "It is now."]
    )
    (failure,) = check(conclusion, grounds)
    assert failure.where == "assumptions[0]" and "pump-P777" in failure.reason
    standing, struck = strike(conclusion, [failure])
    assert standing.assumptions == ["It is now."] and [one.where for one in struck] == ["assumptions[0]"]
