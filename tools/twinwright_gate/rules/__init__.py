"""The rules, R01 to R25: each a pure function from a request to checks that all have to hold."""

from __future__ import annotations

from ..checks import Rule
from .binding import r14_single_use, r15_binding, r16_versions
from .conduct import r19_locks, r20_blast_radius, r21_heartbeat, r22_verify, r23_rollback, r24_kill, r25_audit
from .moment import r12_window, r13_freshness
from .persons import r17_people, r18_quorum
from .plant import r08_permissives, r09_data_quality, r10_tier_and_mode, r11_work_control
from .target import r01_allowlist, r02_strict_input, r03_unit, r04_never_list
from .value import r05_absolute_limits, r06_wire, r07_dynamics

RULES: tuple[Rule, ...] = (
    Rule("R01", "allowlist", r01_allowlist),
    Rule("R02", "strict input", r02_strict_input),
    Rule("R03", "unit", r03_unit),
    Rule("R04", "never-list", r04_never_list),
    Rule("R05", "absolute limits", r05_absolute_limits),
    Rule("R06", "wire", r06_wire),
    Rule("R07", "dynamics", r07_dynamics),
    Rule("R08", "permissives and interlocks", r08_permissives),
    Rule("R09", "data quality", r09_data_quality),
    Rule("R10", "tier and mode", r10_tier_and_mode),
    Rule("R11", "work control", r11_work_control),
    Rule("R12", "window", r12_window),
    Rule("R13", "freshness", r13_freshness),
    Rule("R14", "single use", r14_single_use),
    Rule("R15", "binding", r15_binding),
    Rule("R16", "versions", r16_versions),
    Rule("R17", "people", r17_people),
    Rule("R18", "quorum", r18_quorum),
    Rule("R19", "locks", r19_locks),
    Rule("R20", "blast radius", r20_blast_radius),
    Rule("R21", "heartbeat", r21_heartbeat),
    Rule("R22", "verify", r22_verify),
    Rule("R23", "rollback", r23_rollback),
    Rule("R24", "kill", r24_kill),
    Rule("R25", "audit", r25_audit),
)
