"""``python -m twinwright_cli.gate_demo [--folder F] [--seed N]``: tells the story with its real output."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from twinwright_gate.approver.rendering import shown
from twinwright_gate.approver.terminal import text
from twinwright_gate.auditor import chain, merkle
from twinwright_gate.auditor.heads import anchors, hold
from twinwright_gate.auditor.replay import replay
from twinwright_gate.clocks import utc_text
from twinwright_gate.desk.core import Refused
from twinwright_gate.numbers import from_micro
from twinwright_gate.signing import public_hex

from ..main import main as twinwright
from .site import DemoSite

QUESTION = "why is line 1 throughput dropping?"
PUMP, DRIVE = "glycol-pump-1", "glycol-pump-1-drive"
_MADE = ".made-by-twinwright-demo-gate"


def main() -> int:
    """Plays the demo; 0 where all went as it has to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("demo-plant-gate"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = _fresh(options.folder)
    site = DemoSite(folder, options.seed)
    try:
        return _story(site, folder)
    finally:
        site.close()


def _story(site: DemoSite, folder: Path) -> int:
    site.plant.write(folder / "plant")
    cause = _investigate(site, folder)
    _say("actuation", f"policy {site.policy.version} is signed by two and loaded; the kill switch was never reset")
    wanted = _proposal(site, cause, "75")
    _denied(site.propose(wanted))
    site.desk.reset(site.signer("c.okafor").reset(site.policy.site, 0, site.clock))
    _say("c.okafor", "resets the kill switch with her signature")
    _denied(site.propose(_proposal(site, cause, "40")))
    answer = site.propose(wanted)
    _say("proposed", f"{answer['state']}  {answer['sentence']}  permit {answer['permit_id']}")
    permit_id = str(answer["permit_id"])
    _approvals(site, permit_id)
    armed = site.executor.select(permit_id)
    _say("select", f"ARMED, fence {armed.permit.statement.fence}, ten seconds from now on")
    before = site.plant.readings()[PUMP, "speed"]
    permit = site.executor.operate(armed)
    _say("operate", f"{permit.state}: the drive acknowledges {_percent(site)} at {DRIVE}.speedLimit")
    _denied_by(lambda: site.executor.operate(armed), "the same permit once more")
    operated = site.plant.now
    site.wait(4)
    during = site.plant.readings()[PUMP, "speed"]
    _say("the plant", f"{PUMP}.speed goes from {before:.0f} to {during:.0f} rpm")
    _say("verified", f"{site.desk.permit(permit_id).state}: echo and effect were seen on new snapshots")
    site.wait(62)
    after = site.plant.readings()[PUMP, "speed"]
    ended = site.desk.permit(permit_id).state
    _say("the hold is over", f"{ended}: authority is back with the plant's own control, {after:.0f} rpm")
    site.wait(36)
    shutil.rmtree(folder / "plant")
    site.plant.write(folder / "plant")
    _telemetry(folder, operated)
    _audit(site, folder)
    return 0 if ended == "CLOSED" and during < before - 300 and after > during + 300 else 1


def _investigate(site: DemoSite, folder: Path) -> dict[str, Any]:
    found = _run(["ask", QUESTION, "-C", str(folder / "plant"), "--model", "rules", "--json"])
    first = found["hypotheses"][0]
    _say("question", f"{QUESTION}  (asked at {site.plant.now:%H:%M} UTC)")
    _say("cause", f"{first['twin']}.{first['signal']}: {first['mode']}, confidence {first['confidence']}")
    return dict(found)


def _proposal(site: DemoSite, cause: dict[str, Any], value: str) -> dict[str, Any]:
    """What the agent's tool would send, for the person who asked; its evidence is the run's."""
    first = cause["hypotheses"][0]
    return {
        "v": 1,
        "site": site.policy.site,
        "proposer": {"agent_id": "twinwright", "on_behalf_of_person": "j.smith"},
        "created_utc": utc_text(site.clock.now().utc_ms),
        "target": {"twin_id": DRIVE, "property": "speedLimit"},
        "set": {"value": value, "unit": "%", "kind": "absolute"},
        "reason_text": f"{first['twin']} shows {first['mode']}; less speed needs less suction head.",
        "evidence": [{"ref": one, "sha256": _sha256(cause, one)} for one in first["evidence"][:3]],
        "taint": {"target": ["engine"], "value": ["engine", "telemetry"]},
    }


def _sha256(cause: dict[str, Any], ref: str) -> str:
    """The hash of a piece of the run's evidence, as its JSON."""
    found = next(one for one in cause["evidence"] if one["id"] == ref)
    return hashlib.sha256(json.dumps(found, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _approvals(site: DemoSite, permit_id: str) -> None:
    waiting = next(one for one in site.desk.pending() if one["permit_id"] == permit_id)
    seen = shown(waiting["plan"].encode())
    print(text(seen))
    own = site.signer("j.smith").word(seen, permit_id, site.policy.digest, "approve", site.clock)
    _denied_by(lambda: site.desk.approve(own), "j.smith, who had it proposed, approves")
    for person in ("a.mueller", "b.chen"):
        word = site.signer(person).word(seen, permit_id, site.policy.digest, "approve", site.clock)
        _say(person, f"signs {seen.digest[:8]}…: {site.desk.approve(word).state}")


def _telemetry(folder: Path, operated: Any) -> None:
    """The pump's speed before, while and after, from the plant folder's own telemetry."""
    spans = {"before": (-30, 0), "held": (2, 9), "given back": (12, 16)}
    for name, (begin, end) in spans.items():
        times = [(operated + timedelta(minutes=minutes)).isoformat() for minutes in (begin, end)]
        words = ["window", f"{PUMP}.speed", "-C", str(folder / "plant"), "--from", times[0], "--to", times[1], "--json"]
        mean = _run(words)["value"][0]["statistics"]["mean"]
        _say("telemetry", f"{PUMP}.speed, {name}: mean {mean:.0f} rpm")


def _audit(site: DemoSite, folder: Path) -> None:
    if site.core.heads is not None:
        site.core.heads.sign(site.log, site.clock.now().utc_ms)
    records = list(chain.records(site.log.path))
    leaves = [one.leaf for one in records]
    kept = list(anchors(folder / "gate" / "heads.jsonl", public_hex(site.key("gate"))))
    hold(leaves, kept)
    again = replay(records, lambda: 0)
    words = f"{len(records)} records verify, root {merkle.root(leaves).hex()[:16]}…, {len(kept)} signed heads hold"
    _say("audit", f"{words}; {again.decisions} decisions replay the same")


def _percent(site: DemoSite) -> str:
    active = site.device.mailbox("pump-1-drive").active_micro
    return "nothing" if active is None else f"{from_micro(active)} %"


def _denied(answer: dict[str, Any]) -> None:
    if answer["state"] != "DENIED":
        raise SystemExit(f"this had to be denied: {answer}")
    _say("denied", f"{answer['reason']}  {answer['sentence']}")


def _denied_by(do: Callable[[], object], what: str) -> None:
    try:
        do()
    except Refused as refused:
        _say("denied", f"{refused.refusals[0].reason.value}  {what}: {refused.refusals[0].sentence}")
        return
    raise SystemExit(f"this had to be denied: {what}")


def _run(words: list[str]) -> dict[str, Any]:
    """What the command `twinwright` prints as JSON."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
        twinwright(words)
    return dict(json.loads(told.getvalue()))


def _fresh(folder: Path) -> Path:
    """An empty folder; one that an earlier demo made is made anew, any other is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MADE).exists():
            raise SystemExit(f"{folder} holds something else; name another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    (folder / _MADE).touch()
    return folder


def _say(who: str, words: str) -> None:
    print(f"{who:>18}  {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
