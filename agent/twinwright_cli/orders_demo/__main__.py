"""``python -m twinwright_cli.orders_demo [--folder F] [--seed N] [--picture P.png]``: the story with its real output.

From a question to an order in a real Request Tracker, and back: the cause, the draft, a person's yes, the order there
with its asset and chart, a technician who resolves it, the status back.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from ..main import main as twinwright
from .rt_server import ACCOUNT, RequestTrackerError, RtServer

QUESTION = "why is line 3 throughput dropping?"
PLANNER, TECHNICIAN = "p.lindqvist", "t.weber"
_MADE = ".made-by-twinwright-demo-orders"
Said = dict[str, Any]


def main() -> int:
    """Plays the demo; 0 where all went as it has to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("demo-plant-orders"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="a picture of the order in Request Tracker (needs Chromium)")
    options = parser.parse_args()
    folder = _fresh(options.folder.resolve())
    _say("request tracker", "is set up in the folder, on loopback, with a work-order lifecycle of its own")
    (folder / "rt").mkdir(mode=0o700)
    try:
        server = RtServer.start(folder / "rt")
    except RequestTrackerError as error:
        raise SystemExit(f"error: {error}") from error
    try:
        return _story(server, folder / "plant", options.seed, options.picture)
    finally:
        server.stop()


def _story(server: RtServer, plant: Path, seed: int, picture: Path | None) -> int:
    found = _run("demo", "--fault", "cavitation", "--seed", str(seed), "--folder", str(plant), "--model", "rules")
    cause = found["hypotheses"][0]
    _say("question", QUESTION)
    _say("cause", f"{cause['twin']}.{cause['signal']}: {cause['mode']}, confidence {cause['confidence']}")
    draft = found["work_orders"][0]
    _say("draft", f"{draft['id']} {draft['priority']} {draft['title']}")
    _connect(server, plant)
    _say("submit", _refused("orders", "submit", draft["id"], "-C", str(plant)))
    sent = _run("orders", "submit", draft["id"], "--yes", "--by", PLANNER, "-C", str(plant))
    ticket = str(sent["outbox"]["cmms"]["id"])
    _say(PLANNER, f"says yes: it is ticket {ticket}, status {sent['outbox']['cmms']['status']}")
    _show(server, ticket)
    again = _refused("orders", "submit", draft["id"], "--yes", "--by", PLANNER, "-C", str(plant))
    _say("pressed twice", again)
    if picture is not None:
        _take_picture(server, ticket, picture)
    _resolve(server, ticket)
    back = _run("orders", "sync", "-C", str(plant))["value"][0]
    _say("status back", f"{back['order']}: {back['before']} → {back['status']}, {back['duration_h']:g} h booked")
    listed = _run("orders", "list", "-C", str(plant))["value"][0]
    _say("orders list", f"{listed['id']}: {listed['status']}, in the CMMS {listed['cmms_status']}")
    imported = _run("cmms", "import", "-C", str(plant))
    _say("history", f"{imported['new']} past order(s) came in, with what was done about it")
    return 0 if (back["state"], listed["cmms_status"]) == ("done", "completed") and imported["new"] else 1


def _connect(server: RtServer, plant: Path) -> None:
    """The catalog is filled from the twins, and the plant's `twinwright.toml` names the server."""
    from twinwright_tools.plant import open_plant

    with open_plant(plant) as opened:
        graph = opened.graph
        assets: dict[str, str] = {}
        for twin in sorted(graph.twins, key=lambda one: len(graph.location(one))):
            above = next((assets[one] for one in reversed(graph.location(twin)[:-1]) if one in assets), None)
            assets[twin] = server.add_asset(twin, twin.replace("-", " ").capitalize(), above)
    with (plant / "twinwright.toml").open("a") as config:
        config.write(server.toml())
    os.environ["TWINWRIGHT_CMMS_USER"] = ACCOUNT
    os.environ["TWINWRIGHT_CMMS_PASSWORD"] = server.passwords[ACCOUNT]
    for line in _run("cmms", "check", "-C", str(plant))["found"]:
        _say("cmms check", line)
    matching = _run("cmms", "match", "-C", str(plant))
    _say("cmms match", f"{len(matching['matches'])} of {len(assets)} twins have their asset")


def _show(server: RtServer, ticket: str) -> None:
    """What stands in Request Tracker, asked there and not of Twinwright."""
    with server.client(TECHNICIAN) as client:
        held = client.get(f"/ticket/{ticket}").raise_for_status().json()
        asset = next(one["id"] for one in held["_hyperlinks"] if one["ref"] == "refers-to")
        name = client.get(f"/asset/{asset}").raise_for_status().json()["Name"]
        ids = [one["id"] for one in client.get(f"/ticket/{ticket}/attachments").json()["items"]]
        kept = [client.get(f"/attachment/{one}").raise_for_status().json() for one in ids]
    files = [f"{one['Filename']} ({one['ContentType']})" for one in kept if one.get("Filename")]
    _say("in RT", f"ticket {ticket}: {held['Subject']}")
    _say("in RT", f"asset {asset}, {name}; due {held['Due']}; files: {', '.join(files)}")


def _resolve(server: RtServer, ticket: str) -> None:
    with server.client(TECHNICIAN) as client:
        for status, words in (
            ("completed", ""),
            ("planned", ""),
            ("in work", ""),
            ("", "Strainer was clogged; cleaned, suction pressure is back to normal."),
            ("completed", ""),
        ):
            if words:
                body = {"Content": words, "ContentType": "text/plain", "TimeTaken": "90"}
                client.post(f"/ticket/{ticket}/comment", json=body).raise_for_status()
                _say(TECHNICIAN, words)
            else:
                said = client.put(f"/ticket/{ticket}", json={"Status": status}).raise_for_status().json()
                _say(TECHNICIAN, " ".join(said))


def _take_picture(server: RtServer, ticket: str, picture: Path) -> None:
    """The order as the technician sees it in her browser."""
    from playwright.sync_api import sync_playwright

    program = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if program is None:
        raise SystemExit("the picture needs Chromium on the PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 1500})
        page.goto(server.url)
        page.fill("input[name=user]", TECHNICIAN)
        page.fill("input[name=pass]", server.passwords[TECHNICIAN])
        page.click("input[type=submit]")
        page.goto(f"{server.url}/Ticket/Display.html?id={ticket}", wait_until="networkidle")
        page.screenshot(path=picture)
        browser.close()
    _say("picture", str(picture))


def _run(*words: str) -> Said:
    """What the command `twinwright` prints as JSON."""
    code, said = _twinwright(*words)
    if code != 0:
        raise SystemExit(f"twinwright {' '.join(words)}: {json.dumps(said, indent=2)}")
    return said


def _refused(*words: str) -> str:
    """The words with which a command refuses."""
    code, said = _twinwright(*words)
    if code == 0:
        raise SystemExit(f"this had to be refused: twinwright {' '.join(words)}")
    return str(said["error"]["message"])


def _twinwright(*words: str) -> tuple[int, Said]:
    told = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(told):
        code = twinwright([*words, "--json"])
    return code, dict(json.loads(told.getvalue()))


def _fresh(folder: Path) -> Path:
    """An empty folder; one that an earlier demo made is made anew, any other is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MADE).exists():
            raise SystemExit(f"{folder} holds something else; name another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _MADE).touch()
    return folder


def _say(who: str, words: str) -> None:
    print(f"{who:>16}  {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
