"""Why something is denied: a stable code and a sentence for each, and the field's own words for the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RULE_IDS = tuple(f"R{number:02}" for number in range(1, 26))
FAULTS = {
    "ERROR": "The rule failed, and a rule that fails denies.",
    "TIMEOUT": "The rule took longer than 50 ms, and a rule that is late denies.",
    "NO_RESULT": "The rule gave no result, and no result denies.",
    "NO_INPUT": "The rule lacks something that it has to read, and what is missing denies.",
}


class Reason(StrEnum):
    """Reason codes; the part before the dot is the rule's id."""

    _ignore_ = ["rule_id", "fault"]  # noqa: RUF012  (the enum's own way of leaving names out)

    ID_GRAMMAR = "R01.ID_GRAMMAR"
    NOT_ALLOWLISTED = "R01.NOT_ALLOWLISTED"
    NOT_WRITABLE = "R01.NOT_WRITABLE"
    AMBIGUOUS = "R01.AMBIGUOUS"
    TOO_LARGE = "R02.TOO_LARGE"
    ENCODING = "R02.ENCODING"
    JSON = "R02.JSON"
    DUPLICATE_KEY = "R02.DUPLICATE_KEY"
    DEPTH = "R02.DEPTH"
    NON_FINITE = "R02.NON_FINITE"
    FLOAT = "R02.FLOAT"
    NUMBER = "R02.NUMBER"
    TYPE = "R02.TYPE"
    EXTRA_FIELD = "R02.EXTRA_FIELD"
    MISSING_FIELD = "R02.MISSING_FIELD"
    RELATIVE_COMMAND = "R02.RELATIVE_COMMAND"
    TEXT = "R02.TEXT"
    TIME = "R02.TIME"
    SCHEMA = "R02.SCHEMA"
    PLAN = "R02.PLAN"
    UNIT = "R03.UNIT"
    NEVER_TAG = "R04.NEVER_TAG"
    NEVER_NETWORK = "R04.NEVER_NETWORK"
    NEVER_TWIN = "R04.NEVER_TWIN"
    NO_LIMIT = "R05.NO_LIMIT"
    EMPTY_ENVELOPE = "R05.EMPTY_ENVELOPE"
    ABOVE = "R05.ABOVE"
    BELOW = "R05.BELOW"
    NO_MODE = "R05.NO_MODE"
    ENCODE_OVERFLOW = "R06.ENCODE_OVERFLOW"
    ENCODE_ROUNDTRIP = "R06.ENCODE_ROUNDTRIP"
    ENCODED_OUT_OF_RANGE = "R06.ENCODED_OUT_OF_RANGE"
    WIRE = "R06.WIRE"
    NO_BASELINE = "R07.NO_BASELINE"
    STEP = "R07.STEP"
    RATE = "R07.RATE"
    TRAVEL = "R07.TRAVEL"
    COOLDOWN = "R07.COOLDOWN"
    STARTS = "R07.STARTS"
    HISTORY_UNKNOWN = "R07.HISTORY_UNKNOWN"
    RULE_MISSING = "R08.RULE_MISSING"
    INCOMPLETE = "R08.INCOMPLETE"
    DISAGREEMENT = "R08.DISAGREEMENT"
    PERMISSIVE = "R08.PERMISSIVE"
    SNAPSHOT_SIGNATURE = "R09.SIGNATURE"
    SNAPSHOT_FOREIGN = "R09.FOREIGN"
    VALUE_MISSING = "R09.MISSING"
    PROVENANCE = "R09.PROVENANCE"
    STATUS = "R09.STATUS"
    NE107 = "R09.NE107"
    NE43 = "R09.NE43"
    STALE = "R09.STALE"
    FUTURE = "R09.FUTURE"
    FROZEN = "R09.FROZEN"
    SPAN = "R09.SPAN"
    NOT_A_NUMBER = "R09.NOT_A_NUMBER"
    ACTUATION_OFF = "R10.ACTUATION_OFF"
    TIER = "R10.TIER"
    LOCAL = "R10.LOCAL"
    MANUAL = "R10.MANUAL"
    PRIORITY = "R10.PRIORITY"
    REAL_DEVICE = "R10.REAL_DEVICE"
    DIRECT_WRITE = "R10.DIRECT_WRITE"
    POLICY_EXPIRED = "R10.POLICY_EXPIRED"
    LOCKED_OUT = "R11.LOCKED_OUT"
    WORK_PERMIT = "R11.WORK_PERMIT"
    BYPASS = "R11.BYPASS"
    FORCE = "R11.FORCE"
    ALARM = "R11.ALARM"
    FLOOD = "R11.FLOOD"
    WORK_UNKNOWN = "R11.UNKNOWN"
    OUTSIDE_WINDOW = "R12.OUTSIDE_WINDOW"
    BLACKOUT = "R12.BLACKOUT"
    PLAN_AGE = "R13.PLAN_AGE"
    REBOOTED = "R13.REBOOTED"
    CLOCK = "R13.CLOCK"
    APPROVAL_EXPIRED = "R13.APPROVAL_EXPIRED"
    PERMIT_EXPIRED = "R13.PERMIT_EXPIRED"
    ARM_EXPIRED = "R13.ARM_EXPIRED"
    NOT_ARMED = "R13.NOT_ARMED"
    CONSUMED = "R14.CONSUMED"
    FENCE = "R14.FENCE"
    NO_PERMIT = "R14.NO_PERMIT"
    BINDING = "R15.BINDING"
    BOUND_PLAN = "R15.PLAN"
    BOUND_EVALUATION = "R15.EVALUATION"
    BOUND_APPROVALS = "R15.APPROVALS"
    BOUND_PERMIT = "R15.PERMIT"
    TOKEN = "R15.TOKEN"
    SITE = "R15.SITE"
    BOUND_WIRE = "R15.WIRE"
    DTMI = "R15.DTMI"
    APPROVAL_SIGNATURE = "R15.SIGNATURE"
    OTHER_PLAN = "R15.OTHER_PLAN"
    NO_VERSION = "R16.NO_VERSION"
    TWIN_VERSION = "R16.TWIN_VERSION"
    DEVICE_SEQ = "R16.DEVICE_SEQ"
    PRE_VALUE = "R16.PRE_VALUE"
    POLICY_CHANGED = "R16.POLICY_CHANGED"
    POLICY_OLDER = "R16.POLICY_OLDER"
    NOT_YOURS = "R17.NOT_YOURS"
    RIGHTS = "R17.RIGHTS"
    CALLER = "R17.CALLER"
    UNATTENDED = "R17.UNATTENDED"
    UNKNOWN_PERSON = "R17.UNKNOWN_PERSON"
    NOT_A_PERSON = "R17.NOT_A_PERSON"
    SELF_APPROVAL = "R17.SELF_APPROVAL"
    SAME_PERSON = "R17.SAME_PERSON"
    AUTHORITY = "R17.AUTHORITY"
    REVOKED = "R17.REVOKED"
    WITHDRAWN = "R17.WITHDRAWN"
    REJECTED = "R17.REJECTED"
    MATRIX = "R18.MATRIX"
    RISK_CLASS = "R18.CLASS"
    QUORUM = "R18.QUORUM"
    SUPERVISOR = "R18.SUPERVISOR"
    UNREACHABLE = "R18.UNREACHABLE"
    LOCKS_UNKNOWN = "R19.LOCKS_UNKNOWN"
    TARGET_LOCKED = "R19.TARGET_LOCKED"
    GROUP_LOCKED = "R19.GROUP_LOCKED"
    OTHER_EXECUTOR = "R19.OTHER_EXECUTOR"
    QUARANTINED = "R19.QUARANTINED"
    NOT_LOCKED = "R19.NOT_LOCKED"
    RATE_LIMIT = "R20.RATE_LIMIT"
    PENDING = "R20.PENDING"
    CONCURRENT = "R20.CONCURRENT"
    SHIFT = "R20.SHIFT"
    PROBING = "R20.PROBING"
    LOAD_UNKNOWN = "R20.LOAD_UNKNOWN"
    GROUP_UNKNOWN = "R20.GROUP_UNKNOWN"
    GROUP_RUNNING = "R20.GROUP_RUNNING"
    GROUP_TOTAL = "R20.GROUP_TOTAL"
    HEARTBEAT_SETTING = "R21.HEARTBEAT_SETTING"
    HOLD = "R21.HOLD"
    NO_HEARTBEAT = "R21.NO_HEARTBEAT"
    HEARTBEAT_LOST = "R21.HEARTBEAT_LOST"
    NO_VERIFICATION = "R22.NO_VERIFICATION"
    VERIFICATION = "R22.VERIFICATION"
    STATUS_UNKNOWN = "R22.STATUS_UNKNOWN"
    NO_ECHO = "R22.NO_ECHO"
    NO_EFFECT = "R22.NO_EFFECT"
    NOT_OURS = "R22.NOT_OURS"
    NO_ROLLBACK = "R23.NO_ROLLBACK"
    ROLLBACK_KIND = "R23.ROLLBACK_KIND"
    ROLLBACK_VALUE = "R23.ROLLBACK_VALUE"
    ROLLBACK_OUT_OF_RANGE = "R23.ROLLBACK_OUT_OF_RANGE"
    REVERT_FAILED = "R23.REVERT_FAILED"
    MOVED_BY_HAND = "R23.MOVED_BY_HAND"
    HOLD_OVER = "R23.HOLD_OVER"
    KILL_LATCHED = "R24.KILL_LATCHED"
    KILL_UNREADABLE = "R24.KILL_UNREADABLE"
    AUDIT_UNAVAILABLE = "R25.AUDIT_UNAVAILABLE"
    for rule_id in RULE_IDS:
        for fault in FAULTS:
            vars()[f"{rule_id}_{fault}"] = f"{rule_id}.{fault}"

    @property
    def rule(self) -> str:
        """The id of the rule that denies, such as ``R02``."""
        return self.value.partition(".")[0]

    @property
    def sentence(self) -> str:
        """The reason in one sentence, without figures."""
        return SENTENCES[self]


# What no rule gives: the acting half finds it while a permit is on its way, or after the write.
ACTING = frozenset(
    {
        Reason.TOKEN,
        Reason.NOT_YOURS,
        Reason.OTHER_EXECUTOR,
        Reason.HEARTBEAT_LOST,
        Reason.STATUS_UNKNOWN,
        Reason.NO_ECHO,
        Reason.NO_EFFECT,
        Reason.NOT_OURS,
        Reason.REVERT_FAILED,
        Reason.MOVED_BY_HAND,
        Reason.HOLD_OVER,
    }
)


def fault_of(rule_id: str, fault: str) -> Reason:
    """The code for a rule that could not judge; `fault` is one of `FAULTS`."""
    return Reason(f"{rule_id}.{fault}")


SENTENCES: dict[Reason, str] = {
    Reason.ID_GRAMMAR: "An id is not 1 to 64 ASCII characters of letters, digits, '.', '_' and '-'"
    " that begin with a letter or digit.",
    Reason.NOT_ALLOWLISTED: "The target is not one that the policy names, letter by letter.",
    Reason.NOT_WRITABLE: "The target is not writable, by the twin's model and by the policy both.",
    Reason.AMBIGUOUS: "The policy binds two things to one target or one place, so that it is not clear what"
    " would be written.",
    Reason.TOO_LARGE: "The proposal is larger than 16 KiB.",
    Reason.ENCODING: "The proposal is not UTF-8 text without a byte order mark.",
    Reason.JSON: "The proposal is not one JSON object.",
    Reason.DUPLICATE_KEY: "A key stands twice in one object.",
    Reason.DEPTH: "The proposal nests deeper than 8 levels.",
    Reason.NON_FINITE: "NaN and Infinity are no numbers that a plant can be given.",
    Reason.FLOAT: "Numbers with a fraction or an exponent have to be decimal strings, not JSON numbers.",
    Reason.NUMBER: "A number is not a plain decimal string: at most 9 digits before and 6 after the point,"
    " no sign but '-', no exponent, no spaces.",
    Reason.TYPE: "A field is of the wrong type.",
    Reason.EXTRA_FIELD: "The proposal has a field that no proposal has.",
    Reason.MISSING_FIELD: "A field is missing.",
    Reason.RELATIVE_COMMAND: "Only absolute values can be proposed: no increments, toggles or steps.",
    Reason.TEXT: "A text is too long, or holds control or invisible characters.",
    Reason.TIME: "A time is not of the form 2026-01-05T08:00:00Z.",
    Reason.SCHEMA: "A field's value is not one that a proposal may have.",
    Reason.PLAN: "This is no plan: a field is missing, unknown, of the wrong type or out of bounds.",
    Reason.UNIT: "The unit is not the point's own; the gate converts nothing.",
    Reason.NEVER_TAG: "Safety equipment can never be a target: the point is tagged as such.",
    Reason.NEVER_NETWORK: "Safety equipment can never be a target: the point is in a safety network.",
    Reason.NEVER_TWIN: "The twin is on the list of those that can never be a target.",
    Reason.NO_LIMIT: "A layer of limits has no lower or no upper limit.",
    Reason.EMPTY_ENVELOPE: "The limits leave no value at all.",
    Reason.ABOVE: "The value is above a limit.",
    Reason.BELOW: "The value is below a limit.",
    Reason.NO_MODE: "The operating mode is not one for which there are limits.",
    Reason.ENCODE_OVERFLOW: "The value doesn't fit into the device's number format.",
    Reason.ENCODE_ROUNDTRIP: "The bytes, read back, are not the value that was asked for.",
    Reason.ENCODED_OUT_OF_RANGE: "The bytes, read back, are a value outside of the limits.",
    Reason.WIRE: "The bytes in the plan are not those that the value is written as.",
    Reason.NO_BASELINE: "There is no measured value to change from.",
    Reason.STEP: "The step from the measured value is too large.",
    Reason.RATE: "Too much change within one minute.",
    Reason.TRAVEL: "The budget of changes within the window is used up.",
    Reason.COOLDOWN: "The last write was too short a time ago.",
    Reason.STARTS: "The machine was started too often within the last hour.",
    Reason.HISTORY_UNKNOWN: "What was written before is not known for certain, which counts as just written.",
    Reason.RULE_MISSING: "The policy doesn't require every rule, so that no result is complete.",
    Reason.INCOMPLETE: "A permissive, or an input that it reads, is missing.",
    Reason.DISAGREEMENT: "Redundant inputs of a permissive disagree.",
    Reason.PERMISSIVE: "A permissive is not fulfilled.",
    Reason.SNAPSHOT_SIGNATURE: "The snapshot is not signed by the executor that the policy names for the point.",
    Reason.SNAPSHOT_FOREIGN: "The snapshot is of another site, executor or point.",
    Reason.VALUE_MISSING: "A value that the rules read is missing, or there twice.",
    Reason.PROVENANCE: "A value that the rules read doesn't come from the device itself.",
    Reason.STATUS: "A value's status is not plain Good.",
    Reason.NE107: "A device reports failure, function check or out of specification (NE 107).",
    Reason.NE43: "A loop's current is not one that means a measured value (NE 43).",
    Reason.STALE: "A value, or the snapshot, is too old.",
    Reason.FUTURE: "A value, or the snapshot, is from the future.",
    Reason.FROZEN: "A signal that should move stands still.",
    Reason.SPAN: "The values were not read at the same time.",
    Reason.NOT_A_NUMBER: "A value that has to be a number is none.",
    Reason.ACTUATION_OFF: "Actuation is off: this gate records proposals and allows none of them.",
    Reason.TIER: "Only a digital twin may be acted on; the policy says that this is a digital model or shadow.",
    Reason.LOCAL: "The device is switched to local.",
    Reason.MANUAL: "The device is in manual.",
    Reason.PRIORITY: "A higher priority holds the point.",
    Reason.REAL_DEVICE: "In single-user mode only a simulated device may be acted on.",
    Reason.DIRECT_WRITE: "The device has no command mailbox and is no simulator.",
    Reason.POLICY_EXPIRED: "The policy is not in force at this time.",
    Reason.LOCKED_OUT: "The asset is locked out.",
    Reason.WORK_PERMIT: "A permit to work is open on the asset.",
    Reason.BYPASS: "An interlock is bypassed.",
    Reason.FORCE: "An input or output is forced.",
    Reason.ALARM: "The asset is in alarm, or its alarms are shelved.",
    Reason.FLOOD: "There are so many alarms that nothing is moved.",
    Reason.WORK_UNKNOWN: "It can't be told whether somebody works at the asset, or what is in alarm.",
    Reason.OUTSIDE_WINDOW: "It is not a time at which this may be done.",
    Reason.BLACKOUT: "Nothing is moved at this time, such as a shift's handover.",
    Reason.PLAN_AGE: "The plan is too old, or from the future.",
    Reason.REBOOTED: "The machine was restarted meanwhile.",
    Reason.CLOCK: "The clocks went back, or disagree.",
    Reason.APPROVAL_EXPIRED: "An approval has expired, or does not hold yet.",
    Reason.PERMIT_EXPIRED: "The permit has expired, or does not hold yet.",
    Reason.ARM_EXPIRED: "The time between select and operate is over.",
    Reason.NOT_ARMED: "The permit was never armed.",
    Reason.CONSUMED: "The permit was used already.",
    Reason.FENCE: "The executor has written with this or a later fence already.",
    Reason.NO_PERMIT: "There is no permit.",
    Reason.BINDING: "The binding is not the one that the plan names.",
    Reason.BOUND_PLAN: "The permit is for another plan.",
    Reason.BOUND_EVALUATION: "The permit is for another evaluation.",
    Reason.BOUND_APPROVALS: "The permit names other approvals.",
    Reason.BOUND_PERMIT: "The permit is another one, or for another executor.",
    Reason.SITE: "The plan is for another site than the policy.",
    Reason.BOUND_WIRE: "The permit is for other bytes.",
    Reason.DTMI: "The target's model is not the one that the policy names.",
    Reason.NO_VERSION: "The plan names no version of the twin, no device sequence or no expected value.",
    Reason.TWIN_VERSION: "The twin has changed since the plan was made.",
    Reason.DEVICE_SEQ: "The device has taken a command since the plan was made.",
    Reason.PRE_VALUE: "The measured value is not the one that the plan expects.",
    Reason.POLICY_CHANGED: "The policy has changed since.",
    Reason.POLICY_OLDER: "The policy is older than one that was in force here.",
    Reason.RIGHTS: "Who proposes has no right to: it takes the agent's and the person's.",
    Reason.CALLER: "The proposal doesn't come from the user that the agent runs as.",
    Reason.UNATTENDED: "This agent may not propose without a person.",
    Reason.UNKNOWN_PERSON: "An approval names a person or key that the policy doesn't know.",
    Reason.NOT_A_PERSON: "An approval is by a shared account: keys belong to people.",
    Reason.APPROVAL_SIGNATURE: "An approval's signature doesn't verify, or was made for something else.",
    Reason.OTHER_PLAN: "An approval is for another plan, permit or policy.",
    Reason.SELF_APPROVAL: "Who proposes, or has it proposed, can't approve it.",
    Reason.SAME_PERSON: "Two approvals are by the same person.",
    Reason.AUTHORITY: "Who approved has no authority for this, or no longer.",
    Reason.REVOKED: "A key that approved is revoked.",
    Reason.WITHDRAWN: "An approval was withdrawn.",
    Reason.REJECTED: "Somebody rejected it.",
    Reason.MATRIX: "The policy's quorum makes no sense: it has to be at least one, and no more than there are people.",
    Reason.RISK_CLASS: "The plan's class is lower than the point and the plan's sources ask for.",
    Reason.QUORUM: "Too few people have approved.",
    Reason.SUPERVISOR: "No supervisor has approved.",
    Reason.UNREACHABLE: "There are not enough people who could approve.",
    Reason.LOCKS_UNKNOWN: "It is not known which targets are locked.",
    Reason.TARGET_LOCKED: "Another permit holds the target.",
    Reason.GROUP_LOCKED: "Another permit holds the target's group.",
    Reason.QUARANTINED: "The target is in quarantine until a person frees it.",
    Reason.NOT_LOCKED: "The permit holds no lock on the target and its groups.",
    Reason.RATE_LIMIT: "Too many proposals in too short a time.",
    Reason.PENDING: "Too many proposals wait for people.",
    Reason.CONCURRENT: "Too many permits are armed at once.",
    Reason.SHIFT: "Too many writes in one shift.",
    Reason.PROBING: "Too many denials in a short time: the agent is not heard for a while.",
    Reason.LOAD_UNKNOWN: "It is not known how much is going on.",
    Reason.GROUP_UNKNOWN: "The state of the target's group is not known.",
    Reason.GROUP_RUNNING: "Too few machines of the group would be left running.",
    Reason.GROUP_TOTAL: "The group's total would leave its limits.",
    Reason.HEARTBEAT_SETTING: "The device would not notice in time that nobody decides any more.",
    Reason.HOLD: "The value may not be held like that, or for so long.",
    Reason.NO_HEARTBEAT: "The decision loop's heartbeat is missing, late, or of another permit.",
    Reason.HEARTBEAT_LOST: "The decision loop's heartbeat stayed away while a value was held.",
    Reason.STATUS_UNKNOWN: "It is not known whether the write arrived.",
    Reason.NO_ECHO: "The device doesn't show the value that was written, freshly and with the right number.",
    Reason.NO_EFFECT: "The effect that was to be seen was not seen in time.",
    Reason.NOT_OURS: "The device shows something that is neither the value written nor the one before.",
    Reason.REVERT_FAILED: "Authority could not be given back; the asset is in quarantine until a person frees it.",
    Reason.MOVED_BY_HAND: "Somebody set the value by hand; it is left as it is, and a person has to take over.",
    Reason.HOLD_OVER: "The time is over for which the value was to be held.",
    Reason.TOKEN: "Operate doesn't bring back what select handed out, equal in every field.",
    Reason.OTHER_EXECUTOR: "Another executor holds this permit, or the policy names another for this point.",
    Reason.NOT_YOURS: "Only who proposed it can withdraw it.",
    Reason.NO_VERIFICATION: "The plan doesn't say what would show that it worked.",
    Reason.VERIFICATION: "What would show that it worked is not what the policy asks for.",
    Reason.NO_ROLLBACK: "The plan names no way back.",
    Reason.ROLLBACK_KIND: "The way back is not the first one that the point has.",
    Reason.ROLLBACK_VALUE: "The way back has no value, or another than the one it has to have.",
    Reason.ROLLBACK_OUT_OF_RANGE: "The way back leads to a value outside of the limits.",
    Reason.KILL_LATCHED: "The kill switch is latched; a person has to reset it.",
    Reason.KILL_UNREADABLE: "The kill switch can't be read, which counts as latched.",
    Reason.AUDIT_UNAVAILABLE: "The audit log can't be written, and without a record nothing is decided but a denial.",
} | {fault_of(rule_id, fault): words for rule_id in RULE_IDS for fault, words in FAULTS.items()}


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason and the place in the proposal that it is about (such as ``set.value``), or None for the whole."""

    reason: Reason
    place: str | None = None
