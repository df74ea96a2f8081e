"""Recorded investigations: a model's replies, kept to be replayed without a key or a network.

A recording is three files in ``evals/recordings``: ``cases.jsonl`` (which plant, which question), ``CASE.yaml``
(requests and replies) and ``CASE.json`` (what it came to). Replaying compares every request with the recorded one and
names the difference: a changed prompt, tool or plant needs a new recording, never an old answer.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from twinwright_agent.models.base import Progress
from twinwright_agent.models.claude import Claude, Reply
from twinwright_tools.errors import InputError, UnknownNameError

RECORDINGS = Path(__file__).resolve().parent.parent / "recordings"
ADDRESS = "https://api.anthropic.com"
MOST_DIFFERENCE = 60


class RecordedCase(BaseModel):
    """What was asked of which demo plant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    question: str
    fault: str | None
    seed: int


class RecordingError(InputError):
    """A request isn't the recorded one: the recording is out of date."""

    code = "recording"


def recorded_cases(folder: Path = RECORDINGS) -> dict[str, RecordedCase]:
    """The cases of ``cases.jsonl`` by id.

    Raises:
        InputError: a line of it is no case.
    """
    try:
        lines = (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
        found = [RecordedCase.model_validate_json(line) for line in lines if line.strip()]
    except ValidationError as error:
        raise InputError(f"cases.jsonl: {error}", code="recording.case") from error
    return {case.id: case for case in found}


def case_of(name: str, folder: Path = RECORDINGS) -> RecordedCase:
    """The case of that id.

    Raises:
        UnknownNameError: there is none; the nearest are suggested.
    """
    cases = recorded_cases(folder)
    if name not in cases:
        raise UnknownNameError.of("recording", name, cases)
    return cases[name]


def vcr_config() -> dict[str, Any]:
    """How cassettes are kept: matched by method, address and body; both headers that carry the key left out."""
    return {
        "match_on": ["method", "uri", "body"],
        "filter_headers": ["authorization", "x-api-key"],
        "before_record_request": plain_request,
        "before_record_response": plain_response,
        "decode_compressed_response": True,
    }


def plain_request(request: Any) -> Any:
    """The request at the API's own address, wherever it was answered, with the headers that mean something."""
    path = request.uri.partition("://")[2].partition("/")[2].partition("?")[0]
    request.uri = f"{ADDRESS}/{path}"
    kept = ("content-type", "anthropic-version")
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in kept}
    return request


def plain_response(response: dict[str, Any]) -> dict[str, Any]:
    """The reply without headers that name an account or a machine."""
    kept = ("content-type", "retry-after")
    response["headers"] = {name: value for name, value in response["headers"].items() if name.lower() in kept}
    return response


def recorded_requests(cassette: Path) -> list[dict[str, Any]]:
    """The bodies of a cassette's requests, in order."""
    return [json.loads(exchange["request"]["body"]) for exchange in _exchanges(cassette)]


def recorded_replies(cassette: Path) -> list[bytes]:
    """The bodies of a cassette's replies, in order: streams of server-sent events."""
    bodies = [exchange["response"]["body"]["string"] for exchange in _exchanges(cassette)]
    return [body if isinstance(body, bytes) else body.encode() for body in bodies]


def _exchanges(cassette: Path) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    whole: dict[str, Any] = yaml.load(cassette.read_text(encoding="utf-8"), Loader=loader)
    return list(whole["interactions"])


@dataclass
class ReplayedClaude(Claude):
    """Claude whose requests are held against recorded ones before they are sent (into a cassette)."""

    expected: Sequence[dict[str, Any]] = field(default=(), repr=False)
    sent: int = 0

    def send(self, request: dict[str, Any], progress: Progress) -> Reply:
        """As `Claude.send`.

        Raises:
            RecordingError: the request differs from the recorded one.
        """
        if self.sent >= len(self.expected):
            raise RecordingError(f"request {self.sent + 1} was never recorded; there are {len(self.expected)}")
        told = difference(self.expected[self.sent], {**request, "stream": True})
        if told:
            raise RecordingError(
                f"request {self.sent + 1} isn't the recorded one; record again (evals/recordings/README.md):\n{told}"
            )
        self.sent += 1
        return super().send(request, progress)


def difference(recorded: dict[str, Any], request: dict[str, Any]) -> str:
    """Where two requests differ, as a bounded unified diff; empty if nowhere."""
    if recorded == request:
        return ""
    lines = list(difflib.unified_diff(_lines(recorded), _lines(request), "recorded", "now", lineterm="", n=2))
    more = [f"... and {len(lines) - MOST_DIFFERENCE} lines more"] if len(lines) > MOST_DIFFERENCE else []
    return "\n".join([line[:300] for line in lines[:MOST_DIFFERENCE]] + more)


def _lines(request: dict[str, Any]) -> list[str]:
    text = json.dumps(request, indent=1, sort_keys=True, ensure_ascii=False)
    # What the tools returned is JSON in one long line: a line for each member shows where it differs.
    return text.replace("\\n", "\n").replace(',\\"', ',\n\\"').splitlines()
