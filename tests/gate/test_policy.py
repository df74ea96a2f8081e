"""Policies: read without guessing, refused as a whole, compared, signed by two, and loaded upwards only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.bundle import Anchors, Bundle, parse_bundle, sign_policy, verify_bundle
from twinwright_gate.cli import main
from twinwright_gate.errors import PolicyError
from twinwright_gate.lint import lint
from twinwright_gate.policy import Policy
from twinwright_gate.policy_diff import DIRECTIONS, widenings
from twinwright_gate.policy_store import BUNDLE, HIGH_WATER, PolicyStore
from twinwright_gate.signing import public_hex, save_key
from twinwright_gate.source import parse_source

from .plantsite import changed_policy, key, policy, put, source

BREAKS: list[tuple[str, Any, str]] = [
    ("required_rules", ["R01"], "required_rules"),
    ("expires_utc", "2025-01-01T00:00:00Z", "expires_utc"),
    ("points/pump-1-speed/layers/site/lo", 95_000_000, "above hi"),
    ("points/pump-1-speed/layers/site/hi", None, "a limit is missing"),
    ("points/pump-1-speed/layers", [], "is missing"),
    ("points/pump-1-speed/layers/nameplate/lo", 91_000_000, "no value at all"),
    ("points/pump-1-speed/modes/bands/1/start", 6_000_001, "a gap or an overlap"),
    ("points/pump-1-speed/modes/bands/0/end", 7_000_000, "a gap or an overlap"),
    ("points/pump-1-speed/modes/bands/0/hi", None, "a limit is missing"),
    ("points/pump-2-speed/binding/binding_id", "pump-1-speed", "injective"),
    ("points/pump-2-speed/binding/address", "plc1/mailbox/0", "injective"),
    ("points/pump-2-speed/twin_id", "glycol-pump-1-drive", "injective"),
    ("points/pump-1-speed/binding/scale_num", 1000, "has no int16"),
    ("points/pump-1-speed/binding/network", "elsewhere", "doesn't reach the network"),
    ("points/filler-1-rate/binding/mailbox", False, "command mailbox"),
    ("points/pump-1-speed/dtdl/writable", False, "doesn't let"),
    ("points/pump-1-speed/tags", ["SIS"], "safety equipment"),
    ("points/pump-1-speed/unit", "Hz", "no UCUM code"),
    ("points/pump-1-speed/measured", "pump-1-flow", "nothing is converted"),
    ("points/pump-1-speed/permissives", [], "at least one permissive"),
    ("points/pump-1-speed/permissives", ["unheard-of"], "stands nowhere"),
    ("points/pump-1-speed/hold/max_s", 0, "no way of holding"),
    ("points/pump-2-speed/rollback/safe_value", 85_000_000, "outside of the limits"),
    ("points/pump-2-speed/rollback/kinds", ["safe_value", "restore"], "in the order"),
    ("points/pump-2-speed/dynamics/starts_per_hour", None, "belong together"),
    ("points/pump-1-speed/verify/effect_lo", 61_000_000, "effect_lo is above"),
    ("permissives/tank-level-ok/hi", None, "either lo and hi, or state"),
    ("permissives/tank-level-ok/inputs", ["tank-level-a", "tank-level-a"], "agree with itself"),
    ("groups/glycol-pumps/total/lo", 200_000_000, "lo is above hi"),
    ("groups/glycol-pumps/running/least", 3, "more than there are"),
    ("windows/always/zone", "localtime", "zone"),
    ("windows/always/zone", "Mars/Olympus", "there is no zone"),
    ("heartbeat/timeout_ms", 900, "two periods"),
    ("quorum/low/n", 0, "n of m"),
    ("quorum/medium/n", 4, "n of m"),
    ("quorum/medium/n", 1, "n of m"),
    ("quorum/high/supervisors", 0, "1 supervisor"),
    ("quorum/medium/m", 9, "may approve"),
    ("persons/a.mueller/keys/k1/revoked", None, ""),
    ("persons/night-shift/proposes", ["pump-1-speed"], "keys belong to people"),
    ("persons/b.chen/keys/k1/public_key", public_hex(key("a.mueller/k1")), "held by two"),
    ("gate_key", public_hex(key("executor-1")), "held by two"),
    ("agents/night-watch/agent_id", "b.chen", "stands twice"),
    ("agents/twinwright/proposes", ["nothing"], "no points"),
    ("trusted_sources", ["history"], "can't be trusted"),
]


@pytest.mark.parametrize(
    ("place", "value", "told"), BREAKS, ids=[f"{place} {value}"[:60] for place, value, _ in BREAKS]
)
def test_a_policy_with_a_fault_is_refused_as_a_whole(place: str, value: Any, told: str) -> None:
    try:
        faults = lint(changed_policy({place: value}))
    except PolicyError as error:
        faults = error.faults
        assert not told or told in " ".join(faults)
    assert faults and told in " ".join(faults)


def test_the_example_has_no_fault() -> None:
    assert lint(policy()) == () and policy().actuation == "on"


SOURCES = {
    "an unknown key": ("site: demo-plant", "site: demo-plant\nallow_all: true"),
    "a key twice": ("version: 7", "version: 7\nversion: 8"),
    "NaN": ('{name: site, lo: "40"', '{name: site, lo: ".nan"'),
    "NaN as YAML has it": ('{name: site, lo: "40"', "{name: site, lo: .nan"),
    "infinity": ('{name: site, lo: "40"', '{name: site, lo: "-inf"'),
    "an exponent": ('{name: site, lo: "40"', '{name: site, lo: "4e1"'),
    "a decimal comma": ('{name: site, lo: "40"', '{name: site, lo: "40,0"'),
    "a naive time": ("issued_utc: 2026-01-01T00:00:00Z", "issued_utc: 2026-01-01T00:00:00"),
    "a flag in other words": ("simulated: true", "simulated: yes"),
    "an anchor": ("site: demo-plant", "site: &a demo-plant"),
    "a tag": ("version: 7", "version: !!int 7"),
    "a low priority slot": ("slot: 12", "slot: 8"),
    "an arm window of a minute": ("arm_ms: 10000", "arm_ms: 60000"),
    "a permit for an hour": ("permit_s: 300", "permit_s: 3600"),
    "an approval for a day": ("approval_s: 14400", "approval_s: 86400"),
    "a key that is none": ("gate_key: ", "gate_key: 00"),
    "a tier that is none": ("tier: shadow", "tier: super"),
    "a missing field": ("supervisor_role: supervisor\n", ""),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_read_without_guessing(name: str) -> None:
    old, new = SOURCES[name]
    assert old in source()
    with pytest.raises(PolicyError):
        parse_source(source().replace(old, new, 1).encode(), name)


def test_the_json_notation_is_the_same_policy() -> None:
    import yaml

    document = yaml.load(source(), Loader=yaml.BaseLoader)

    def nulls(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: nulls(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [nulls(inner) for inner in value]
        return None if value == "null" else value

    raw = json.dumps(nulls(document)).encode()
    assert parse_source(raw, "json", is_json=True).digest == policy().digest


ANCHORS = Anchors.model_validate_json(
    json.dumps(
        {
            "v": 1,
            "site": "demo-plant",
            "quorum": 2,
            "signers": [{"signer": name, "public_key": public_hex(key(name))} for name in ("moc-1", "moc-2", "moc-3")],
        }
    )
)


def bundle(rules: Policy, *signers: str) -> Bundle:
    found = None
    for name in signers or ("moc-1", "moc-2"):
        found = sign_policy(rules, key(name), ANCHORS, found)
    assert found is not None
    return found


def test_two_signatures_of_those_who_may_are_needed() -> None:
    good = bundle(policy())
    assert verify_bundle(parse_bundle(json.loads(good.encode()), "file"), ANCHORS).digest == policy().digest
    for signers in (("moc-1",), ("moc-1", "moc-1")):
        with pytest.raises(PolicyError, match="it takes 2"):
            verify_bundle(bundle(policy(), *signers), ANCHORS)
    with pytest.raises(PolicyError, match="none of the anchors"):
        sign_policy(policy(), key("a.mueller/k1"), ANCHORS, None)


def test_a_signature_holds_for_the_policy_that_was_signed() -> None:
    wider = json.loads(bundle(policy()).encode())
    put(wider, {"policy/points/pump-1-speed/layers/site/hi": 99_000_000})
    with pytest.raises(PolicyError, match="signature"):
        verify_bundle(parse_bundle(wider, "file"), ANCHORS)
    with pytest.raises(PolicyError, match="another policy"):
        sign_policy(changed_policy({"version": 8}), key("moc-2"), ANCHORS, bundle(policy(), "moc-1"))
    with pytest.raises(PolicyError, match="nothing else"):
        parse_bundle(wider | {"alg": "none"}, "file")


def test_a_key_of_the_running_system_signs_no_policy() -> None:
    rules = changed_policy({"executors/executor-1/public_key": public_hex(key("moc-1"))})
    with pytest.raises(PolicyError, match="running system"):
        verify_bundle(bundle(rules), ANCHORS)


@pytest.fixture
def store(folder: Path) -> PolicyStore:
    return PolicyStore(folder / "policy", ANCHORS)


def test_a_policy_is_loaded_upwards_only(store: PolicyStore, folder: Path) -> None:
    assert store.current() is None
    assert store.load(bundle(policy()))
    current = store.current()
    assert current is not None and current.digest == policy().digest
    for version in (6, 7):
        older = changed_policy({"version": version, "site": "demo-plant", "times/plan_s": 1000})
        with pytest.raises(PolicyError, match="not above 7"):
            store.load(bundle(older))
    narrow = changed_policy({"version": 8, "moc": None, "points/pump-1-speed/layers/site/hi": 80_000_000})
    assert store.load(bundle(narrow)) == ()
    (folder / "policy" / BUNDLE).write_bytes(bundle(policy()).encode())  # an old, wider one from a backup
    with pytest.raises(PolicyError, match="not 8, the highest"):
        store.current()


def test_a_lost_high_water_lets_no_older_policy_in(store: PolicyStore, folder: Path) -> None:
    store.load(bundle(policy()))
    (folder / "policy" / HIGH_WATER).unlink()
    assert store.current() is None
    with pytest.raises(PolicyError, match="not above 7"):
        store.load(bundle(changed_policy({"version": 6})))
    store.load(bundle(policy()))
    assert store.current() is not None


def test_a_widening_needs_its_record(store: PolicyStore) -> None:
    store.load(bundle(policy()))
    wide = {"version": 8, "points/pump-1-speed/layers/site/hi": 95_000_000, "points/pump-1-speed/modes": None}
    with pytest.raises(PolicyError, match="no moc record") as refused:
        store.load(bundle(changed_policy(wide | {"moc": None})))
    assert any("to 95 %" in fault for fault in refused.value.faults)
    assert store.load(bundle(changed_policy(wide)))


@pytest.mark.parametrize("name", [BUNDLE, HIGH_WATER])
def test_what_can_not_be_read_leaves_actuation_off(store: PolicyStore, folder: Path, name: str) -> None:
    store.load(bundle(policy()))
    (folder / "policy" / name).write_bytes(b"{}")
    with pytest.raises(PolicyError):
        store.current()


NARROWER: list[dict[str, Any]] = [
    {"actuation": "off"},
    {"points/pump-1-speed/layers/site/hi": 80_000_000},
    {"points/pump-1-speed/modes/bands/1/lo": 65_000_000},
    {"points/pump-1-speed/tier": "shadow"},
    {"points/pump-1-speed/writable": False},
    {"points/pump-1-speed/dynamics/max_step": 1},
    {"points/pump-1-speed/dynamics/cooldown_s": 61},
    {"points/pump-1-speed/permissives": ["tank-level-ok", "chiller-runs", "line-produces"]},
    {"points/pump-1-speed/hold/max_s": 10},
    {"inputs/tank-level-a/max_age_ms": 1000},
    {"persons/a.mueller/keys/k1/revoked": True},
    {"persons/e.rossi/authorities": []},
    {"agents/twinwright/proposes": []},
    {"never/networks": ["sis-conduit", "x"]},
    {"quorum/low/n": 2},
    {"times/arm_ms": 5000},
    {"load/per_shift": 1},
    {"trusted_sources": []},
    {"groups/glycol-pumps/running/least": 2},
    {"expires_utc": "2026-06-01T00:00:00Z"},
]
WIDER: list[dict[str, Any]] = [
    {"points/pump-1-speed/layers/site/hi": 90_000_001, "points/pump-1-speed/modes/bands/0/hi": 90_000_001},
    {"points/pump-1-speed/modes/bands/1/end": 41_000_000},
    {"points/pump-1-speed/modes/bands/1/lo": 59_999_999},
    {"points/pump-1-speed/permissives": ["tank-level-ok"]},
    {"points/pump-1-speed/dynamics/travel": 40_000_001},
    {"points/compressor-1-pressure/tier": "twin"},
    {"points/pump-1-flow/writable": True, "points/pump-1-flow/dtdl/writable": True},
    {"points/pump-1-speed/binding/address": "plc1/mailbox/9"},
    {"points/pump-1-speed/windows": ["always", "day-shifts"]},
    {"windows/day-shifts/end": "23:00"},
    {"blackouts": []},
    {"inputs/tank-level-a/loop": False},
    {"inputs/tank-level-a/frozen_after_ms": None},
    {"permissives/tank-level-ok/agree": 3_000_001},
    {"groups": []},
    {"groups/glycol-pumps/total": None},
    {"never/twins": []},
    {"persons/e.rossi/keys/k1/revoked": False},
    {"persons/d.lapsed/authorities/0/valid_until_utc": "2027-06-30T00:00:00Z"},
    {"persons/a.mueller/keys/k2/public_key": public_hex(key("new"))},
    {"agents/twinwright/uid": 0},
    {"agents/twinwright/unattended": True},
    {"executors/executor-1/networks": ["plc-net", "other"]},
    {"gate_key": public_hex(key("new gate"))},
    {"quorum/high/n": 1},
    {"quorum/high/supervisors": 0},
    {"supervisor_role": "operator"},
    {"trusted_sources": ["telemetry", "engine", "person"]},
    {"times/skew_ms": 501},
    {"load/concurrent": 3},
    {"heartbeat/timeout_ms": 3001},
    {"expires_utc": "2028-01-01T00:00:00Z"},
]


@pytest.mark.parametrize("change", NARROWER, ids=str)
def test_a_narrowing_is_told_as_one(change: dict[str, Any]) -> None:
    assert widenings(policy(), changed_policy(change)) == ()


@pytest.mark.parametrize("change", WIDER, ids=str)
def test_a_widening_is_told_with_an_example(change: dict[str, Any]) -> None:
    found = widenings(policy(), changed_policy(change))
    assert found and all(one.words and one.example for one in found)


def test_every_field_has_a_direction() -> None:
    assert all(set(table) == set(model.model_fields) for model, table in DIRECTIONS.items())


def test_from_nothing_everything_is_new() -> None:
    assert {one.place for one in widenings(None, policy())} == {
        f"points.{name}.limits" for name in ("pump-1-speed", "pump-2-speed", "filler-1-rate")
    }
    assert widenings(changed_policy({"actuation": "off"}), policy())


def test_the_commands_from_keys_to_load(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = {
        name: str(folder / name) for name in ("a.pem", "b.pem", "site.yaml", "wide.yaml", "p.json", "anchors.json")
    }
    Path(place["site.yaml"]).write_text(source())
    signers = []
    for name in ("a", "b"):
        assert main(["keys", "new", place[f"{name}.pem"], "--json"]) == 0
        signers.append({"signer": name, "public_key": json.loads(capsys.readouterr().out)["public_key"]})
        assert Path(place[f"{name}.pem"]).stat().st_mode & 0o777 == 0o600
    anchors = {"v": 1, "site": "demo-plant", "quorum": 2, "signers": signers}
    Path(place["anchors.json"]).write_text(json.dumps(anchors))
    assert main(["policy", "lint", place["site.yaml"], "--json"]) == 0
    trust = ["--anchors", place["anchors.json"]]
    load = ["policy", "load", place["p.json"], *trust, "--folder", str(folder / "state"), "--json"]
    for name, code in (("a", 2), ("b", 0)):
        sign = ["policy", "sign", place["site.yaml"], "--key", place[f"{name}.pem"], "--out", place["p.json"]]
        assert main([*sign, *trust]) == 0
        capsys.readouterr()
        assert main(load) == code
    assert len(json.loads(capsys.readouterr().out)["widenings"]) == 3
    Path(place["wide.yaml"]).write_text(
        source().replace("moc: {", "moc: null #").replace("cooldown_s: 60", "cooldown_s: 0")
    )
    assert main(["policy", "diff", place["site.yaml"], place["wide.yaml"], "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "gate.policy" and "cooldown_s was 60 and is 0" in error["suggestions"][0]
    assert main(["policy", "diff", place["wide.yaml"], place["site.yaml"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["widens"] is False
    save_key(key("x"), folder / "x.pem")
    (folder / "x.pem").chmod(0o644)
    assert main(["keys", "show", str(folder / "x.pem")]) == 2
