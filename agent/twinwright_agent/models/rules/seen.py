"""What a run has seen so far, read from the transcript alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from twinwright_tools.evidence import Evidence
from twinwright_tools.times import parse_time

from ..base import ToolCall, Transcript
from .languages import in_english


@dataclass(frozen=True)
class Done:
    """A call that was made, and what became of it."""

    call: ToolCall
    evidence: Evidence | None
    error: dict[str, Any] | None


@dataclass(frozen=True)
class Site:
    """Where and when the plant is, as `find_twins` says it."""

    zone: ZoneInfo
    at: datetime
    recorded_from: datetime | None
    recorded_to: datetime | None

    def local(self, time: str | datetime) -> str:
        """A time as ISO 8601 in the site's zone."""
        moment = parse_time(time) if isinstance(time, str) else time
        return moment.astimezone(self.zone).isoformat(timespec="seconds")


class Seen:
    """A transcript, asked by tool."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.question = in_english(transcript.question)
        self.repairs = [entry.text for entry in transcript.entries if entry.kind == "repair"]

    @property
    def turn(self) -> int:
        """How many turns there were."""
        return sum(entry.kind == "turn" for entry in self.transcript.entries)

    @cached_property
    def done(self) -> list[Done]:
        """All calls that have a result, in order."""
        results = {result.call_id: result for entry in self.transcript.entries for result in entry.results}
        calls = [call for entry in self.transcript.entries if entry.turn for call in entry.turn.calls]
        return [Done(call, found.evidence, found.error) for call in calls if (found := results.get(call.id))]

    def called(self, tool: str) -> bool:
        """Whether a tool was called, whatever became of it."""
        return any(one.call.name == tool for one in self.done)

    def all(self, tool: str) -> list[Evidence]:
        """What a tool found, in order."""
        return [one.evidence for one in self.done if one.call.name == tool and one.evidence is not None]

    def last(self, tool: str) -> Evidence | None:
        """What a tool found last, or None."""
        found = self.all(tool)
        return found[-1] if found else None

    def errors(self) -> list[str]:
        """What went wrong with calls that have no later success of the same tool."""
        return [
            str(one.error.get("message", "failed"))
            for one in self.done
            if one.error is not None and self.last(one.call.name) is None
        ]

    @cached_property
    def site(self) -> Site:
        """Zone, moment of asking and recorded span; UTC and the transcript's `at` as long as nothing was found."""
        found = self.last("find_twins")
        told = found.data["site"] if found else {}
        begin, end = told.get("recorded_from"), told.get("recorded_to")
        return Site(
            zone=ZoneInfo(told.get("zone", "UTC")),
            at=parse_time(self.transcript.at),
            recorded_from=parse_time(begin) if begin else None,
            recorded_to=parse_time(end) if end else None,
        )

    def around(self, onset: str | None) -> tuple[datetime, datetime]:
        """A window that shows an onset with as much before it as after; without one, the last quarter of the record."""
        at = self.site.at
        begin = self.site.recorded_from or at - timedelta(days=1)
        span = at - begin
        if onset is None:
            return at - max(span / 4, timedelta(seconds=1)), at
        since = parse_time(onset)
        return max(begin, since - max(at - since, span / 10, timedelta(seconds=1))), at
