"""``python -m twinwright_evals.record [--jobs N] [--again] CASE…``: records cases of evals/cases with Claude.

The key comes from ANTHROPIC_API_KEY. ANTHROPIC_BASE_URL may point at another endpoint that speaks the Messages API,
such as a desk where replies are written by hand; the recording says which of the two it was. Several cases are recorded
at once with ``--jobs``, each in a process of its own, against one endpoint.

``--again`` gives the replies of the recordings that are there to the requests as they are now, and keeps the outcome
only if it is the same investigation as before: the same calls, the same conclusion, nothing more struck. It is for a
tool or prompt that words something else; where an answer would have to change, the replies have to be given anew.

``--clarity`` records the judge of clarity instead: its grades of the labelled answers, in one request.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from twinwright_agent.models.claude import DEFAULT_MODEL
from twinwright_tools.errors import TwinwrightError, UnknownNameError, UsageError

from .cases import CASES, Case, load_cases
from .clarity import clarity_of, live_judge
from .drivers import Driver, Recorded, Recorder
from .recordings import RECORDINGS, has_recording
from .runner import run_suite


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Records the cases that are named; 1 if one of them couldn't be, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="twinwright_evals.record", description="Records cases of evals/cases.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="ids of cases; with --again, none means all recorded")
    parser.add_argument("--again", action="store_true", help="the recorded replies to the requests as they are now")
    parser.add_argument("--clarity", action="store_true", help="the judge's grades of the labelled answers, no cases")
    parser.add_argument("--jobs", type=int, default=1, help="cases that are recorded at once (default: 1)")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"a Claude model (default: {DEFAULT_MODEL})")
    parser.add_argument("--folder", type=Path, default=CASES, help="a folder of *.jsonl cases")
    parser.add_argument("--into", type=Path, default=RECORDINGS, help="where recordings are kept")
    told = parser.parse_args(arguments)
    try:
        if told.clarity:
            return _record_clarity(told, environment)
        cases = _named(told.cases, load_cases(told.folder), told.into if told.again else None)
        driver: Driver = Recorded(told.into, again=True) if told.again else _recorder(told, environment)
        result = run_suite(cases, driver, _say, jobs=told.jobs)
    except TwinwrightError as error:
        print(error.message, file=sys.stderr)
        return 2
    for one in result.results:
        told_of = one.skipped or f"{one.status}, {one.requests} requests, {one.tool_calls} calls, by {one.answerer}"
        print(f"{one.case}: {told_of}")
    return 0 if result.complete else 1


def _named(names: Sequence[str], cases: Sequence[Case], recorded: Path | None) -> list[Case]:
    known = {case.id: case for case in cases}
    for name in names:
        if name not in known:
            raise UnknownNameError.of("case", name, known)
    chosen = (
        [known[name] for name in names] if names else [c for c in cases if recorded and has_recording(c.id, recorded)]
    )
    if not chosen:
        raise UsageError("name the cases to record; they stand in evals/cases")
    return chosen


def _recorder(told: argparse.Namespace, environment: Mapping[str, str]) -> Recorder:
    return Recorder(told.model, _key(told, environment), environment.get("ANTHROPIC_BASE_URL"), folder=told.into)


def _record_clarity(told: argparse.Namespace, environment: Mapping[str, str]) -> int:
    key, address = _key(told, environment), environment.get("ANTHROPIC_BASE_URL")
    with live_judge(told.model, key, address, told.into) as judge:
        found = clarity_of([], judge)
    same = found.agreement
    kappa = "none" if same.kappa is None else f"{same.kappa:.2f}"
    print(f"clarity: {same.of} labelled answers, {same.same:.0%} the same grade, kappa {kappa}, by {found.judge}")
    return 0


def _key(told: argparse.Namespace, environment: Mapping[str, str]) -> SecretStr:
    key = environment.get("ANTHROPIC_API_KEY")
    if not key:
        raise UsageError("set ANTHROPIC_API_KEY (any word will do where replies are written by hand)")
    told.into.mkdir(parents=True, exist_ok=True)
    return SecretStr(key)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _of_this_process() -> int:
    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    raise SystemExit(_of_this_process())
