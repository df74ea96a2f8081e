"""Since when something is as it is: onsets of departures, and of the cause that the engine names."""

from __future__ import annotations

import re
from typing import Any

from twinwright_tools.evidence import Evidence

from ....conclusion import Claim
from ..focus import Focus
from ..hypotheses import changed
from ..plan import Step
from ..saying import claim, conclusion, figure
from ..seen import Seen
from ..verdicts import no_telemetry, said_of
from .asking import Call, asked
from .reading import Reading

_MOST = 3
_TOP = 8
_LIKELY = 0.2  # confidence from which a hypothesis of the twin itself dates what is asked
_SINCE = re.compile(r"\bsince when\b|\bhow long ago\b", re.IGNORECASE)
_BEGAN = re.compile(
    r"\bwhen (?:did|does|has|have|had)\b.*\b(?:start|started|begin|began|begun)\s+(?:to\s+\w+|\w+ing)\b"
    r"|\bwhen (?:did|does|has|have|had)\b.*\b(?:drop|dropped|fall|fell|fallen|rise|risen|rose|increased?|decreased?"
    r"|declined?|climb(?:ed)?|s[iau]nk|change[d]?|drift(?:ed)?|deviated?|go(?:ne)? (?:up|down|wrong|bad))\b",
    re.IGNORECASE,
)
# The last or the first of many times, and what no telemetry says, are asked of history and of properties.
_OTHER = re.compile(
    r"\b(?:last|most recently|first|installed|commissioned|built|made|bought|owned)\b"
    r"|\bin (?:service|operation|use|stock)\b",
    re.IGNORECASE,
)


def asks_for_onset(reading: Reading) -> bool:
    """Whether a question asks since when something moves, and not for the last or the first of many times."""
    found = _SINCE.search(reading.timeless) or _BEGAN.search(reading.timeless)
    return found is not None and _OTHER.search(reading.timeless) is None


def step(seen: Seen, focus: Focus) -> Step | None:
    """The onset of the departure of the signals that the question names, or else of what the engine finds behind it.

    Raises:
        Missing: something has to be asked first.
    """
    twins = list(dict.fromkeys([*(key.rpartition(".")[0] for key in focus.signals), *focus.twins]))[:_MOST]
    if not twins:
        return None
    if seen.site.recorded_to is None:
        return no_telemetry(seen, focus.evidence)
    symptoms = (focus.signals or focus.twins)[:_MOST]
    around: list[Call] = [("find_deviations", {"twin": twin, "steps": 0, "direction": "upstream"}) for twin in twins]
    calls: list[Call] = [("rank_causes", {"symptoms": symptoms, "top": _TOP}), *around]
    ranked, *found = asked(seen, f"looking since when {', '.join(symptoms)} left its past", calls)
    looked = [one for one in found if one is not None]
    if not looked:
        return None
    own = _of_signals(seen, focus.signals, looked) if focus.signals else _of_twins(seen, focus.twins, ranked)
    return conclusion("answer", own) if own else _undated(seen, focus, symptoms, ranked, looked)


def _undated(seen: Seen, focus: Focus, symptoms: list[str], ranked: Evidence | None, looked: list[Evidence]) -> Step:
    """What departed first of the twins or of what they contain, and what is behind it, where nothing dates the rest."""
    rows = [(row, one) for one in looked for row in one.data["deviations"] if row["kind"] != "dropout"]
    rows.sort(key=lambda each: str(each[0]["onset"]))
    itself = [] if focus.signals else [_departed(seen, *each) for each in rows if each[0]["where"] == "itself"]
    if itself:
        return conclusion("answer", itself[:1])
    about = ", ".join(symptoms)
    which = "it has not" if focus.signals else "no signal of it has"
    cited = [focus.evidence, *(one.id for one in looked), *([ranked.id] if ranked else [])]
    claims = [claim(f"No onset can be told for {about}: {which} left its own past", *cited)]
    behind = _cause(seen, ranked) if rows else []
    missing = [f"a departure of {about} from its own past"]
    return conclusion("answer" if behind else "cannot_tell", [*claims, *behind], missing=missing)


def _of_signals(seen: Seen, signals: list[str], looked: list[Evidence]) -> list[Claim]:
    rows = {row["signal"]: (row, one) for one in looked for row in one.data["deviations"]}
    return [_departed(seen, *rows[key]) for key in signals[:_MOST] if key in rows]


def _departed(seen: Seen, row: dict[str, Any], found: Evidence) -> Claim:
    return claim(f"{changed(row, seen.site)} (± {figure(row['onset_uncertainty_s'], 's')})", found.id)


def _of_twins(seen: Seen, twins: list[str], ranked: Evidence | None) -> list[Claim]:
    """The likeliest hypothesis of the twins themselves."""
    rows = ranked.data["hypotheses"] if ranked else []
    mine = (row for row in rows if row["twin"] in twins and row["onset"] and row["confidence"] >= _LIKELY)
    return [claim(f"What its data show is most likely {said_of(row, seen.site)}", ranked.id) for row in mine if ranked][
        :1
    ]


def _cause(seen: Seen, ranked: Evidence | None) -> list[Claim]:
    if ranked is None or ranked.data["verdict"] != "cause" or not ranked.data["hypotheses"][0]["onset"]:
        return []
    text = f"The most likely cause of what is seen there is {said_of(ranked.data['hypotheses'][0], seen.site)}"
    return [claim(text, ranked.id)]
