"""The rules investigator: a deterministic policy over the transcript."""

from __future__ import annotations

import re
from typing import Any

from ...conclusion import Conclusion
from ..base import Progress, ToolCall, ToolSpec, Transcript, Turn
from . import counting, facts, past, status, values, why
from .facts.reading import named_words
from .focus import Focus, focus_of
from .languages import without_clitics
from .plan import Requests, Step
from .question import (
    Intent,
    absent_noun,
    asks_for_people,
    asks_of_the_future,
    intent_of,
    sounds_like_plant,
    unknown_thing,
)
from .saying import claim, conclusion
from .seen import Done, Seen

_PLANS = {
    Intent.WHY: why.step,
    Intent.STATUS: status.step,
    Intent.VALUE: values.step,
    Intent.COUNT: counting.step,
    Intent.PAST: past.step,
    Intent.OPEN: values.step,
}
# Questions of fact: those whose answer is a query, where there is the tool for it.
_FACTS = frozenset({Intent.VALUE, Intent.COUNT, Intent.PAST, Intent.OPEN})
# A complaint is in anybody's words: only a phrase of several unknown words is taken for an asset that isn't there.
_UNKNOWN_OF_A_CAUSE = 2
_RETRY = "again"


class RulesModel:
    """Investigates by fixed rules. All that it knows of a plant comes through the tools; it uses no tokens."""

    @property
    def name(self) -> str:
        """``rules``."""
        return "rules"

    def next(self, transcript: Transcript, tools: list[ToolSpec], progress: Progress) -> Turn:
        """The next turn: calls that the plan for this kind of question wants, or its conclusion."""
        seen = Seen(transcript)
        if seen.repairs and (last := _last_conclusion(transcript)):
            # Rules have no better words: what the check doesn't let stand is struck, for everybody to see.
            return Turn(conclusion=last)
        available = {tool.name for tool in tools}
        mended = _mended(seen)
        step = mended if mended else _step(seen, available)
        if isinstance(step, Conclusion):
            return Turn(conclusion=step)
        calls = [(name, arguments) for name, arguments in step.calls if name in available]
        if not calls:
            return Turn(conclusion=_no_tool(step))
        progress(step.text)
        suffix = f"-{_RETRY}" if mended else ""
        return Turn(
            text=step.text,
            calls=[
                ToolCall(id=f"rules-{seen.turn + 1}-{number}{suffix}", name=name, arguments=arguments)
                for number, (name, arguments) in enumerate(calls, 1)
            ],
        )


def _step(seen: Seen, available: set[str]) -> Step:
    intent = intent_of(seen.question)
    if intent is Intent.ACT:
        return conclusion(
            "answer",
            [claim("Nothing was changed: Twinwright reads, explains and drafts; a person or the controller acts")],
        )
    found = seen.last("find_twins")
    if found is None:
        if seen.called("find_twins"):
            return conclusion("cannot_tell", [claim("The twins can't be searched")], missing=seen.errors())
        words = named_words(seen.question) or seen.question
        if seen.question != seen.transcript.question:
            # A plant may call its assets in the language of the question.
            words = f"{words} {named_words(without_clitics(seen.transcript.question))}"
        return Requests("looking for the assets and signals that the question names", [("find_twins", _words(words))])
    focus = focus_of(found)
    if focus.unknown:
        return _unknown_name(focus.unknown, focus.evidence)
    if focus.nothing and not focus.candidates and not sounds_like_plant(seen.question):
        return conclusion(
            "not_about_plant",
            [claim("That isn't a question about this plant: nothing in it names an asset, a signal or an event here")],
        )
    if asks_of_the_future(seen.question):
        return _not_yet(focus)
    if intent in _FACTS and "analyse" in available and (fact := facts.step(seen, focus)) is not None:
        return fact
    if asks_for_people(seen.question):
        text = "Who it was isn't recorded by the plant's twins and signals"
        return conclusion("cannot_tell", [claim(text, focus.evidence)], missing=["a record of who did what"])
    least = 1 if intent in _FACTS else _UNKNOWN_OF_A_CAUSE
    if (thing := unknown_thing(seen.question, focus.nothing_here, least)) is not None:
        return _unknown_thing(thing, focus)
    if not (intent in _FACTS or focus.names_by_word) and (noun := absent_noun(seen.question, focus.nothing_here)):
        return _absent(noun, focus)
    return _PLANS[intent](seen, focus)


def _not_yet(focus: Focus) -> Conclusion:
    text = "What is still to come isn't in the data, and the built-in rules don't foretell it"
    return conclusion(
        "cannot_tell",
        [claim(text, focus.evidence)],
        missing=["what is recorded later; `twinwright limit` says when a drifting signal crosses its limit"],
    )


def _unknown_thing(thing: str, focus: Focus) -> Conclusion:
    where = f" of {', '.join(focus.twins[:3])}" if focus.twins else ""
    text = f"Nothing that is recorded{where} is called {thing}, so this can't be told"
    return conclusion("cannot_tell", [claim(text, focus.evidence)], missing=[f"data on {thing}"])


def _absent(noun: str, focus: Focus) -> Conclusion:
    near = f"; the nearest names are {', '.join(focus.candidates)}" if focus.candidates else ""
    text = f"Nothing in this plant is called {noun}, neither an asset nor a signal{near}"
    return conclusion(
        "cannot_tell",
        [claim(text, focus.evidence)],
        missing=[f"the name of an asset that exists, instead of {noun}; or a question about the plant as a whole"],
    )


def _words(words: str) -> dict[str, Any]:
    return {"words": words, "limit": 12}


def _unknown_name(unknown: list[dict[str, Any]], evidence: str) -> Conclusion:
    claims, missing = [], []
    for one in unknown:
        near = ", ".join(one["nearest"])
        hint = f"; the nearest names are {near}" if near else ", and nothing is called anything like it"
        claims.append(claim(f"There is no {one['words']} in this plant{hint}", evidence))
        missing.append(f"the name of an asset that exists, instead of {one['words']}")
    return conclusion("cannot_tell", claims, missing=missing)


def _no_tool(step: Requests) -> Conclusion:
    names = ", ".join(dict.fromkeys(name for name, _ in step.calls))
    return conclusion("cannot_tell", [claim("This can't be looked into here")], missing=[f"the tools {names}"])


def _mended(seen: Seen) -> Requests | None:
    """The last calls that failed on a name, once more with the nearest name that exists."""
    entry = seen.transcript.entries[-1]
    if entry.kind != "results":
        return None
    last = {result.call_id for result in entry.results}
    again = [
        (one.call.name, arguments)
        for one in seen.done
        if one.call.id in last and not one.call.id.endswith(_RETRY) and (arguments := _better(one))
    ]
    return Requests("trying once more with the nearest names", again) if again else None


def _better(one: Done) -> dict[str, Any] | None:
    if not one.error or not one.error.get("mendable") or not one.error.get("suggestions"):
        return None
    better = str(one.error["suggestions"][0])
    bad = re.search(r"'([^']+)'", str(one.error.get("message", "")))
    if bad is None:
        return None
    changed = {name: _replaced(value, bad[1], better) for name, value in one.call.arguments.items()}
    return changed if changed != one.call.arguments else None


def _replaced(value: Any, bad: str, better: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, bad, better) for item in value]
    if value == bad:
        return better
    if isinstance(value, str) and value.endswith(f".{bad}"):
        return better if value.startswith(f"{better.rpartition('.')[0]}.") else f"{value.removesuffix(bad)}{better}"
    return value


def _last_conclusion(transcript: Transcript) -> Conclusion | None:
    turns = [entry.turn for entry in transcript.entries if entry.turn and entry.turn.conclusion]
    return turns[-1].conclusion if turns else None
