"""Models in the Digital Twins Definition Language (DTDL), version 3 and version 2."""

from .modelset import ModelSet
from .parse import read_interfaces
from .reader import Findings
from .types import Interface, SignalDefinition

__all__ = ["Findings", "Interface", "ModelSet", "SignalDefinition", "read_interfaces"]
