"""Models in the Digital Twins Definition Language (DTDL), versions 2, 3 and 4."""

from .modelset import ModelSet
from .parse import read_interfaces
from .reader import Findings
from .types import Interface, SignalDefinition
from .validate import validate

__all__ = ["Findings", "Interface", "ModelSet", "SignalDefinition", "read_interfaces", "validate"]
