"""What all tests share: no live model by accident, no network, the data packs, and the demo plant."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# `--allowed-hosts` matches these at the start of a host, or of a Unix socket's path: loopback, and our own sockets.
LOCAL = (r"127\.0\.0\.1", "localhost", "::1", r"[^\s]*/", r"[\w.-]+\.sock$")
SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "TWINWRIGHT_API_KEY_FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Takes every key out of the environment and blocks the network, whatever the command line said."""
    for name in SECRETS:
        os.environ.pop(name, None)
    # A busy machine is no failure: how long an example takes is for benchmarks to say.
    settings.register_profile("twinwright", max_examples=60, deadline=None)
    settings.load_profile("twinwright")
    config.option.block_network = True
    config.option.allowed_hosts = ",".join(LOCAL)


def nothing_may_be_skipped() -> bool:
    """Whether this is the run in which every test must run."""
    return os.environ.get("REQUIRE_SYSTEM") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a `system` test without its program: ``@pytest.mark.system("chromium", "chromium-browser")`` needs one."""
    for mark in item.iter_markers("system"):
        programs = mark.args or ("chromium", "chromium-browser", "google-chrome")
        if not any(shutil.which(program) for program in programs):
            pytest.skip(f"needs one of {', '.join(programs)} (a Debian package) on the PATH")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """With REQUIRE_SYSTEM=1 a skipped test is a failed one."""
    report: pytest.TestReport = yield
    if report.skipped and not hasattr(report, "wasxfail") and nothing_may_be_skipped():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_SYSTEM=1, and yet: {reason}"
    return report  # type: ignore[return-value]  # a wrapper's generator returns the hook's result


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data packs: beside the checkout, or where TWINWRIGHT_SHARED says."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    found = Path(os.environ.get("TWINWRIGHT_SHARED", beside)) / "data"
    if not found.is_dir():
        pytest.skip(f"no data packs at {found}; TWINWRIGHT_SHARED may name the folder that holds data/")
    return found


@pytest.fixture(scope="session")
def make_demo_plant(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Any]]:
    """Makes a demo plant once per worker: ``(fault, seed, hours) -> (folder, truth)``; no truth is in the folder."""
    from twinwright_plant import make_plant

    made: dict[tuple[str | None, int, float], tuple[Path, Any]] = {}

    def make(fault: str | None = "cavitation", seed: int = 3, hours: float = 48) -> tuple[Path, Any]:
        key = (fault, seed, hours)
        if key not in made:
            # The folder's name tells nothing: what reads the plant may not learn the fault from its path.
            folder = tmp_path_factory.mktemp("demo", numbered=True) / "plant"
            made[key] = (folder, make_plant(folder, fault, seed, hours))
        return made[key]

    return make


@pytest.fixture(scope="session")
def demo_plant(make_demo_plant: Callable[..., tuple[Path, Any]]) -> Path:
    """A demo plant with a cavitating pump. It is shared by tests: give `open_plant` a `state` of your own."""
    return make_demo_plant()[0]
