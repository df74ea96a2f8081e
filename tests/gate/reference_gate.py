"""A second gate, written from the specification alone: JSON in, the reported rule and all denying rules out.

It shares no code with the real one. What it is for: where the two disagree, one of them is wrong.
"""

from typing import Any

from . import reference_primitives as do
from .reference_primitives import ID, SAFETY, D, J, fields, meant, ms, sha, signed


class Reference:
    """One evaluation; `bad` collects the rules that deny."""

    def __init__(self, policy: J, plan: J, snapshot: J, signature: str, ctx: J, approvals: list[J]) -> None:
        self.y, self.plan, self.snap, self.ctx = do.policy_fields(policy), *map(fields, (plan, snapshot, ctx))
        self.seal, self.given, self.bad, self.now = signature, fields(approvals), set[str](), self.ctx.now.utc_ms
        names = [one.id for one in self.snap["values"]]
        self.read = {one.id: one for one in self.snap["values"] if names.count(one.id) == 1}

    def need(self, rule: str, *holds: Any) -> None:
        self.bad |= set() if all(x is True for x in holds) else {rule}

    def micro(self, name: str) -> Any:
        return self.read.get(name, {}).get("micro")

    def decide(self) -> tuple[str, set[str]]:
        """The reported rule ("" where allowed) and all that deny; R01 alone where there is no such point."""
        on, policy, target, who = self.y.actuation == "on", self.y, self.plan.target, self.plan.proposer
        wanted = (target.twin_id, target.property)
        found = [p for p in policy.points if (p.twin_id, p.property) == wanted]
        ids = [self.plan.site, who.agent_id, *wanted, target.binding_id, who.on_behalf_of_person or "x"]
        ids += [one.ref for one in self.plan.evidence]
        ids += [self.plan.verify[k] for k in ("echo_point", "effect_point")] if self.plan.verify else []
        self.need("R01", *(ID.fullmatch(one) is not None for one in ids), len(found) == 1)
        self.need("R10", on)
        if found:
            self.p, self.b, self.pre = found[0], found[0].binding, self.plan.pre or {}
            self.place, self.value = self.b.binding_id, self.plan.set.value_micro
            self.groups = [g for g in policy.groups if self.place in [m.binding_id for m in g.members]]
            names = (
                "target limits dynamics permissives quality plant binding times persons signers locks load plan_parts"
            )
            for name in names.split():
                getattr(self, name)()
        return ("R10" if not on else min(self.bad, default="")), self.bad

    def target(self) -> None:
        p, b, never = self.p, self.b, self.y.never
        spots = [(q.binding.executor_id, q.binding.network, q.binding.address) for q in self.y.points]
        ids = [q.binding.binding_id for q in self.y.points]
        self.need("R01", ids.count(self.place) == spots.count((b.executor_id, b.network, b.address)) == 1)
        self.need("R01", p.writable, p.dtdl.writable)
        self.need("R02", not do.oversized(self.plan))
        self.need("R03", self.plan.set.unit == p.unit)
        self.need("R04", {x.lower() for x in p.tags}.isdisjoint(SAFETY | {x.lower() for x in never.tags}))
        self.need("R04", p.twin_id not in never.twins, b.network not in never.networks)
        self.need("R04", any(b.network in e.networks for e in self.y.executors if e.executor_id == b.executor_id))

    def inside(self, value: Any) -> bool:
        pairs, table = [(one.lo, one.hi) for one in self.p.layers], self.p.modes
        if table:
            mode = self.micro(table.input)
            bands = [one for one in table.bands if mode is not None and one.start <= mode < one.end]
            pairs += [(one.lo, one.hi) for one in bands] if len(bands) == 1 else [(None, None)]
        return bool(pairs) and value is not None and all(None not in (lo, hi) and lo <= value <= hi for lo, hi in pairs)

    def limits(self) -> None:
        wire, layers = self.plan.set.wire, {one.name for one in self.p.layers}
        self.need("R05", {"instrument", "nameplate", "site"} <= layers, self.inside(self.value))
        self.need("R06", wire.dtype == self.b.dtype, self.inside(meant(self.value, bytes.fromhex(wire.hex), self.b)))

    def dynamics(self) -> None:
        d, now, measured, past = self.p.dynamics, self.ctx.now, self.micro(self.p.measured), []
        for one in [x for x in self.ctx.history or [] if x.binding_id == self.place]:
            ages = [now[k] - one.at[k] for k in ("utc_ms", "boot_ms")]
            age = min(ages) if one.at.boot_id == now.boot_id else ages[0]
            past.append((age, one.from_micro, one.to_micro))
        self.need("R07", self.ctx.history is not None, measured is not None)
        self.need("R07", all(age >= max(0, d.cooldown_s * 1000) for age, _, _ in past))
        step, on = abs(self.value - (measured or 0)), d.running_above
        for most, window in ((d.max_step, -1), (d.per_minute, 60), (d.travel, d.window_s)):
            moved = step + sum(abs(y - x) for age, x, y in past if age <= window * 1000)
            self.need("R07", measured is None or moved <= most)
        if None not in (on, measured) and measured <= on < self.value:
            starts = 1 + len([1 for age, x, y in past if age <= 3_600_000 and x <= on < y])
            self.need("R07", d.starts_per_hour is not None and starts <= d.starts_per_hour)

    def permissives(self) -> None:
        p, known = self.p, {one.id: one for one in self.y.permissives}
        self.used = {p.measured, *(p.verify[k] for k in ("echo_point", "effect_point"))}
        self.used |= {p.modes.input} if p.modes else set()
        self.used |= {m.input for g in self.groups for m in g.members}
        self.need("R08", set(self.y.required_rules) == {f"R{n:02}" for n in range(1, 26)}, len(p.permissives) > 0)
        for one in [known.get(name, D(inputs=[], state=None)) for name in p.permissives]:
            self.used |= set(one.inputs)
            rows = [self.read[x] for x in one.inputs if x in self.read]
            xs = [r.micro for r in rows]
            self.need("R08", len(rows) == len(one.inputs) > 0)
            if one.state is not None:
                self.need("R08", all(r.state == one.state for r in rows))
            elif rows:
                whole = None not in [*xs, one.lo, one.hi]
                self.need("R08", whole and max(xs) - min(xs) <= one.agree and one.lo <= min(xs) <= max(xs) <= one.hi)

    def quality(self) -> None:
        known, t, snap = {one.id: one for one in self.y.inputs}, self.y.times, self.snap
        keys = [e.public_key for e in self.y.executors if e.executor_id == self.b.executor_id]
        self.need("R09", any(signed(key, "snapshot", snap, self.seal) for key in keys))
        self.need(
            "R09", snap.site == self.y.site, snap.executor_id == self.b.executor_id, snap.binding_id == self.place
        )
        self.need("R09", -t.skew_ms <= self.now - snap.taken_ms <= t.snapshot_ms, self.used <= {*known} & {*self.read})
        rows = [(known[x], self.read[x]) for x in self.used if x in known and x in self.read]
        for k, v in rows:
            self.need("R09", v.source == "device", v.path == k.path, v.status == 0, [v.micro, v.state].count(None) == 1)
            self.need("R09", v.ne107 in ("good", "M" if k.accepts_maintenance else "good"))
            self.need("R09", not k.loop or 3800 <= (v.loop_microamps or 0) <= 20500)
            self.need("R09", -t.skew_ms <= self.now - v.source_ms <= k.max_age_ms)
            self.need("R09", k.frozen_after_ms is None or do.or_huge(v.unchanged_ms) <= k.frozen_after_ms)
        stamps = [v.source_ms for _, v in rows] or [0]
        self.need("R09", max(stamps) - min(stamps) <= t.span_ms)

    def plant(self) -> None:
        p, b, control, work, alarms = self.p, self.b, self.snap.control, self.snap.work, self.snap.alarms
        self.need("R10", ms(self.y.issued_utc) <= self.now < ms(self.y.expires_utc), p.tier == "twin")
        self.need("R10", control.remote == "remote", control.auto == "auto", (control.priority or 0) >= (b.slot or 0))
        self.need("R10", b.simulated or (b.mailbox and self.ctx.real_devices))
        clear = [work[k] for k in ("locked_out", "work_permit_open", "bypasses", "forces")] == [False, False, [], []]
        live = [a for a in alarms or [] if a.state in ("active", "acknowledged")]
        mine = [a for a in live if a.twin_id == p.twin_id and a.priority in ("critical", "high")]
        hushed = [a for a in alarms or [] if a.state in ("shelved", "suppressed")]
        mine += [a for a in hushed if a.twin_id == p.twin_id or a.input_id in self.used]
        self.need("R11", clear, alarms is not None, not mine, len(live) < self.y.load.alarm_flood)
        self.need("R12", do.timely(self.y, p.windows, self.now))

    def binding(self) -> None:
        plan, ctx, pre, snap, bound, policy = self.plan, self.ctx, self.pre, self.snap, self.ctx.bound, self.y
        self.digest, current, target = sha("plan", plan), do.policy_sha(policy), plan.target
        own = sha("binding", {name: self.p[name] for name in ("binding", "dtmi", "property", "twin_id", "unit")})
        named = [plan.site, target.dtmi, target.binding_id, target.binding_digest]
        self.need("R15", named == [policy.site, self.p.dtmi, self.place, own])
        version, seq, tol = pre.get("twin_version"), pre.get("device_seq"), pre.get("tol_micro", 0)
        self.need("R16", bool(version), version == snap.twin_version, seq is not None, seq == snap.device_seq)
        values = [pre.get("expected_micro"), self.micro(self.p.measured)]
        self.need("R16", None not in values and abs(values[0] - values[1]) <= tol <= self.p.tol)
        used = {one.policy_digest for one in (ctx, *(a.statement for a in self.given), *([bound] if bound else []))}
        self.need("R16", used == {current}, ctx.policy_version <= policy.version)
        self.need("R14", bound is None or bound.uses == 0)
        if ctx.phase == "operate":
            self.need("R14", bound.max_uses == 1, bound.fence > do.or_huge(ctx.fence_high_water))
            names = ("plan_digest", "evaluation_digest", "permit_id", "wire_hex", "binding_digest", "executor_id")
            real = [self.digest, ctx.evaluation_digest, ctx.permit_id, plan.set.wire.hex, own, self.b.executor_id]
            self.need("R15", [bound[k] for k in names] == real, sorted(bound.approvals) == sorted(ctx.approvals))
            self.need("R16", bound.policy_version == policy.version, bound.twin_version == snap.twin_version != "")

    def times(self) -> None:
        t, ctx, now, bound = self.y.times, self.ctx, self.ctx.now, self.ctx.bound
        self.need("R13", -t.skew_ms <= self.now - ms(self.plan.created_utc) <= t.plan_s * 1000)
        names, gone = {"evaluate": [], "arm": ["evaluated"], "operate": ["evaluated", "armed"]}[ctx.phase], D()
        for name in names:
            since = ctx[name] or D(utc_ms=0, boot_ms=0, boot_id="")
            a, c = gone[name] = [now[k] - since[k] for k in ("utc_ms", "boot_ms")]
            self.need("R13", since.boot_id == now.boot_id, min(a, c) >= 0, abs(a - c) <= t.disagreement_ms)
        if ctx.phase == "operate":
            self.need("R13", max(gone.armed) <= t.arm_ms, bound.not_before_ms <= self.now < bound.expires_ms)
            self.need("R13", gone.armed[1] <= t.permit_s * 1000 >= bound.expires_ms - bound.not_before_ms)

    def may(self, person: J, role: str, risk: str) -> bool:
        rights = [a for a in person.authorities if a.role == role and risk in a.classes and self.place in a.bindings]
        return person.kind == "person" and any(self.now < ms(a.valid_until_utc) for a in rights)

    def persons(self) -> None:
        policy, plan, ctx, p = self.y, self.plan, self.ctx, self.p
        self.known = {x.person_id: x for x in policy.persons}
        agent = {x.agent_id: x for x in policy.agents}.get(plan.proposer.agent_id)
        behalf = plan.proposer.on_behalf_of_person
        self.need("R17", agent is not None and self.place in agent.proposes and ctx.caller_uid == agent.uid)
        asked = self.known.get(behalf, D(kind="", proposes=[]))
        alone = behalf is None and agent is not None and agent.unattended
        self.need("R17", alone or (asked.kind == "person" and self.place in asked.proposes))
        dirty = any(not s or not set(s) <= set(policy.trusted_sources) for s in plan.taint.values())
        risk = max(plan["class"], "LMHH"["LMH".index(p.risk) + dirty], key="LMH".index)
        q = policy.quorum[{"L": "low", "M": "medium", "H": "high"}[risk]]
        self.need("R18", plan["class"] == risk, 2 - (risk == "L") <= q.n <= q.m, q.supervisors >= (risk == "H"))
        able, revoked, said = {}, set(ctx.revoked_keys), [a.statement for a in self.given]
        for who, x in self.known.items():
            roles = {a.role for a in x.authorities if self.may(x, a.role, risk)}
            keys = [k for k in x["keys"] if not k.revoked and f"{who}/{k['key_id']}" not in revoked]
            able |= {who: policy.supervisor_role in roles} if roles and keys and who != behalf else {}
        if ctx.phase != "evaluate":
            able = {s.person_id: False for s in said if s.decision == "approve"}
            able |= {s.person_id: True for s in said if s.person_id in able and s.role == policy.supervisor_role}
            self.need("R17", len({s.person_id for s in said}) == len(said))
        self.need("R18", len(able) >= q.n + q.supervisors, sum(able.values()) >= q.supervisors)

    def signers(self) -> None:
        ctx, plan, t, revoked = self.ctx, self.plan, self.y.times, set(self.ctx.revoked_keys)
        for a, code in zip(self.given, ctx.approvals, strict=True) if ctx.phase != "evaluate" else ():
            s, who = a.statement, a.statement.person_id
            x = self.known.get(who, D(keys=[], authorities=[], kind=""))
            keys = [k for k in x["keys"] if k.key_id == s.key_id]
            self.need("R13", s.at_ms - t.skew_ms <= self.now < s.expires_ms, s.at_ms < s.expires_ms)
            self.need("R13", s.expires_ms <= s.at_ms + t.approval_s * 1000)
            self.need("R15", len(keys) == 1 and signed(keys[0].public_key, "approval", s, a.signature))
            self.need("R15", s.plan_digest == self.digest, s.permit_id == ctx.permit_id)
            self.need("R17", self.may(x, s.role, plan["class"]), s.authority_scope == self.place)
            self.need("R17", who not in plan.proposer.values(), code not in ctx.withdrawn, s.decision == "approve")
            self.need("R17", f"{who}/{s['key_id']}" not in revoked, not any(k.revoked for k in keys))

    def locks(self) -> None:
        ctx, bound, locks, permit = self.ctx, self.ctx.bound, self.ctx.locks or [], self.ctx.permit_id
        wanted = {f"binding:{self.place}", *(f"group:{g['id']}" for g in self.groups)}
        self.need("R19", ctx.locks is not None)
        self.need("R19", not [x for x in locks if x.resource in wanted and (x.permit_id != permit or x.quarantined)])
        if ctx.phase == "operate":
            self.need("R19", wanted <= {x.resource for x in locks if x.permit_id == permit and x.fence == bound.fence})
            beat = ctx.heartbeat or D(permit_id="", counter=0, at=D(boot_ms=0, boot_id=""))
            self.need("R21", beat.permit_id == permit, beat.counter >= 1, beat.at.boot_id == ctx.now.boot_id)
            self.need("R21", 0 <= ctx.now.boot_ms - beat.at.boot_ms <= self.y.heartbeat.timeout_ms)

    def load(self) -> None:
        load, most = self.ctx.load, self.y.load
        names = {"concurrent": "concurrent", "per_shift": "per_shift"}
        if self.ctx.phase == "evaluate":
            names |= {"pending": "pending", "per_minute": "per_minute", "denials": "probes"}
        self.need("R20", load is not None and all(load[x] < most[y] for x, y in names.items()))
        for g in self.groups if load is not None else []:
            xs = [self.value if m.binding_id == self.place else self.micro(m.input) for m in g.members]
            known, r, t = [x for x in xs if x is not None], g.running, g.total
            self.need("R20", len(known) == len(xs), not r or len([x for x in known if x > r.above]) >= r.least)
            self.need("R20", not t or t.lo <= sum(known) <= t.hi)

    def plan_parts(self) -> None:
        hold, may, h, v, w = (self.plan.hold, self.p.hold, self.y.heartbeat, self.plan.verify, self.p.verify)
        timed = hold.mode == "timed" and 1 <= hold.seconds <= may.max_s
        endless = hold.mode == "until_superseded" and hold.seconds == 0 and may.until_superseded
        self.need("R21", timed or endless, h.timeout_ms >= 2 * h.period_ms)
        self.need("R22", v is not None and all(v[k] == w[k] for k in ("echo_point", "effect_point")))
        if v:
            self.need("R22", v.echo_tol_micro <= w.echo_tol, v.within_s <= w.within_s)
            self.need("R22", w.effect_lo <= v.effect_lo_micro <= v.effect_hi_micro <= w.effect_hi)
        r, back, before = self.plan.rollback, self.p.rollback, self.pre.get("expected_micro")
        ways = [("relinquish", None, True), ("restore", before, self.inside(before))]
        ways += [("safe_value", back.safe_value, back.safe_value is not None)]
        best = [(kind, value) for kind, value, there in ways if there and kind in back.kinds][:1]
        self.need("R23", r is not None and [(r.kind, r.value_micro)] == best)
        self.need("R23", not best or best[0][0] == "relinquish" or self.inside(best[0][1]))
        self.need("R24", self.ctx.kill == "clear")
        self.need("R25", self.ctx.audit_writable)
