"""``python -m twinwright_evals.bench_agent``: what the agent itself takes, without any model.

Two figures, each with its bound: milliseconds that a turn costs beside the model's and the tools' own time, and seconds
from the command to its first request. The model is an endpoint on the loopback address that answers at once; the plant
is the demo plant. CPU time stands beside, for machines that do something else too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, SecretStr

from twinwright_agent.loop import investigate
from twinwright_agent.models.claude import Claude
from twinwright_plant import make_plant
from twinwright_tools.evidence import Fact, Finding
from twinwright_tools.plant import open_plant
from twinwright_tools.registry import Registry, Tool, ToolContext

from .machine import machine

MOST_TURN_S = 0.05
MOST_FIRST_REQUEST_S = 3.0
# A long investigation: as many turns as the budget allows, less the one that concludes.
TURNS = 20


class Moment(NamedTuple):
    """A moment by the clock on the wall and by this process's CPU time, in seconds."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(time.perf_counter(), time.process_time())


class _Looks(BaseModel):
    """Arguments of the benchmark's tool."""

    model_config = ConfigDict(extra="forbid")

    number: int


def _look(arguments: _Looks, context: ToolContext) -> Finding:
    """As large a result as a model ever sees, found at once."""
    return Finding(
        summary=f"Looked at {arguments.number}.",
        facts=[Fact(name=f"figure {number}", value=number / 3, unit="bar") for number in range(20)],
        data={"points": [[number, arguments.number * 1.5] for number in range(500)]},
        reproduce="-",
        provenance="telemetry",
    )


@contextmanager
def _endpoint(turns: int) -> Iterator[tuple[str, list[Moment], list[Moment]]]:
    """Answers each request at once: `turns` calls, then a conclusion; its address, and when it was asked and done."""
    asked: list[Moment] = []
    done: list[Moment] = []

    class Desk(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            asked.append(Moment.now())
            self.rfile.read(int(self.headers["content-length"]))
            body = _answer(len(asked), turns)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(body)
            done.append(Moment.now())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked, done
    finally:
        server.shutdown()
        server.server_close()


def _answer(number: int, turns: int) -> bytes:
    conclusion = {
        "verdict": "answer",
        "answer": [{"text": "It was looked at.", "evidence": []}],
        "hypotheses": [],
        "missing": [],
    }
    name, arguments = ("look", {"number": number}) if number <= turns else ("conclude", conclusion)
    block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
    usage = {"input_tokens": 1, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg", "type": "message", "role": "assistant", "model": "bench", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
    events: list[tuple[str, dict[str, Any]]] = [
        ("message_start", {"message": message}),
        ("content_block_start", {"index": 0, "content_block": block}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 1}}),
        ("message_stop", {}),
    ]
    return "".join(f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n" for name, data in events).encode()


def overheads(folder: Path, turns: int = TURNS) -> list[Moment]:
    """What each turn takes from the end of one answer to the next request, with a tool that finds at once."""
    registry = Registry()
    registry.add(Tool("look", "Looks.", _Looks, _look))
    with _endpoint(turns) as (url, asked, done), open_plant(folder) as plant:
        model = Claude(api_key=SecretStr("none"), base_url=url, retries=0)
        investigate(plant, "what was looked at?", model=model, registry=registry)
    return [
        Moment(after.wall - before.wall, after.cpu - before.cpu) for before, after in zip(done, asked[1:], strict=False)
    ]


def first_request(folder: Path) -> Moment:
    """From `twinwright ask` to its first request, in a process of its own; CPU time is that of the whole command.

    The plant was opened before, so that its index is there.
    """
    with _endpoint(0) as (url, asked, _):
        environment = os.environ | {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": url}
        start = "from twinwright_cli.main import main; raise SystemExit(main())"
        command = [sys.executable, "-c", start, "ask", "-C", str(folder), "what is there?", "--json"]
        began, spent = time.perf_counter(), os.times()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        now = os.times()
        cpu = now.children_user + now.children_system - spent.children_user - spent.children_system
        return Moment(asked[0].wall - began, cpu)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the figures (or JSON)."""
    parser = argparse.ArgumentParser(description="The agent's own overhead.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="twinwright-bench-agent-") as place:
        folder = Path(place) / "plant"
        make_plant(folder, None, 1)
        turns = [each for _ in range(asked.runs) for each in overheads(folder)]
        first = [first_request(folder) for _ in range(asked.runs)]
    rows = [
        _row("a turn without model and tools", turns, MOST_TURN_S),
        _row("command to first request", first, MOST_FIRST_REQUEST_S),
    ]
    if asked.json:
        print(json.dumps({"machine": machine(), "measured": rows}, indent=2))
        return
    print(f"The agent's own overhead, {asked.runs} runs of {TURNS} turns; {machine()}.\n")
    print("| what | median | worst | median CPU time | bound |\n|---|---:|---:|---:|---:|")
    for row in rows:
        told = [f"{row[name] * 1000:,.0f} ms" for name in ("median_s", "worst_s", "median_cpu_s", "bound_s")]
        print(f"| {row['what']} | {' | '.join(told)} |")


def _row(what: str, taken: Sequence[Moment], bound: float) -> dict[str, Any]:
    walls = [one.wall for one in taken]
    return {
        "what": what,
        "median_s": statistics.median(walls),
        "worst_s": max(walls),
        "median_cpu_s": statistics.median(one.cpu for one in taken),
        "bound_s": bound,
    }


if __name__ == "__main__":
    main()
