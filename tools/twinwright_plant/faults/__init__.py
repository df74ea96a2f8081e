"""What can go wrong: every fault by its id, in the order in which people are shown them."""

from __future__ import annotations

from .cooling import BEARING_WEAR, CAVITATION, CONDENSER_FOULING, FOULING, MORE_COOLING_FAULTS, STICTION
from .fault import Fault
from .instruments import MORE_INSTRUMENT_FAULTS, SENSOR_DRIFT
from .machines import CHAIN_SLIP, CLUTCH_WEAR, LABEL_JAM, MORE_MACHINE_FAULTS, MOTOR_OVERLOAD, STARVATION
from .utilities import AIR_LEAK, COMPRESSOR_VALVE, MORE_UTILITY_FAULTS

__all__ = ["FAULTS", "Fault", "named", "table"]

_ALL = (
    CAVITATION,
    BEARING_WEAR,
    STICTION,
    FOULING,
    AIR_LEAK,
    STARVATION,
    LABEL_JAM,
    SENSOR_DRIFT,
    COMPRESSOR_VALVE,
    CLUTCH_WEAR,
    MOTOR_OVERLOAD,
    CHAIN_SLIP,
    CONDENSER_FOULING,
    *MORE_COOLING_FAULTS,
    *MORE_MACHINE_FAULTS,
    *MORE_UTILITY_FAULTS,
    *MORE_INSTRUMENT_FAULTS,
)
FAULTS: dict[str, Fault] = {fault.id: fault for fault in _ALL}


def named(words: str | None) -> tuple[Fault, ...]:
    """The faults of ``a`` or ``a+b``; none for None.

    Raises:
        ValueError: an unknown fault, or two on one asset.
    """
    if words is None:
        return ()
    names = words.split("+")
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise ValueError(f"unknown fault {unknown[0]!r}; there are {', '.join(FAULTS)}")
    found = tuple(FAULTS[name] for name in names)
    if len({fault.twin for fault in found}) < len(found):
        raise ValueError(f"{words!r}: two faults at once have to sit on different assets")
    return found


def table() -> str:
    """All faults as a Markdown table."""
    rows = [
        "| fault | twin | signal | failure mode | what happens | other places |",
        "|---|---|---|---|---|--:|",
        *(
            f"| `{one.id}` | {one.twin} | {one.signal} | {one.mode} | {one.says} | {len(one.places) - 1} |"
            for one in FAULTS.values()
        ),
    ]
    return "\n".join(rows)
