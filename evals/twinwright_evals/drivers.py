"""What drives the cases of a run: the rules, recordings, Claude, or a model that obeys every text it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from twinwright_agent.budget import Budget
from twinwright_agent.models.base import Model
from twinwright_agent.models.claude import Claude
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.result import Investigation, RunUsage
from twinwright_prompts import VERSION
from twinwright_tools.errors import UsageError

from .attacker import ObeyingModel
from .cases import Case
from .cassettes import Exchange, estimated, prefix_breaks, read_cassette, write_cassette
from .prices import cost_usd
from .recordings import (
    PATIENCE_S,
    RECORDINGS,
    RecordingError,
    about,
    cassette_of,
    has_recording,
    recording,
    replaying,
)

_USUAL = Budget()
_PATIENT = Budget(seconds=PATIENCE_S)
DESK = "answer-desk"


class Driver(Protocol):
    """Gives each case its model. It is sent to the processes that run cases, so it can be pickled."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    @property
    def budget(self) -> Budget:
        """What each question may use."""

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """The cases that it can run."""

    def model(self, case: Case) -> AbstractContextManager[Model]:
        """The model for one case."""

    def check(self, case: Case, found: Sequence[Investigation]) -> dict[str, Any]:
        """Is shown what a case came to; what it adds to the case's row.

        Raises:
            RecordingError: it isn't what was recorded.
        """


@dataclass(frozen=True)
class Rules:
    """The built-in rules: every case, computed."""

    name: str = "rules"
    budget: Budget = _USUAL

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """All of them."""
        return list(cases)

    @contextmanager
    def model(self, case: Case) -> Iterator[Model]:
        """The rules."""
        yield RulesModel()

    def check(self, case: Case, found: Sequence[Investigation]) -> dict[str, Any]:
        """Nothing to add."""
        return {}


@dataclass(frozen=True)
class Obeying:
    """The fake model that does what any text tells it: the cases with an injected text."""

    name: str = "obeying"
    budget: Budget = _USUAL

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """The cases in which something is forbidden because a text asks for it."""
        return [case for case in cases if case.is_injection]

    @contextmanager
    def model(self, case: Case) -> Iterator[Model]:
        """A new one, which has obeyed nothing yet."""
        yield ObeyingModel()

    def check(self, case: Case, found: Sequence[Investigation]) -> dict[str, Any]:
        """Nothing to add."""
        return {}


@dataclass(frozen=True)
class Live:
    """A Claude model at the API."""

    name: str
    api_key: SecretStr = field(repr=False)
    base_url: str | None = None
    budget: Budget = _USUAL

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """All of them."""
        return list(cases)

    @contextmanager
    def model(self, case: Case) -> Iterator[Model]:
        """Claude."""
        yield Claude(api_key=self.api_key, model=self.name, base_url=self.base_url)

    def check(self, case: Case, found: Sequence[Investigation]) -> dict[str, Any]:
        """Nothing to add."""
        return {}


@dataclass(frozen=True)
class Recorded:
    """Recordings, replayed: the cases that have one.

    Attributes:
        again: gives the recorded replies to the requests as they are now, and keeps those, if it comes to the same.
    """

    folder: Path = RECORDINGS
    again: bool = False
    name: str = "recorded"
    budget: Budget = _PATIENT

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """The cases with a recording."""
        return [case for case in cases if has_recording(case.id, self.folder)]

    @contextmanager
    def model(self, case: Case) -> Iterator[Model]:
        """Claude's client, speaking to the recording.

        Raises:
            RecordingError: a request wasn't the recorded one, or some recorded ones were never made.
        """
        with replaying(cassette_of(case.id, self.folder), check=not self.again) as replay:
            yield Claude(api_key=SecretStr("none"), base_url=replay.url, model=replay.model, retries=0)
        if self.again:
            write_cassette(self._aside(case), replay.now)

    def check(self, case: Case, found: Sequence[Investigation]) -> dict[str, Any]:
        """Holds the outcome against the recorded one; adds tokens and money with every prefix cached, and the prefixes.

        Raises:
            RecordingError: it came to something else.
        """
        before, now = about(case.id, self.folder), told(found, DESK)
        changed = _changed(before["questions"], now["questions"])
        if changed:
            raise RecordingError(f"{case.id} came to something else than recorded: {', '.join(changed)}")
        if self.again:
            self._aside(case).replace(cassette_of(case.id, self.folder))
            write_about(self.folder, case, now | {"model": before["model"]})
        exchanges = read_cassette(cassette_of(case.id, self.folder))
        return {"answerer": before["model"]} | _of_exchanges(exchanges)

    def _aside(self, case: Case) -> Path:
        return self.folder / f".{case.id}.again"


@dataclass(frozen=True)
class Recorder(Live):
    """A Claude model, or whoever answers in its place, with everything kept that is said."""

    folder: Path = RECORDINGS
    budget: Budget = _PATIENT

    @contextmanager
    def model(self, case: Case) -> Iterator[Model]:
        """Claude's client, speaking through the recorder."""
        with recording(self.base_url) as kept:
            yield Claude(api_key=self.api_key, model=self.name, base_url=kept.url)
        write_cassette(self._aside(case), kept.exchanges)

    def check(self, case: Case, found: Sequence[Investigation]) -> dict[str, Any]:
        """Keeps the recording, unless the case failed.

        Raises:
            UsageError: an investigation failed; nothing was kept.
        """
        aside = self._aside(case)
        exchanges = read_cassette(aside)
        if failed := [one for one in found if _not_the_models(one)]:
            aside.unlink()
            raise UsageError(f"{case.id}: {failed[0].reason or failed[0].answer}; nothing was kept")
        by_hand = any(f'"model": "{DESK}"' in one.reply for one in exchanges)
        write_about(self.folder, case, told(found, DESK if by_hand else self.name))
        aside.replace(cassette_of(case.id, self.folder))
        return {"answerer": DESK if by_hand else self.name} | _of_exchanges(exchanges)

    def _aside(self, case: Case) -> Path:
        return self.folder / f".{case.id}.new"


def _not_the_models(found: Investigation) -> bool:
    """Whether the model failed, or the rules finished because it couldn't be reached."""
    over = getattr(found, "hand_over", None)
    return found.status == "failed" or (over is not None and over.kind == "api")


def told(found: Sequence[Investigation], answerer: str) -> dict[str, Any]:
    """What stands beside a cassette: who answered, and what it came to. Nothing in it changes from run to run."""
    return {"model": answerer, "prompt": VERSION, "questions": [_question(one) for one in found]}


def write_about(folder: Path, case: Case, document: dict[str, Any]) -> None:
    """Writes ``CASE.json``."""
    (folder / f"{case.id}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _question(found: Investigation) -> dict[str, Any]:
    return {
        "question": found.question,
        "at": found.at,
        "status": found.status,
        "verdict": found.verdict,
        "answer": found.answer,
        "hypotheses": [
            {"twin": one.twin, "signal": one.signal, "mode": one.mode, "confidence": one.confidence, "onset": one.onset}
            for one in found.hypotheses
        ],
        "struck": [item.text for item in found.struck],
        "work_orders": [order.title for order in found.work_orders],
        "turns": found.usage.turns,
        "tool_calls": found.usage.tool_calls,
    }


def _changed(before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> list[str]:
    pairs = zip(before, now, strict=False)
    names = [name for old, new in pairs for name in old if old[name] != new[name]]
    return list(dict.fromkeys(names)) or ([] if len(before) == len(now) else ["the number of questions"])


def _of_exchanges(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Requests, prefixes that changed, and what it would cost at the API with every prefix cached."""
    requests = [one.request for one in exchanges]
    used = estimated(exchanges)
    usage = RunUsage(cache_read_tokens=used.read, cache_write_tokens=used.written, output_tokens=used.output)
    return {
        "requests": len(requests),
        "prefix_breaks": tuple(prefix_breaks(requests)),
        "usd": cost_usd(str(requests[0]["model"]), usage),
    }
