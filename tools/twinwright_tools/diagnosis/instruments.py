"""What the plant's models say of its signals: which are readings, which can't fail as an instrument alone does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .modes.roles import equipment_of, roles_of
from .modes.types import Library

if TYPE_CHECKING:
    from ..twins.dtdl import ModelSet

_INTENTS = frozenset({"command", "setpoint"})
_FOLLOWS = frozenset({"position", "deviation", "end_position"})  # roles of signals that tell what became of a command
# Quantities that tell the state of a machine or its work, and have no balance: wear moves one of them alone, as a bad
# instrument would. Pressures, flows, levels, temperatures and speeds have neighbours that must move with them.
_CONDITIONS = frozenset(
    {
        "accumulation", "alarm", "approach", "bearing_temperature", "current_unbalance", "cycle_time", "elongation",
        "fill_volume", "foam", "gripper_force", "insulation", "load", "motor_current", "noise", "oil_particles",
        "power", "pressure_drop", "reject", "state", "subcooling", "superheat", "torque", "torque_spread",
        "travel_time", "vacuum", "vibration", "web_tension", "winding_temperature",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Instruments:
    """The signals of a plant by what they measure, told from its models and the library's roles."""

    graph: TwinGraph
    models: ModelSet
    library: Library

    def is_instrument(self, twin: str) -> bool:
        """Whether the twin is nothing but an instrument: equipment that the library's instrument modes name."""
        if twin not in self.graph.twins:
            return False
        labels = [f" {label} " for label in equipment_of(twin, self.graph, self.models)]
        words = {word for mode in self.library.modes.values() if mode.anywhere for word in mode.equipment}
        return any(f" {word} " in label for word in words for label in labels)

    def is_intent(self, key: SignalKey) -> bool:
        """Whether it says what should be (a command, a setpoint): nothing measures it."""
        return bool(self._roles(key) & _INTENTS)

    def follows(self, key: SignalKey) -> bool:
        """Whether it tells what became of a command."""
        return bool(self._roles(key) & _FOLLOWS)

    def is_condition(self, key: SignalKey) -> bool:
        """Whether it measures the state of a machine rather than of what flows through the plant."""
        return bool(self._roles(key) & _CONDITIONS)

    def same_quantity(self, key: SignalKey, others: Iterable[SignalKey]) -> list[SignalKey]:
        """Those of the other signals that measure the same kind of thing in the same unit on the same twin."""
        mine = self._quantity(key)
        if not mine:
            return []
        return [
            other
            for other in others
            if other != key
            and other.twin == key.twin
            and self._quantity(other) & mine
            and self.unit(other) == self.unit(key)
        ]

    def unit(self, key: SignalKey) -> str | None:
        """The unit that the model states, or None."""
        twin = self.graph.twins.get(key.twin)
        definition = self.models.signal(twin.model, key.signal) if twin else None
        return definition.unit if definition else None

    def _quantity(self, key: SignalKey) -> frozenset[str]:
        roles = self._roles(key)
        if roles & (_INTENTS | _FOLLOWS):
            return frozenset()
        return frozenset(role for role in roles if role in self.library.roles and not self.library.roles[role].anything)

    def _roles(self, key: SignalKey) -> frozenset[str]:
        return roles_of(key, self.graph, self.models, self.library)
