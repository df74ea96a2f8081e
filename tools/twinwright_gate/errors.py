"""The gate's own small error hierarchy; it installs without the rest of Twinwright.

::

    GateError                 what went wrong at the gate, and what to do
    ├── GateUnavailable       nobody answers on the socket (also a ConnectionError)
    ├── GateRefused           the gate says no; carries its `reasons`
    ├── GateProtocolError     something answers, but not as a gate does
    ├── UnsafePathError       a socket or log that others could replace
    ├── AuditError            the log can't be written, or doesn't verify; carries `line`
    ├── StoreError            the gate's store can't be read or written
    │   └── Conflict          somebody else was first (in `store.store`)
    ├── DeviceError           a device can't be reached, or answers what it must not (in `executor.device`)
    ├── KeyFileError          a private key that can't be read or written, or that others can read
    └── PolicyError           a policy that is refused; carries every `fault` that was found
"""

from __future__ import annotations


class GateError(Exception):
    """What went wrong at the gate.

    Attributes:
        code: a stable dotted word for programs.
    """

    code = "gate"


class GateUnavailable(GateError, ConnectionError):  # noqa: N818  (the name is a contract with the tools)
    """Nobody answers on the socket: nothing was proposed, and nothing was allowed."""

    code = "gate.unavailable"


class GateRefused(GateError):  # noqa: N818  (an answer rather than a fault)
    """The gate says no.

    Attributes:
        reasons: its reason codes, the reported one first; state: where the permit stands then, if there is one.
    """

    code = "gate.refused"

    def __init__(self, message: str, reasons: list[str], state: str | None = None) -> None:
        super().__init__(message)
        self.reasons = reasons
        self.state = state


class GateProtocolError(GateError):
    """The answer is not one that a gate gives."""

    code = "gate.protocol"


class UnsafePathError(GateError):
    """A socket or log stands where somebody else could replace it."""

    code = "gate.unsafe_path"


class StoreError(GateError):
    """The gate's store can't be read or written: nothing new is decided."""

    code = "gate.store"


class AuditError(GateError):
    """The audit log can't be written, or does not verify.

    Attributes:
        line: the first bad line, counted from 1, or None where no line is at fault.
    """

    code = "gate.audit"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class KeyFileError(GateError):
    """A file holds no private key that can be used, or none can be written there."""

    code = "gate.key"


class PolicyError(GateError):
    """A policy is refused.

    Attributes:
        faults: everything that is wrong with it, each with its place.
    """

    code = "gate.policy"

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults
