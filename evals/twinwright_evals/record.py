"""``python -m twinwright_evals.record CASE…``: records whole investigations with Claude.

The key comes from ANTHROPIC_API_KEY. ANTHROPIC_BASE_URL may point at another endpoint that speaks the Messages API,
such as a desk where replies are written by hand; the recording says which of the two it was.

``--again`` gives the replies of the recording that is there to the requests as they are now, and keeps the outcome
only if it is the same investigation as before: as many calls, the same conclusion, nothing more struck. It is for a
tool or prompt that words something else; where an answer would have to change, the replies have to be given anew.
Needs the development dependencies (vcrpy).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from twinwright_agent.budget import Budget
from twinwright_agent.loop import investigate
from twinwright_agent.models.claude import DEFAULT_MODEL, Claude
from twinwright_agent.result import Investigation
from twinwright_plant import make_plant
from twinwright_prompts import VERSION
from twinwright_tools.errors import TwinwrightError, UsageError
from twinwright_tools.plant import open_plant
from twinwright_tools.toolbox import standard_registry

from .recordings import RECORDINGS, RecordedCase, case_of, recorded_replies, vcr_config

# Whoever writes replies by hand takes minutes for each.
PATIENT = Budget(seconds=4 * 3600)


def main(arguments: Sequence[str]) -> int:
    """Records the cases that are named; 2 for bad input."""
    names = [argument for argument in arguments if argument != "--again"]
    try:
        if not names:
            raise UsageError("name the cases to record; they stand in evals/recordings/cases.jsonl")
        for name in names:
            found = again(case_of(name)) if len(names) < len(arguments) else record(case_of(name), _model())
            print(f"{name}: {found.status}, {found.usage.turns} turns, {len(found.struck)} struck")
    except TwinwrightError as error:
        print(error.message, file=sys.stderr)
        return 2
    return 0


def record(case: RecordedCase, model: Claude, folder: Path = RECORDINGS) -> Investigation:
    """Makes the case's plant in a folder of its own, investigates, and keeps what was said."""
    import vcr  # type: ignore[import-untyped]  # it ships no types

    cassette = folder / f"{case.id}.yaml"
    with tempfile.TemporaryDirectory(prefix="twinwright-record-") as place:
        aside = Path(place) / cassette.name
        make_plant(Path(place) / "plant", case.fault, case.seed)
        with open_plant(Path(place) / "plant") as plant:
            recorder = vcr.VCR(record_mode="all", **vcr_config())
            with recorder.use_cassette(str(aside)):
                found = investigate(
                    plant,
                    case.question,
                    model=model,
                    registry=standard_registry(),
                    run=case.id,
                    budget=PATIENT,
                    progress=_say,
                )
        if found.status == "failed":
            raise UsageError(f"{case.id}: {found.reason}; nothing was kept")
        cassette.write_text(aside.read_text(encoding="utf-8"), encoding="utf-8")
    about = _about(found, cassette)
    cassette.with_suffix(".json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def again(case: RecordedCase, folder: Path = RECORDINGS) -> Investigation:
    """Records a case with the replies that its recording holds.

    Raises:
        UsageError: it came to another conclusion than before; nothing was kept.
    """
    before = json.loads((folder / f"{case.id}.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="twinwright-again-") as place, _replies(folder / f"{case.id}.yaml") as url:
        aside = Path(place)
        found = record(case, Claude(api_key=SecretStr("none"), base_url=url, retries=0), aside)
        now = json.loads((aside / f"{case.id}.json").read_text(encoding="utf-8"))
        changed = [name for name in before if name != "prompt" and now[name] != before[name]]
        if changed:
            raise UsageError(f"{case.id}: {', '.join(changed)} would change; have it answered anew. Nothing was kept")
        for kind in ("yaml", "json"):
            text = (aside / f"{case.id}.{kind}").read_text(encoding="utf-8")
            (folder / f"{case.id}.{kind}").write_text(text, encoding="utf-8")
    return found


@contextmanager
def _replies(cassette: Path) -> Iterator[str]:
    """An endpoint on the loopback address that gives a cassette's replies in their order."""
    replies = iter(recorded_replies(cassette))

    class Desk(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = next(replies, None)
            self.send_response(200 if body else 404)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(body or b"")

    server = HTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _about(found: Investigation, cassette: Path) -> dict[str, Any]:
    """What stands beside a cassette: who answered, and what it came to. Nothing in it changes from run to run."""
    return {
        "model": "answer-desk"
        if any(b'"model": "answer-desk"' in one for one in recorded_replies(cassette))
        else found.model,
        "prompt": VERSION,
        "question": found.question,
        "at": found.at,
        "status": found.status,
        "verdict": found.verdict,
        "answer": found.answer,
        "hypotheses": [
            {"twin": one.twin, "signal": one.signal, "mode": one.mode, "confidence": one.confidence, "onset": one.onset}
            for one in found.hypotheses
        ],
        "struck": [item.model_dump() for item in found.struck],
        "work_orders": [order.title for order in found.work_orders],
        "turns": found.usage.turns,
        "tool_calls": found.usage.tool_calls,
    }


def _model() -> Claude:
    key = os.environ.get("ANTHROPIC_API_KEY")
    if not key:
        raise UsageError("set ANTHROPIC_API_KEY (any word will do where replies are written by hand)")
    return Claude(api_key=SecretStr(key), model=DEFAULT_MODEL, base_url=os.environ.get("ANTHROPIC_BASE_URL"))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
