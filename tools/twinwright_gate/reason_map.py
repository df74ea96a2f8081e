"""What other control protocols call the same refusals, so that people who know those find their way.

The status words are DNP3's CommandStatus (IEEE 1815) and the AddCause of IEC 61850-7-2, as opendnp3 and libiec61850
name them. `document` is what ``reasons.json`` holds; ``python -m twinwright_gate.reason_map`` prints it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .reasons import Reason

# By rule; then by reason, where a reason differs from its rule.
_RULES: dict[str, tuple[str, str]] = {
    "R01": ("NOT_SUPPORTED", "not-supported"),
    "R02": ("FORMAT_ERROR", "inconsistent-parameters"),
    "R03": ("FORMAT_ERROR", "inconsistent-parameters"),
    "R04": ("NOT_AUTHORIZED", "no-access-authority"),
    "R05": ("OUT_OF_RANGE", "invalid-position"),
    "R06": ("FORMAT_ERROR", "inconsistent-parameters"),
    "R07": ("PROCESSING_LIMITED", "step-limit"),
    "R08": ("BLOCKED", "blocked-by-interlocking"),
    "R09": ("HARDWARE_ERROR", "blocked-by-health"),
    "R10": ("AUTOMATION_INHIBIT", "blocked-by-mode"),
    "R11": ("BLOCKED", "blocked-by-process"),
    "R12": ("AUTOMATION_INHIBIT", "blocked-by-mode"),
    "R13": ("TIMEOUT", "time-limit-over"),
    "R14": ("ALREADY_COMPLETE", "object-not-selected"),
    "R15": ("NO_SELECT", "inconsistent-parameters"),
    "R16": ("NO_SELECT", "parameter-change-in-execution"),
    "R17": ("NOT_AUTHORIZED", "no-access-authority"),
    "R18": ("NOT_AUTHORIZED", "no-access-authority"),
    "R19": ("BLOCKED_OTHER_MASTER", "locked-by-other-client"),
    "R20": ("TOO_MANY_OPS", "1-of-n-control"),
    "R21": ("TIMEOUT", "abortion-by-communication-loss"),
    "R22": ("NOT_SUPPORTED", "inconsistent-parameters"),
    "R23": ("NOT_SUPPORTED", "inconsistent-parameters"),
    "R24": ("AUTOMATION_INHIBIT", "abortion-by-trip"),
    "R25": ("HARDWARE_ERROR", "blocked-by-health"),
}
_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.ENCODE_OVERFLOW: ("OUT_OF_RANGE", "invalid-position"),
    Reason.ENCODED_OUT_OF_RANGE: ("OUT_OF_RANGE", "invalid-position"),
    Reason.LOCAL: ("LOCAL", "blocked-by-switching-hierarchy"),
    Reason.MANUAL: ("LOCAL", "blocked-by-switching-hierarchy"),
    Reason.PRIORITY: ("BLOCKED_OTHER_MASTER", "blocked-by-command"),
    Reason.NOT_ARMED: ("NO_SELECT", "object-not-selected"),
    Reason.TARGET_LOCKED: ("ALREADY_ACTIVE", "object-already-selected"),
    Reason.WITHDRAWN: ("CANCELLED", "abortion-by-cancel"),
    Reason.REJECTED: ("CANCELLED", "abortion-by-cancel"),
    Reason.GROUP_RUNNING: ("BLOCKED", "blocked-by-process"),
    Reason.GROUP_TOTAL: ("BLOCKED", "blocked-by-process"),
}


def causes(reason: Reason) -> tuple[str, str]:
    """The nearest words of DNP3 (CommandStatus) and of IEC 61850 (AddCause)."""
    return _REASONS.get(reason, _RULES[reason.rule])


def document() -> dict[str, Any]:
    """Every reason: rule, sentence, and the other protocols' words."""
    return {
        reason.value: dict(
            zip(("rule", "sentence", "dnp3", "iec61850"), (reason.rule, reason.sentence, *causes(reason)), strict=True)
        )
        for reason in Reason
    }


def main() -> int:
    """Prints the reasons as JSON."""
    json.dump(document(), sys.stdout, indent=2, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
