"""``python -m twinwright_evals.bench_agent``: what the agent itself takes, without any model.

Two figures, each with its bound: milliseconds that a turn costs beside the model's and the tools' own time, and seconds
from the command to its first request. The model is an endpoint on the loopback address that answers at once; the plant
is the demo plant. A third table works out tokens and money of the recorded investigations from the published prices,
with a cache that works as the API's does: what stood in the request before is read, the rest is written.
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
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from twinwright_agent.loop import investigate
from twinwright_agent.models.base import Usage
from twinwright_agent.models.claude import DEFAULT_MODEL, Claude
from twinwright_agent.models.prices import prices, usd
from twinwright_plant import make_plant
from twinwright_tools.evidence import Fact, Finding
from twinwright_tools.plant import open_plant
from twinwright_tools.registry import Registry, Tool, ToolContext

from .machine import machine
from .recordings import RECORDINGS, recorded_cases, recorded_requests

MOST_TURN_MS = 50.0
MOST_FIRST_REQUEST_S = 3.0
# A long investigation: as many turns as the budget allows, less the one that concludes.
TURNS = 20
# Characters per token of JSON and English, as it is usually reckoned. An estimate: no tokenizer is at hand offline.
CHARACTERS_PER_TOKEN = 3.5


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
def _endpoint(turns: int) -> Iterator[tuple[str, list[float], list[float]]]:
    """Answers each request at once: `turns` calls, then a conclusion; its address, and when it was asked and done."""
    asked: list[float] = []
    done: list[float] = []

    class Desk(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            asked.append(time.perf_counter())
            self.rfile.read(int(self.headers["content-length"]))
            body = _answer(len(asked), turns)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(body)
            done.append(time.perf_counter())

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
    message = {
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


def overhead_ms(folder: Path, turns: int = TURNS) -> list[float]:
    """Milliseconds of each turn from the end of one answer to the next request, with a tool that finds at once."""
    registry = Registry()
    registry.add(Tool("look", "Looks.", _Looks, _look))
    with _endpoint(turns) as (url, asked, done), open_plant(folder) as plant:
        model = Claude(api_key=SecretStr("none"), base_url=url, retries=0)
        investigate(plant, "what was looked at?", model=model, registry=registry)
    return [(after - before) * 1000 for before, after in zip(done, asked[1:], strict=False)]


def first_request_s(folder: Path) -> float:
    """Seconds from `twinwright ask` to its first request, in a process of its own; the plant was opened before."""
    with _endpoint(0) as (url, asked, _):
        environment = os.environ | {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": url}
        start = "from twinwright_cli.main import main; raise SystemExit(main())"
        command = [sys.executable, "-c", start, "ask", "-C", str(folder), "what is there?", "--json"]
        began = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return asked[0] - began


@dataclass(frozen=True)
class Cost:
    """What a recorded investigation would cost: tokens are reckoned from characters, money by the published prices."""

    case: str
    requests: int
    input_tokens: int
    read: int
    written: int
    usd: float


def costs() -> list[Cost]:
    """The cost of each recording; output is left out, as what is recorded by hand isn't as long as a model's."""
    return [_cost(name) for name in sorted(recorded_cases()) if (RECORDINGS / f"{name}.yaml").exists()]


def _cost(name: str) -> Cost:
    read = written = before = 0
    for request in recorded_requests(RECORDINGS / f"{name}.yaml"):
        size = _tokens(request)
        # The last user message is marked: all up to it is written, and read by the next request.
        read, written, before = read + before, written + size - before, size
    used = Usage(cache_read_tokens=read, cache_write_tokens=written)
    money = usd(DEFAULT_MODEL, used)
    assert money is not None  # the default model is in the table
    return Cost(name, len(recorded_requests(RECORDINGS / f"{name}.yaml")), read + written, read, written, money)


def _tokens(request: dict[str, Any]) -> int:
    told = [request["tools"], request["system"], request["messages"]]
    return round(len(json.dumps(told, ensure_ascii=False, separators=(",", ":"))) / CHARACTERS_PER_TOKEN)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the figures (or JSON)."""
    parser = argparse.ArgumentParser(description="The agent's own overhead, and what recorded investigations cost.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="twinwright-bench-agent-") as place:
        folder = Path(place) / "plant"
        make_plant(folder, None, 1)
        turns = [each for _ in range(asked.runs) for each in overhead_ms(folder)]
        first = [first_request_s(folder) for _ in range(asked.runs)]
    found = {
        "machine": machine(),
        "turn_ms": {"median": statistics.median(turns), "worst": max(turns), "bound": MOST_TURN_MS},
        "first_request_s": {"median": statistics.median(first), "worst": max(first), "bound": MOST_FIRST_REQUEST_S},
        "costs": [asdict(one) for one in costs()],
    }
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(f"The agent's own overhead, {asked.runs} runs of {TURNS} turns; {machine()}.\n")
    print("| what | median | worst | bound |\n|---|---:|---:|---:|")
    print(f"| a turn without model and tools | {statistics.median(turns):.1f} ms | {max(turns):.1f} ms | 50 ms |")
    print(f"| command to first request | {statistics.median(first):.2f} s | {max(first):.2f} s | 3 s |")
    print(f"\nInput of recorded investigations, {DEFAULT_MODEL}, prices of {prices().date}; a token is 3.5 letters.\n")
    print(
        "| case | requests | input tokens | read from the cache | written | US dollars |\n|---|---:|---:|---:|---:|---:|"
    )
    for one in costs():
        print(
            f"| {one.case} | {one.requests} | {one.input_tokens:,} | {one.read:,} | {one.written:,} | {one.usd:.3f} |"
        )


if __name__ == "__main__":
    main()
