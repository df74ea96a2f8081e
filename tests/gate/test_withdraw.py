"""The agent's tool at a gate that may act: it takes back what its own run proposed, and nothing else."""

from __future__ import annotations

import json
import socketserver
import threading
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.doors import AgentDoor
from twinwright_tools.errors import ToolError
from twinwright_tools.evidence import Evidence, Finding
from twinwright_tools.plant import open_plant
from twinwright_tools.registry import ToolContext
from twinwright_tools.toolbox import standard_registry

from . import plantsite as site
from .world import World

ASKED: dict[str, Any] = {
    "twin": "glycol-pump-1-drive",
    "property": "speedLimit",
    "value": "62.5",
    "unit": "%",
    "reason": "To try.",
    "evidence": ["E1"],
    "withdraw": None,
}


class _Asked(socketserver.StreamRequestHandler):
    """One request to the agents' door."""

    def handle(self) -> None:
        verb, size = self.rfile.readline().split()
        raw = self.rfile.read(int(size))
        told = self.server.door.answer(verb.decode(), raw, int(size), site.UID, 1)  # type: ignore[attr-defined]
        self.wfile.write(json.dumps(told).encode() + b"\n")


def _evidence(permit_id: str | None) -> list[Evidence]:
    told = {"proposal": {"permit_id": permit_id}}
    finding = Finding(summary="Proposed.", data=told, reproduce="twinwright-gate audit", provenance="gate")
    return [Evidence.of(1, "propose_action", ASKED, finding)]


def test_a_run_takes_back_its_own_proposal_and_no_other(
    folder: Path, demo_plant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, place, tool = World(folder), folder / "gate.sock", standard_registry().get("propose_action")
    own, other = world.propose().permit_id or "", world.approved(value="65")
    monkeypatch.setenv("TWINWRIGHT_GATE_SOCKET", str(place))
    with (
        open_plant(demo_plant, state=tmp_path) as plant,
        socketserver.ThreadingUnixStreamServer(str(place), _Asked) as server,
    ):
        server.door = AgentDoor(world.core.log, world.desk)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = ToolContext(plant, "run-1", "T2.1", _evidence(own))
        with pytest.raises(ToolError, match="this investigation has no proposal"):
            tool.call(ASKED | {"withdraw": other}, context)
        found = tool.call(ASKED | {"withdraw": own}, context)
        with pytest.raises(ToolError, match="isn't withdrawn"):
            tool.call(ASKED | {"withdraw": own}, context)
        server.shutdown()
    assert found.data["proposal"]["state"] == world.state(own).value == "CANCELLED"
    assert world.state(other).value == "APPROVED" and "taking back" in found.summary and world.writes == 0
    world.close()
