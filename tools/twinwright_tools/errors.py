"""Every error that Twinwright raises on purpose, in one hierarchy.

::

    TwinwrightError
    ├── InputError                what a person, a file or a model gave is wrong; they can mend it  (exit 2)
    │   ├── UsageError            a command's words
    │   ├── TimeFormatError       a time that is no ISO 8601 time, or has no zone
    │   ├── UnknownNameError      a twin, signal, model … that isn't there; the nearest names are suggested
    │   ├── NoDataError           nothing was recorded where somebody looked
    │   ├── PlantError            a plant folder that can't be used; carries `file` and `place`
    │   │   ├── ConfigError       twinwright.toml
    │   │   ├── ModelError        a DTDL model
    │   │   ├── GraphError        twins and relationships
    │   │   ├── TelemetryError    a telemetry file
    │   │   └── HistoryError      a history file
    │   ├── QueryError            a twin query that was refused; carries its position
    │   │   └── SqlError          the same for SQL over history
    │   ├── ChangeError           changes to twins that were refused; carries line, path and every refusal
    │   ├── OrderError            a work order that can't be drafted, changed or submitted
    │   ├── SimulationError       a physics model that can't be loaded or run
    │   └── RunError              a run that can't be resumed
    ├── CmmsError                 the CMMS didn't do what was asked  (exit 1)
    │   ├── CmmsLoginError        the credentials are wrong, or lack a right
    │   ├── CmmsUnavailableError  it can't be reached, or failed; `may_have_happened`
    │   ├── CmmsRefusedError      it refused what was asked
    │   ├── CmmsConflictError     somebody changed the order in the meantime
    │   ├── CmmsMissingError      an asset or order that isn't there (any more)
    │   └── CmmsAnswerError       an answer that its interface doesn't promise
    ├── ToolError                 a tool call failed; `mendable` says whether other arguments could succeed
    └── InvestigationError        an investigation ended without an answer  (exit 1)
        ├── ModelCallError        the language model can't be reached, or gave nothing usable
        ├── BudgetError           the budget is spent
        └── GateError             the safety layer can't be reached, or answered nonsense

The gate installs without this package and so has a small hierarchy of its own: `twinwright_gate.errors`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path


class TwinwrightError(Exception):
    """What was wrong, where, and what to do.

    Attributes:
        code: a stable dotted word for programs, such as ``query.unknown_property``.
        suggestions: what was probably meant, likeliest first.
        position: offset in characters (0-based) into the text that was refused, or None.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        suggestions: Sequence[str] = (),
        position: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.suggestions = list(suggestions)
        self.position = position

    def as_dict(self) -> dict[str, object]:
        """The error as the commands' JSON contract has it."""
        return {
            "code": self.code,
            "message": self.message,
            "suggestions": self.suggestions,
            "position": self.position,
        }


class InputError(TwinwrightError):
    """What a person, a file or a model gave is wrong."""

    code = "input"


class UsageError(InputError):
    """A command's words are off."""

    code = "usage"


class TimeFormatError(InputError):
    """A time that is no ISO 8601 time, or has no zone."""

    code = "time"


class UnknownNameError(InputError):
    """A name that isn't there."""

    code = "unknown_name"

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """An error that names the nearest of the known names."""
        near = nearest(name, known)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        return cls(f"there is no {kind} {name!r}{hint}", code=f"unknown_{kind.replace(' ', '_')}", suggestions=near)


class NoDataError(InputError):
    """Nothing was recorded where somebody looked."""

    code = "no_data"


class PlantError(InputError):
    """A plant folder that can't be used.

    Attributes:
        file: the file at fault, or None.
        place: where in it (line, row, id, JSON path), or None.
    """

    code = "plant"

    def __init__(
        self,
        message: str,
        *,
        file: Path | None = None,
        place: str | None = None,
        code: str | None = None,
        suggestions: Sequence[str] = (),
        position: int | None = None,
    ) -> None:
        where = ", ".join(part for part in (str(file) if file else "", place or "") if part)
        super().__init__(
            f"{where}: {message}" if where else message, code=code, suggestions=suggestions, position=position
        )
        self.file = file
        self.place = place


class ConfigError(PlantError):
    """twinwright.toml can't be used."""

    code = "plant.config"


class ModelError(PlantError):
    """A DTDL model is wrong."""

    code = "plant.model"


class GraphError(PlantError):
    """Twins or relationships are wrong."""

    code = "plant.graph"


class TelemetryError(PlantError):
    """A telemetry file is wrong."""

    code = "plant.telemetry"


class HistoryError(PlantError):
    """A history file is wrong."""

    code = "plant.history"


class QueryError(InputError):
    """A twin query that was refused."""

    code = "query"


class SqlError(QueryError):
    """SQL over history that was refused."""

    code = "sql"


class ChangeError(InputError):
    """Changes to twins that were refused.

    Attributes:
        line: the line of the file (1-based), or None.
        path: a JSON pointer into the twin or relationship, or None.
        refusals: every line that was refused, where a file of them was; else empty.
    """

    code = "change"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        suggestions: Sequence[str] = (),
        line: int | None = None,
        path: str | None = None,
        refusals: Sequence[ChangeError] = (),
    ) -> None:
        super().__init__(message, code=code, suggestions=suggestions)
        self.line = line
        self.path = path
        self.refusals = list(refusals)

    def as_dict(self) -> dict[str, object]:
        """The error as JSON has it, with `line`, `path` and, for a file, its `refusals`."""
        found = super().as_dict() | {"line": self.line, "path": self.path}
        return found | {"refusals": [each.as_dict() for each in self.refusals]} if self.refusals else found


class OrderError(InputError):
    """A work order that can't be drafted, changed or submitted."""

    code = "order"


class CmmsError(TwinwrightError):
    """The CMMS didn't do what was asked; nothing of ours is lost."""

    code = "cmms"


class CmmsLoginError(CmmsError):
    """The credentials are wrong, or lack a right."""

    code = "cmms.login"


class CmmsUnavailableError(CmmsError):
    """The CMMS can't be reached, is overloaded or failed; the same may succeed later.

    Attributes:
        may_have_happened: whether the change could have been made all the same (a time-out after it was sent).
        retry_after_s: how long it asked to be left alone, in seconds, or None.
    """

    code = "cmms.unavailable"

    def __init__(self, message: str, *, may_have_happened: bool, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.may_have_happened = may_have_happened
        self.retry_after_s = retry_after_s


class CmmsRefusedError(CmmsError):
    """The CMMS refused what was asked: validation, an illegal transition, a closed order."""

    code = "cmms.refused"


class CmmsConflictError(CmmsError):
    """Somebody changed the order in the meantime."""

    code = "cmms.conflict"


class CmmsMissingError(CmmsError):
    """An asset or order that isn't there (any more)."""

    code = "cmms.missing"


class CmmsAnswerError(CmmsError):
    """An answer that isn't what the product's interface promises: HTML, half a page, another schema."""

    code = "cmms.answer"


class SimulationError(InputError):
    """A physics model that can't be loaded or run: a broken file, a crash, a value out of range, too long a run."""

    code = "simulation"


class RunError(InputError):
    """A run that can't be resumed."""

    code = "run"


class ToolError(TwinwrightError):
    """A tool call failed.

    Attributes:
        mendable: whether the same tool with other arguments could succeed.
    """

    code = "tool"

    def __init__(
        self,
        message: str,
        *,
        mendable: bool,
        code: str | None = None,
        suggestions: Sequence[str] = (),
        position: int | None = None,
    ) -> None:
        super().__init__(message, code=code, suggestions=suggestions, position=position)
        self.mendable = mendable


class InvestigationError(TwinwrightError):
    """An investigation ended without an answer."""

    code = "investigation"


class ModelCallError(InvestigationError):
    """The language model can't be reached, or gave nothing usable."""

    code = "model"


class BudgetError(InvestigationError):
    """The budget is spent."""

    code = "budget"


class GateError(InvestigationError):
    """The safety layer can't be reached, or answered nonsense."""

    code = "gate"


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that look most like a name, whatever their case, best first."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_folded, n=most, cutoff=0.5)
    within = [folded for folded in by_folded if name.casefold() in folded and folded not in found]
    return [by_folded[folded] for folded in (found + sorted(within, key=len))[:most]]
