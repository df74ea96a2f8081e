"""A simulated bottling plant with faults: what `twinwright demo` plays and the evals measure against.

Its physics is honest: balances of bottles, glycol, heat and air, pump curves, controllers that hide faults by
compensating. It imports nothing of Twinwright, and what it writes is an ordinary plant folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .faults import FAULTS, Fault
    from .make import make_plant
    from .truth import Truth

__all__ = ["FAULTS", "Fault", "Truth", "make_plant"]


def __getattr__(name: str) -> Any:
    """Load on first use: `twinwright --help` must not wait for numpy and pyarrow."""
    if name in ("FAULTS", "Fault"):
        from . import faults

        return getattr(faults, name)
    if name == "make_plant":
        from .make import make_plant

        return make_plant
    if name == "Truth":
        from .truth import Truth

        return Truth
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
