"""An endpoint on the loopback address that speaks the Messages API's stream, with the failures that it can have."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-ant-never-show-this"
Reply = dict[str, Any]


def text(said: str) -> Reply:
    return {"type": "text", "text": said}


def use(name: str, number: int = 1, **arguments: Any) -> Reply:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}


class Endpoint:
    """Plays replies as streams of server-sent events and keeps the requests."""

    def __init__(self) -> None:
        self.replies: list[Reply | int] = []
        self.requests: list[Reply] = []
        self.headers: list[dict[str, str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_POST(self) -> None:
                endpoint.requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                endpoint.headers.append(dict(self.headers))
                reply = endpoint.replies.pop(0)
                if isinstance(reply, int):
                    reply = {"status": reply}
                status = reply.get("status", 200)
                streamed = "content" in reply
                body = _stream(reply) if streamed else _refusal(status)
                self.send_response(status)
                self.send_header("content-type", "text/event-stream" if streamed else "application/json")
                self.send_header("content-length", str(len(body)))
                for name, value in reply.get("headers", {"retry-after-ms": "1"}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if reply.get("lost") else body)
                if reply.get("lost"):
                    self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def play(self, *content: Reply, stop: str | None = None, **how: Any) -> None:
        """One streamed reply.

        Args:
            lost: the connection is cut in the middle of it; ends: how many events of it come before it ends, quite
                properly; fails: the type of an error that comes instead of its end.
        """
        used = any(block["type"] == "tool_use" for block in content)
        self.replies.append({"content": list(content), "stop": stop or ("tool_use" if used else "end_turn"), **how})


def _refusal(status: int) -> bytes:
    kinds = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 529: "overloaded_error"}
    error = {"type": kinds.get(status, "invalid_request_error"), "message": "said no"}
    return json.dumps({"type": "error", "error": error}).encode()


def _stream(reply: Reply) -> bytes:
    usage = {
        "input_tokens": 1000,
        "cache_read_input_tokens": 700,
        "cache_creation_input_tokens": 50,
        "output_tokens": 1,
    }
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "answer-desk", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    events: list[tuple[str, Reply]] = [("message_start", {"message": message})]
    for index, block in enumerate(reply["content"]):
        if block["type"] == "text":
            start, deltas = text(""), [{"type": "text_delta", "text": part} for part in block["text"].split("|")]
        elif block["type"] == "tool_use":
            # A text stands for JSON that isn't one.
            whole = block["input"] if isinstance(block["input"], str) else json.dumps(block["input"])
            start = block | {"input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in (whole[:7], whole[7:])]
        else:
            start = block | {"thinking": "", "signature": ""}
            deltas = [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        events.append(("content_block_start", {"index": index, "content_block": start}))
        events += [("content_block_delta", {"index": index, "delta": delta}) for delta in deltas]
        events.append(("content_block_stop", {"index": index}))
    stop = {"delta": {"stop_reason": reply["stop"], "stop_sequence": None}, "usage": {"output_tokens": 42}}
    events += [("message_delta", stop), ("message_stop", {})]
    events = events[: reply.get("ends")]
    if reply.get("fails"):
        events = [*events[:-2], ("error", {"error": {"type": reply["fails"], "message": "said no"}})]
    return "".join(f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n" for name, data in events).encode()
