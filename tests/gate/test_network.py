"""The agent's process and the field: no route, no connection but the gate's socket, no file of another zone's."""

from __future__ import annotations

import grp
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twinwright_gate.errors import UnsafePathError
from twinwright_gate.server import listen

if TYPE_CHECKING:
    from .conftest import RunningGate

# Everything by which a process reaches another one, or a file, as Python's own audit events tell it.
WATCH = """
import json, sys
seen = []
names = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen", "os.exec",
         "os.posix_spawn", "os.fork", "os.system", "ctypes.dlopen", "open")
def note(event, arguments):
    if event in names:
        seen.append([event, repr(arguments[1] if event in ("socket.connect", "socket.bind") else arguments[0])])
sys.addaudithook(note)
"""
ASK = """
from twinwright_cli.main import main
code = main(["ask", "Why is line 3 throughput dropping?", "-C", sys.argv[1], "--model", "rules", "--json"])
from pathlib import Path
from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import open_plant
from twinwright_tools.registry import ToolContext
from twinwright_tools.toolbox import standard_registry
with open_plant(Path(sys.argv[1]), state=Path(sys.argv[2])) as plant:
    tools = standard_registry()
    look = tools.get("describe_twin").call({"twin": "glycol-pump-1"}, ToolContext(plant, "run-1", "T1.1"))
    behind = [Evidence.of(1, "describe_twin", {"twin": "glycol-pump-1"}, look)]
    wanted = {"twin": "glycol-pump-1-drive", "property": "speedLimit", "value": "80", "unit": "%",
              "reason": "To try.", "evidence": ["E1"], "withdraw": None}
    told = tools.get("propose_action").call(wanted, ToolContext(plant, "run-1", "T2.1", behind))
print(json.dumps({"code": code, "proposal": told.data["proposal"], "seen": seen, "modules": sorted(sys.modules)}),
      file=sys.stderr)
"""


def test_an_investigation_connects_to_nothing_but_the_gate(
    gate: RunningGate, demo_plant: Path, folder: Path, tmp_path: Path
) -> None:
    environment = os.environ | {"TWINWRIGHT_GATE_SOCKET": str(gate.socket), "PYTHONPATH": os.pathsep.join(sys.path)}
    plant = tmp_path / "plant"
    shutil.copytree(demo_plant, plant)
    words = [sys.executable, "-c", WATCH + ASK, str(plant), str(tmp_path / "state")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stderr.strip().splitlines()[-1])
    assert told["code"] == 0 and told["proposal"]["reason"] == "R10.ACTUATION_OFF"
    opened = [place for event, place in told["seen"] if event == "open"]
    # urllib3 tries at its import whether this machine has IPv6, by a port that nobody listens on.
    left_out = {"open", "ctypes.dlopen"}
    reached = [(event, place) for event, place in told["seen"] if event not in left_out]
    reached = [one for one in reached if one != ("socket.bind", "('::1', 0)")]
    assert reached == [("socket.connect", repr(str(gate.socket)))]
    assert opened and not [one for one in opened if str(folder) in one or one.strip("'").endswith((".pem", ".key"))]
    held = {
        "twinwright_gate.desk",
        "twinwright_gate.executor",
        "twinwright_gate.signing",
        "asyncua",
        "paho",
        "pymodbus",
    }
    assert not held & set(told["modules"])


@pytest.fixture
def device() -> Iterator[int]:
    """The port of a field device in the plant's network: what listens there takes any connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


REACH = """
import json, socket, sys
from pathlib import Path
from twinwright_gate import client
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10).close()
    reached = True
except OSError:
    reached = False
answer = client.propose(Path(sys.argv[2]), Path(sys.argv[3]).read_bytes())
print(json.dumps({"reached": reached, "answer": answer}))
"""


def _as_agent(before: list[str], device: int, gate: RunningGate, proposal: Path) -> dict[str, Any]:
    words = [*before, sys.executable, "-c", REACH, str(device), str(gate.socket), str(proposal)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.system("unshare")
def test_an_agent_without_a_route_proposes_and_reaches_no_device(gate: RunningGate, device: int) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel gives no network namespace to its users")
    proposal = Path(__file__).parent / "proposal.json"
    assert _as_agent([], device, gate, proposal)["reached"] is True  # the device is there for who has a route
    told = _as_agent(alone, device, gate, proposal)
    assert told["reached"] is False
    assert told["answer"]["reason"] == "R10.ACTUATION_OFF"  # and the gate hears it


SNOOP = """
import os, socket, sys
user = int(sys.argv[1])
if user:
    os.setgroups([]), os.setgid(user), os.setuid(user)
for place in sys.argv[2:]:
    try:
        if place.endswith(".sock"):
            socket.socket(socket.AF_UNIX).connect(place)
        else:
            open(place, "rb").close()
        print(place)
    except OSError:
        pass
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_reaches_no_key_and_a_socket_only_by_its_group(folder: Path) -> None:
    folder.chmod(0o711)  # the folder can be entered; nobody else writes there
    (folder / "executor.key").write_text("secret")
    (folder / "executor.key").chmod(0o600)
    nobody = grp.getgrgid(65534).gr_name
    with listen(folder / "agents.sock", nobody), listen(folder / "people.sock"):
        places = [str(folder / name) for name in ("agents.sock", "people.sock", "executor.key")]
        for user, reached in ((0, places), (65534, places[:1])):
            words = [sys.executable, "-c", SNOOP, str(user), *places]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            assert done.stdout.split() == reached


def test_a_group_that_is_not_there_is_an_error_in_words(folder: Path) -> None:
    with pytest.raises(UnsafePathError, match="no socket can be made"):
        listen(folder / "agents.sock", "no-such-group")
