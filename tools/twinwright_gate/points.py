"""The part of a policy that is about points: what may be written where, how far, how fast, and while what is so.

All quantities are integers of 1e-6 of the unit in the compiled form. Limits may be None here, so that rule R05 denies a
layer without limits by name; no policy with one is ever signed or loaded (see `lint`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .notation import Flag, Id, Quantity, Text, Unit, Whole, Width
from .plan import Dtype, RiskClass
from .schema import Part

Tier = Literal["model", "shadow", "twin"]
LayerName = Literal["instrument", "nameplate", "site", "restriction"]
Order = Literal["ABCD", "DCBA", "BADC", "CDAB"]


class Input(Part):
    """A signal that rules read, from the device alone.

    Attributes:
        path: the device's own path; a value from any other source is refused.
        max_age_ms: how old its source timestamp may be; frozen_after_ms: how long a live signal may stand still.
        loop: whether it is a 4-20 mA loop, whose current has to come along (NE 43).
        accepts_maintenance: whether NE 107's "maintenance required" is good enough; no other deviation ever is.
    """

    id: Id
    unit: Unit
    path: Text
    max_age_ms: Annotated[Whole, Field(ge=1)]
    frozen_after_ms: Whole | None
    loop: Flag
    accepts_maintenance: Flag


class Layer(Part):
    """One layer of absolute limits, a closed interval; the envelope is the intersection of all layers.

    A ``restriction`` is temporary in the plant, but not here: it stands until a new policy drops it, so that no clock
    can widen what is allowed.
    """

    name: LayerName
    lo: Quantity | None
    hi: Quantity | None


class Band(Part):
    """Limits that hold while the mode's input is in [start, end): half open, so that bands meet without a gap."""

    start: Quantity
    end: Quantity
    lo: Quantity | None
    hi: Quantity | None


class ModeTable(Part):
    """Limits by operating mode: bands of one input that cover its range from first start to last end; outside: deny."""

    input: Id
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=32)]


class Dynamics(Part):
    """How fast a point may be moved, always against the measured value.

    Attributes:
        max_step: largest change at once; per_minute: largest sum of changes within any minute.
        travel: largest sum of changes within `window_s`.
        cooldown_s: shortest time between two writes.
        running_above, starts_per_hour: a change from at most `running_above` to more than it is a start.
    """

    max_step: Width
    per_minute: Width
    travel: Width
    window_s: Annotated[Whole, Field(ge=60)]
    cooldown_s: Whole
    running_above: Quantity | None
    starts_per_hour: Whole | None


class Permissive(Part):
    """A condition that has to be so while it is written: every input in [lo, hi], or in `state`; all of them agree.

    Redundant inputs (2 of 3 …) are all listed: where they differ by more than `agree`, that alone denies.
    """

    id: Id
    inputs: Annotated[tuple[Id, ...], Field(min_length=1, max_length=8)]
    lo: Quantity | None
    hi: Quantity | None
    agree: Width
    state: Text | None


class Binding(Part):
    """Where and how a value is written. ``raw = (value - offset) * scale_num / scale_den`` (value, offset in units).

    Attributes:
        network: the network that the device is in; address: its place there; both opaque to the gate.
        order: byte order of the register words, ``ABCD`` being big-endian.
        resolution: how far the written value may be from the asked one.
        slot: the priority-array slot to write at (10 to 16), or None where the protocol has none.
        mailbox: whether the device has a command mailbox; simulated: whether it is a simulator.
    """

    binding_id: Id
    executor_id: Id
    network: Id
    address: Text
    dtype: Dtype
    order: Order
    scale_num: Annotated[Whole, Field(ge=1, lt=2**31)]
    scale_den: Annotated[Whole, Field(ge=1, lt=2**31)]
    offset: Quantity
    resolution: Width
    slot: Annotated[Whole, Field(ge=10, le=16)] | None
    mailbox: Flag
    simulated: Flag


class DtdlFacts(Part):
    """What the twin's model says of the property; baked in, so that the gate reads no model at run time."""

    schema_type: Literal["double", "float", "integer", "long"]
    unit: Text | None
    writable: Flag


class HoldPolicy(Part):
    """How long a value may be held; 0 forbids timed holds. `until_superseded` says whether that is allowed at all."""

    max_s: Annotated[Whole, Field(le=86_400)]
    until_superseded: Flag


class RollbackPolicy(Part):
    """The ways back that this point has, the preferred first."""

    kinds: Annotated[tuple[Literal["relinquish", "restore", "safe_value"], ...], Field(min_length=1, max_length=3)]
    safe_value: Quantity | None


class VerifyPolicy(Part):
    """What shows that a write worked, as in the plan."""

    echo_point: Id
    echo_tol: Width
    effect_point: Id
    effect_lo: Quantity
    effect_hi: Quantity
    within_s: Annotated[Whole, Field(ge=1, le=3600)]


class Point(Part):
    """One writable point of one twin, and all that holds for it.

    Attributes:
        writable: whether this policy lets it be written; the model has to allow it too.
        tags: safety tags (``sis``, ``fire-gas`` …) that rule R04 looks for.
        tier: ``twin`` alone may be acted on.
        risk: least risk class of a write to it.
        measured: the input with the value that is there now; tol: how far it may be from what the plan expects.
        permissives, windows: ids of what has to hold; at least one each.
    """

    twin_id: Id
    dtmi: Annotated[str, Field(min_length=1, max_length=2048)]
    property: Id
    unit: Unit
    dtdl: DtdlFacts
    writable: Flag
    tags: tuple[Id, ...]
    tier: Tier
    risk: RiskClass
    binding: Binding
    layers: tuple[Layer, ...]
    modes: ModeTable | None
    dynamics: Dynamics
    measured: Id
    tol: Width
    permissives: tuple[Id, ...]
    windows: tuple[Id, ...]
    hold: HoldPolicy
    rollback: RollbackPolicy
    verify: VerifyPolicy


class Running(Part):
    """At least `least` members run, a member being an input that is above `above`; counted with the new value in."""

    above: Quantity
    least: Annotated[Whole, Field(ge=1)]


class Total(Part):
    """The sum of the members, with the new value in place of the measured one, lies in [lo, hi]."""

    lo: Quantity
    hi: Quantity


class Member(Part):
    """A member of a group: the point's binding, or None for one that nobody writes, and the input that measures it."""

    binding_id: Id | None
    input: Id


class Group(Part):
    """Points that depend on each other: only one is written at a time, and these hold for all together."""

    id: Id
    members: Annotated[tuple[Member, ...], Field(min_length=1, max_length=64)]
    running: Running | None
    total: Total | None
