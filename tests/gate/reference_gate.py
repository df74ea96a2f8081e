"""A second gate, written from the specification alone: JSON in, the reported rule and all denying rules out.

It shares no code with the real one, works with Decimal and plain dicts, and verifies signatures with the library
directly. What it is for: where the two disagree, one of them is wrong.
"""

import hashlib
import json
import re
import struct
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

J = dict[str, Any]
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SAFETY = {"sis", "fire-gas", "protection-relay", "e-stop", "interlock", "bypass", "alarm-limit", "safety"}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f", "float64": ">d"}
SEEN: dict[int, tuple[J, str]] = {}  # policies are many requests' own, and long


def jcs(domain: str, value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"twinwright/{domain}/v1\0{text}".encode()


def sha(domain: str, value: Any) -> str:
    return hashlib.sha256(jcs(domain, value)).hexdigest()


def policy_sha(policy: J) -> str:
    if id(policy) not in SEEN:
        SEEN[id(policy)] = (policy, sha("policy", policy))
    return SEEN[id(policy)][1]


def signed(public: str, domain: str, value: Any, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), jcs(domain, value))
    except (InvalidSignature, ValueError):
        return False
    return True


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def in_window(window: J, now: int) -> bool:
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(window["zone"])).replace(tzinfo=None)
    (h1, m1), (h2, m2) = ((int(x) for x in window[name].split(":")) for name in ("start", "end"))
    for midnight in (datetime(local.year, local.month, local.day, tzinfo=None) - timedelta(days=n) for n in (0, 1)):  # noqa: DTZ001
        start, end = midnight + timedelta(hours=h1, minutes=m1), midnight + timedelta(hours=h2, minutes=m2)
        end += timedelta(days=int(end <= start))
        if DAYS[midnight.weekday()] in window["days"] and start <= local < end:
            return True
    return False


def meant(value: int, data: bytes, b: J) -> Decimal | None:
    """What the bytes mean (micro-units), if they are the ones that the value is written as."""
    raw, form = Decimal(value - b["offset"]) * b["scale_num"] / b["scale_den"] / 1_000_000, FORMATS[b["dtype"]]
    words = [data[i : i + 2] for i in range(0, len(data), 2)][:: -1 if b["order"] in ("CDAB", "DCBA") else 1]
    data = b"".join(w[::-1] if b["order"] in ("BADC", "DCBA") else w for w in words)
    if len(data) != struct.calcsize(form):
        return None
    try:
        wanted = float(raw) if form in (">f", ">d") else int(raw.quantize(Decimal(1), ROUND_HALF_EVEN))
        same = struct.pack(form, wanted) == data
    except (OverflowError, struct.error):
        return None
    found = Decimal(struct.unpack(form, data)[0]) * 1_000_000 * b["scale_den"] / b["scale_num"] + b["offset"]
    return found if same and abs(found - value) <= b["resolution"] else None


class Reference:
    """One evaluation; `bad` collects the rules that deny."""

    def __init__(self, policy: J, plan: J, snapshot: J, signature: str, ctx: J, approvals: list[J]) -> None:
        self.policy, self.plan, self.snap, self.signature, self.ctx = policy, plan, snapshot, signature, ctx
        self.approvals, self.bad, self.now = approvals, set[str](), ctx["now"]["utc_ms"]
        samples: dict[str, list[J]] = {}
        for one in snapshot["values"]:
            samples.setdefault(one["id"], []).append(one)
        self.read = {name: ones[0] for name, ones in samples.items() if len(ones) == 1}

    def need(self, rule: str, *holds: Any) -> None:
        self.bad |= set() if all(x is True for x in holds) else {rule}

    def micro(self, name: str) -> Any:
        return self.read.get(name, {}).get("micro")

    def decide(self) -> tuple[str, set[str]]:
        """The reported rule ("" where allowed) and all that deny; R01 alone where there is no such point."""
        on, policy, (target, who) = (
            self.policy["actuation"] == "on",
            self.policy,
            map(self.plan.get, ("target", "proposer")),
        )
        wanted = (target["twin_id"], target["property"])
        found = [p for p in policy["points"] if (p["twin_id"], p["property"]) == wanted]
        ids = [self.plan["site"], who["agent_id"], *wanted, target["binding_id"], who["on_behalf_of_person"] or "x"]
        ids += [one["ref"] for one in self.plan["evidence"]]
        ids += [self.plan["verify"][k] for k in ("echo_point", "effect_point")] if self.plan["verify"] else []
        self.need("R01", *(ID.fullmatch(one) is not None for one in ids), len(found) == 1)
        self.need("R10", on)
        if found:
            self.p, self.b, self.pre = found[0], found[0]["binding"], self.plan["pre"] or {}
            self.place, self.value = self.b["binding_id"], self.plan["set"]["value_micro"]
            self.groups = [g for g in policy["groups"] if self.place in [m["binding_id"] for m in g["members"]]]
            for part in (self.target, self.limits, self.dynamics, self.permissives, self.quality, self.plant):
                part()
            for part in (self.binding, self.times, self.persons, self.signers, self.locks, self.load, self.plan_parts):
                part()
        return ("R10" if not on else min(self.bad, default="")), self.bad

    def target(self) -> None:
        p, b, never = self.p, self.b, self.policy["never"]
        spots = [[q["binding"][k] for k in ("executor_id", "network", "address")] for q in self.policy["points"]]
        ids = [q["binding"]["binding_id"] for q in self.policy["points"]]
        spot = [b[k] for k in ("executor_id", "network", "address")]
        self.need("R01", ids.count(self.place) == spots.count(spot) == 1, p["writable"], p["dtdl"]["writable"])
        self.need("R02", len(jcs("", self.plan)) - len(jcs("", "")) + 2 <= 16384)
        self.need("R03", self.plan["set"]["unit"] == p["unit"])
        reach = [e["networks"] for e in self.policy["executors"] if e["executor_id"] == b["executor_id"]]
        self.need("R04", {x.lower() for x in p["tags"]}.isdisjoint(SAFETY | {x.lower() for x in never["tags"]}))
        self.need(
            "R04",
            p["twin_id"] not in never["twins"],
            b["network"] not in never["networks"],
            any(b["network"] in names for names in reach),
        )

    def inside(self, value: Any) -> bool:
        pairs, table = [(one["lo"], one["hi"]) for one in self.p["layers"]], self.p["modes"]
        if table:
            mode = self.micro(table["input"])
            bands = [one for one in table["bands"] if mode is not None and one["start"] <= mode < one["end"]]
            pairs += [(one["lo"], one["hi"]) for one in bands] if len(bands) == 1 else [(None, None)]
        return value is not None and all(None not in (lo, hi) and lo <= value <= hi for lo, hi in pairs)

    def limits(self) -> None:
        wire = self.plan["set"]["wire"]
        layers = {one["name"] for one in self.p["layers"]}
        self.need("R05", {"instrument", "nameplate", "site"} <= layers, self.inside(self.value))
        back = meant(self.value, bytes.fromhex(wire["hex"]), self.b)
        self.need("R06", wire["dtype"] == self.b["dtype"], self.inside(back))

    def dynamics(self) -> None:
        d, now, measured, past = self.p["dynamics"], self.ctx["now"], self.micro(self.p["measured"]), []
        for one in [x for x in self.ctx["history"] or [] if x["binding_id"] == self.place]:
            ages = [now[k] - one["at"][k] for k in ("utc_ms", "boot_ms")]
            age = min(ages) if one["at"]["boot_id"] == now["boot_id"] else ages[0]
            past.append((age, one["from_micro"], one["to_micro"]))
        self.need("R07", self.ctx["history"] is not None, measured is not None)
        self.need("R07", all(age >= max(0, d["cooldown_s"] * 1000) for age, _, _ in past))
        step, on = abs(self.value - (measured or 0)), d["running_above"]
        for most, window in ((d["max_step"], -1), (d["per_minute"], 60), (d["travel"], d["window_s"])):
            moved = step + sum(abs(y - x) for age, x, y in past if age <= window * 1000)
            self.need("R07", measured is None or moved <= most)
        if None not in (on, measured) and measured <= on < self.value:
            starts = 1 + len([1 for age, x, y in past if age <= 3_600_000 and x <= on < y])
            self.need("R07", d["starts_per_hour"] is not None and starts <= d["starts_per_hour"])

    def permissives(self) -> None:
        p, known = self.p, {one["id"]: one for one in self.policy["permissives"]}
        self.used = {p["measured"], *(p["verify"][k] for k in ("echo_point", "effect_point"))}
        self.used |= {p["modes"]["input"]} if p["modes"] else set()
        self.used |= {m["input"] for g in self.groups for m in g["members"]}
        self.need(
            "R08", set(self.policy["required_rules"]) == {f"R{n:02}" for n in range(1, 26)}, len(p["permissives"]) > 0
        )
        for one in [known.get(name, {"inputs": [], "state": None}) for name in p["permissives"]]:
            self.used |= set(one["inputs"])
            rows = [self.read[x] for x in one["inputs"] if x in self.read]
            xs = [r["micro"] for r in rows]
            self.need("R08", len(rows) == len(one["inputs"]) > 0)
            if one["state"] is not None:
                self.need("R08", all(r["state"] == one["state"] for r in rows))
            elif rows:
                whole = None not in [*xs, one["lo"], one["hi"]]
                self.need(
                    "R08", whole and max(xs) - min(xs) <= one["agree"] and one["lo"] <= min(xs) <= max(xs) <= one["hi"]
                )

    def quality(self) -> None:
        known, t, snap = {one["id"]: one for one in self.policy["inputs"]}, self.policy["times"], self.snap
        keys = [e["public_key"] for e in self.policy["executors"] if e["executor_id"] == self.b["executor_id"]]
        self.need("R09", any(signed(key, "snapshot", snap, self.signature) for key in keys))
        about = [snap["site"], snap["executor_id"], snap["binding_id"]]
        self.need("R09", about == [self.policy["site"], self.b["executor_id"], self.place])
        self.need(
            "R09",
            -t["skew_ms"] <= self.now - snap["taken_ms"] <= t["snapshot_ms"],
            self.used <= known.keys() & self.read.keys(),
        )
        rows = [(known[x], self.read[x]) for x in self.used if x in known and x in self.read]
        for k, v in rows:
            self.need(
                "R09",
                v["source"] == "device",
                v["path"] == k["path"],
                v["status"] == 0,
                [v["micro"], v["state"]].count(None) == 1,
            )
            self.need("R09", v["ne107"] in ("good", "M" if k["accepts_maintenance"] else "good"))
            self.need("R09", not k["loop"] or 3800 <= (v["loop_microamps"] or 0) <= 20500)
            self.need("R09", -t["skew_ms"] <= self.now - v["source_ms"] <= k["max_age_ms"])
            still = 10**18 if v["unchanged_ms"] is None else v["unchanged_ms"]
            self.need("R09", k["frozen_after_ms"] is None or still <= k["frozen_after_ms"])
        stamps = [v["source_ms"] for _, v in rows] or [0]
        self.need("R09", max(stamps) - min(stamps) <= t["span_ms"])

    def plant(self) -> None:
        p, b, control, work, alarms = self.p, self.b, self.snap["control"], self.snap["work"], self.snap["alarms"]
        self.need(
            "R10", ms(self.policy["issued_utc"]) <= self.now < ms(self.policy["expires_utc"]), p["tier"] == "twin"
        )
        self.need(
            "R10",
            control["remote"] == "remote",
            control["auto"] == "auto",
            (control["priority"] or 0) >= (b["slot"] or 0),
        )
        self.need("R10", b["simulated"] or (b["mailbox"] and self.ctx["real_devices"]))
        clear = [work[k] for k in ("locked_out", "work_permit_open", "bypasses", "forces")] == [False, False, [], []]
        live = [a for a in alarms or [] if a["state"] in ("active", "acknowledged")]
        mine = [a for a in live if a["twin_id"] == p["twin_id"] and a["priority"] in ("critical", "high")]
        mine += [
            a
            for a in alarms or []
            if a["state"] in ("shelved", "suppressed") and (a["twin_id"] == p["twin_id"] or a["input_id"] in self.used)
        ]
        self.need("R11", clear, alarms is not None, not mine, len(live) < self.policy["load"]["alarm_flood"])
        windows = {one["id"]: one for one in self.policy["windows"]}
        try:
            self.need("R12", any(in_window(windows[one], self.now) for one in p["windows"] if one in windows))
            self.need("R12", not any(in_window(one, self.now) for one in self.policy["blackouts"]))
        except (ZoneInfoNotFoundError, ValueError):
            self.need("R12", False)

    def binding(self) -> None:
        plan, ctx, pre, snap, bound, policy = self.plan, self.ctx, self.pre, self.snap, self.ctx["bound"], self.policy
        self.digest, current, target = sha("plan", plan), policy_sha(policy), plan["target"]
        own = sha("binding", {name: self.p[name] for name in ("binding", "dtmi", "property", "twin_id", "unit")})
        named = [plan["site"], target["dtmi"], target["binding_id"], target["binding_digest"]]
        self.need("R15", named == [policy["site"], self.p["dtmi"], self.place, own])
        version, seq, tol = pre.get("twin_version"), pre.get("device_seq"), pre.get("tol_micro", 0)
        self.need("R16", bool(version), version == snap["twin_version"], seq is not None, seq == snap["device_seq"])
        values = [pre.get("expected_micro"), self.micro(self.p["measured"])]
        self.need("R16", None not in values and abs(values[0] - values[1]) <= tol <= self.p["tol"])
        used = {ctx["policy_digest"], *(a["statement"]["policy_digest"] for a in self.approvals)}
        used |= {bound["policy_digest"]} if bound else set()
        self.need("R16", used == {current}, ctx["policy_version"] <= policy["version"])
        self.need("R14", bound is None or bound["uses"] == 0)
        if ctx["phase"] == "operate":
            high = ctx["fence_high_water"]
            self.need("R14", bound["max_uses"] == 1, high is not None and bound["fence"] > high)
            names = ("plan_digest", "evaluation_digest", "permit_id", "wire_hex", "binding_digest", "executor_id")
            real = [
                self.digest,
                ctx["evaluation_digest"],
                ctx["permit_id"],
                plan["set"]["wire"]["hex"],
                own,
                self.b["executor_id"],
            ]
            self.need("R15", [bound[k] for k in names] == real, sorted(bound["approvals"]) == sorted(ctx["approvals"]))
            self.need(
                "R16", bound["policy_version"] == policy["version"], bound["twin_version"] == snap["twin_version"] != ""
            )

    def times(self) -> None:
        t, ctx, now, bound = self.policy["times"], self.ctx, self.ctx["now"], self.ctx["bound"]
        self.need("R13", -t["skew_ms"] <= self.now - ms(self.plan["created_utc"]) <= t["plan_s"] * 1000)
        names = {"evaluate": [], "arm": ["evaluated"], "operate": ["evaluated", "armed"]}[ctx["phase"]]
        gone = {}
        for name in names:
            since = ctx[name] or {"utc_ms": 0, "boot_ms": 0, "boot_id": ""}
            a, c = gone[name] = [now[k] - since[k] for k in ("utc_ms", "boot_ms")]
            self.need("R13", since["boot_id"] == now["boot_id"], min(a, c) >= 0, abs(a - c) <= t["disagreement_ms"])
        if ctx["phase"] == "operate":
            self.need(
                "R13", max(gone["armed"]) <= t["arm_ms"], bound["not_before_ms"] <= self.now < bound["expires_ms"]
            )
            self.need("R13", gone["armed"][1] <= t["permit_s"] * 1000 >= bound["expires_ms"] - bound["not_before_ms"])

    def may(self, person: J, role: str, risk: str) -> bool:
        rights = [
            a
            for a in person["authorities"]
            if a["role"] == role and risk in a["classes"] and self.place in a["bindings"]
        ]
        return person["kind"] == "person" and any(self.now < ms(a["valid_until_utc"]) for a in rights)

    def persons(self) -> None:
        policy, plan, ctx, p = self.policy, self.plan, self.ctx, self.p
        self.known = {x["person_id"]: x for x in policy["persons"]}
        agent = {x["agent_id"]: x for x in policy["agents"]}.get(plan["proposer"]["agent_id"])
        behalf = plan["proposer"]["on_behalf_of_person"]
        self.need("R17", agent is not None and self.place in agent["proposes"] and ctx["caller_uid"] == agent["uid"])
        asked = self.known.get(behalf, {"kind": "", "proposes": []})
        alone = behalf is None and agent is not None and agent["unattended"]
        self.need("R17", alone or (asked["kind"] == "person" and self.place in asked["proposes"]))
        dirty = any(not s or not set(s) <= set(policy["trusted_sources"]) for s in plan["taint"].values())
        risk = max(plan["class"], "LMHH"["LMH".index(p["risk"]) + dirty], key="LMH".index)
        q = policy["quorum"][{"L": "low", "M": "medium", "H": "high"}[risk]]
        self.need(
            "R18",
            plan["class"] == risk,
            {"L": 1, "M": 2, "H": 2}[risk] <= q["n"] <= q["m"],
            q["supervisors"] >= (risk == "H"),
        )
        able, revoked, said = {}, set(ctx["revoked_keys"]), [a["statement"] for a in self.approvals]
        for who, x in self.known.items():
            roles = {a["role"] for a in x["authorities"] if self.may(x, a["role"], risk)}
            keys = [k for k in x["keys"] if not k["revoked"] and f"{who}/{k['key_id']}" not in revoked]
            able |= {who: policy["supervisor_role"] in roles} if roles and keys and who != behalf else {}
        if ctx["phase"] != "evaluate":
            able = {s["person_id"]: False for s in said if s["decision"] == "approve"}
            able |= {
                s["person_id"]: True for s in said if s["person_id"] in able and s["role"] == policy["supervisor_role"]
            }
            self.need("R17", len({s["person_id"] for s in said}) == len(said))
        self.need("R18", len(able) >= q["n"] + q["supervisors"], sum(able.values()) >= q["supervisors"])

    def signers(self) -> None:
        ctx, plan, t, revoked = self.ctx, self.plan, self.policy["times"], set(self.ctx["revoked_keys"])
        for a, code in zip(self.approvals, ctx["approvals"], strict=True) if ctx["phase"] != "evaluate" else ():
            s, who = a["statement"], a["statement"]["person_id"]
            x = self.known.get(who, {"keys": [], "authorities": [], "kind": ""})
            keys = [k for k in x["keys"] if k["key_id"] == s["key_id"]]
            self.need(
                "R13",
                s["at_ms"] - t["skew_ms"] <= self.now < s["expires_ms"],
                0 < s["expires_ms"] - s["at_ms"] <= t["approval_s"] * 1000,
            )
            self.need("R15", len(keys) == 1 and signed(keys[0]["public_key"], "approval", s, a["signature"]))
            self.need("R15", s["plan_digest"] == self.digest, s["permit_id"] == ctx["permit_id"])
            self.need(
                "R17",
                self.may(x, s["role"], plan["class"]),
                s["authority_scope"] == self.place,
                s["decision"] == "approve",
            )
            self.need("R17", who not in plan["proposer"].values(), code not in ctx["withdrawn"])
            self.need("R17", f"{who}/{s['key_id']}" not in revoked, not any(k["revoked"] for k in keys))

    def locks(self) -> None:
        ctx, bound, locks, permit = self.ctx, self.ctx["bound"], self.ctx["locks"] or [], self.ctx["permit_id"]
        wanted = {f"binding:{self.place}", *(f"group:{g['id']}" for g in self.groups)}
        self.need("R19", ctx["locks"] is not None)
        self.need(
            "R19", not [x for x in locks if x["resource"] in wanted and (x["permit_id"] != permit or x["quarantined"])]
        )
        if ctx["phase"] == "operate":
            held = {x["resource"] for x in locks if (x["permit_id"], x["fence"]) == (permit, bound["fence"])}
            self.need("R19", wanted <= held)
            beat = ctx["heartbeat"] or {"permit_id": "", "counter": 0, "at": {"boot_ms": 0, "boot_id": ""}}
            self.need(
                "R21", beat["permit_id"] == permit, beat["counter"] >= 1, beat["at"]["boot_id"] == ctx["now"]["boot_id"]
            )
            self.need(
                "R21", 0 <= ctx["now"]["boot_ms"] - beat["at"]["boot_ms"] <= self.policy["heartbeat"]["timeout_ms"]
            )

    def load(self) -> None:
        load, most = self.ctx["load"], self.policy["load"]
        names = {"concurrent": "concurrent", "per_shift": "per_shift"}
        names |= (
            {"pending": "pending", "per_minute": "per_minute", "denials": "probes"}
            if self.ctx["phase"] == "evaluate"
            else {}
        )
        self.need("R20", load is not None and all(load[x] < most[y] for x, y in names.items()))
        for g in self.groups if load is not None else []:
            xs = [self.value if m["binding_id"] == self.place else self.micro(m["input"]) for m in g["members"]]
            known, r, t = [x for x in xs if x is not None], g["running"], g["total"]
            self.need("R20", len(known) == len(xs), not r or len([x for x in known if x > r["above"]]) >= r["least"])
            self.need("R20", not t or t["lo"] <= sum(known) <= t["hi"])

    def plan_parts(self) -> None:
        hold, may, h, v, w = (
            self.plan["hold"],
            self.p["hold"],
            self.policy["heartbeat"],
            self.plan["verify"],
            self.p["verify"],
        )
        timed = hold["mode"] == "timed" and 1 <= hold["seconds"] <= may["max_s"]
        endless = hold["mode"] == "until_superseded" and hold["seconds"] == 0 and may["until_superseded"]
        self.need("R21", timed or endless, h["timeout_ms"] >= 2 * h["period_ms"])
        self.need("R22", v is not None and all(v[k] == w[k] for k in ("echo_point", "effect_point")))
        if v:
            self.need("R22", v["echo_tol_micro"] <= w["echo_tol"], v["within_s"] <= w["within_s"])
            self.need("R22", w["effect_lo"] <= v["effect_lo_micro"] <= v["effect_hi_micro"] <= w["effect_hi"])
        r, kinds, before, safe = (
            self.plan["rollback"],
            self.p["rollback"]["kinds"],
            self.pre.get("expected_micro"),
            self.p["rollback"]["safe_value"],
        )
        ways = [
            ("relinquish", None, True),
            ("restore", before, self.inside(before)),
            ("safe_value", safe, safe is not None),
        ]
        best = [(kind, value) for kind, value, there in ways if there and kind in kinds][:1]
        self.need(
            "R23",
            r is not None
            and [(r["kind"], r["value_micro"])] == best
            and (best[0][1] is None or self.inside(best[0][1])),
        )
        self.need("R24", self.ctx["kill"] == "clear")
        self.need("R25", self.ctx["audit_writable"])
