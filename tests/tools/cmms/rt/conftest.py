"""One real Request Tracker for all tests of a session, whichever worker they run in."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from twinwright_cli.orders_demo.rt_server import ACCOUNT, CATALOG, QUEUE, STATES, RtServer
from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.rt.client import RequestTracker
from twinwright_tools.plant.config import CmmsConfig


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with file.open("a") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def rt(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[RtServer]:
    """The first worker that needs it starts it, the last one that had it ends it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    state, lock = shared / "rt.json", shared / "rt.lock"
    with locked(lock):
        if state.exists():
            held = json.loads(state.read_text())
        else:
            server = RtServer.start(tmp_path_factory.mktemp("rt"))
            held = {"users": 0, "server": asdict(server) | {"folder": str(server.folder)}}
        state.write_text(json.dumps(held | {"users": held["users"] + 1}))
    server = RtServer(**held["server"] | {"folder": Path(held["server"]["folder"])})
    yield server
    with locked(lock):
        users = json.loads(state.read_text())["users"] - 1
        if users:
            state.write_text(json.dumps(held | {"users": users}))
        else:
            state.unlink()
            server.stop()


@pytest.fixture
def connect(rt: RtServer, tmp_path: Path) -> Callable[..., RequestTracker]:
    """A connector for an account, with options over the usual ones."""

    def make(user: str = ACCOUNT, password: str | None = None, **options: str) -> RequestTracker:
        usual = {"queue": QUEUE, "catalog": CATALOG, "statuses": STATES, "withdrawn": "cancelled"}
        config = CmmsConfig(kind="rt", url=rt.url, options=usual | options)
        secret = SecretStr(password or rt.passwords[user])
        return RequestTracker.connect(config, tmp_path, Credentials(user=user, password=secret))

    return make


@pytest.fixture
def tracker(connect: Callable[..., RequestTracker]) -> RequestTracker:
    """The connector as Twinwright's own account uses it."""
    return connect()


@pytest.fixture
def technician(rt: RtServer) -> Iterator[httpx.Client]:
    """Somebody who works in Request Tracker by herself."""
    with rt.client("t.weber") as client:
        yield client


@pytest.fixture
def pump(rt: RtServer) -> str:
    """A pump of this test's own, part of a line."""
    line = rt.add_asset(f"line-{uuid4().hex[:8]}", "Line 1")
    return rt.add_asset(f"pump-{uuid4().hex[:8]}", "Glycol pump 1", line)


@pytest.fixture
def key() -> str:
    """An idempotency key that nothing else has."""
    return uuid4().hex
