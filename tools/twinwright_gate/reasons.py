"""Why a proposal is denied: a stable code and a sentence for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Reason codes; the part before the dot is the rule's id."""

    ID_GRAMMAR = "R01.ID_GRAMMAR"
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
    ACTUATION_OFF = "R10.ACTUATION_OFF"
    RATE_LIMIT = "R20.RATE_LIMIT"
    AUDIT_UNAVAILABLE = "R25.AUDIT_UNAVAILABLE"

    @property
    def rule(self) -> str:
        """The id of the rule that denies, such as ``R02``."""
        return self.value.partition(".")[0]

    @property
    def sentence(self) -> str:
        """The reason in one sentence."""
        return SENTENCES[self]


SENTENCES: dict[Reason, str] = {
    Reason.ID_GRAMMAR: "An id is not 1 to 64 ASCII characters of letters, digits, '.', '_' and '-'"
    " that begin with a letter or digit.",
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
    Reason.ACTUATION_OFF: "Actuation is off: this gate records proposals and allows none of them.",
    Reason.RATE_LIMIT: "Too many proposals in too short a time.",
    Reason.AUDIT_UNAVAILABLE: "The audit log can't be written, and without a record nothing is decided but a denial.",
}


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason and the place in the proposal that it is about (such as ``set.value``), or None for the whole."""

    reason: Reason
    place: str | None = None
