"""`twinwright.toml`: what stands where in a plant folder, and what its relationships carry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ConfigError, nearest
from ..twins.flow import Direction, Flow, Flows
from .planning_config import PlanningConfig

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

CONFIG_FILE = "twinwright.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FlowConfig(_Section):
    """What one kind of relationship carries; `flow` alone may be written as a bare string."""

    flow: Direction
    source_signal: str | None = None
    target_signal: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"flow": value} if isinstance(value, str) else value


class Range(_Section):
    """Where a signal belongs, in its own unit, both ends included; an end that is left out is open."""

    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("give low, high or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low ({self.low}) lies above high ({self.high})")
        return self


class Limit(Range):
    """What a signal must not pass: `low`, `high` or both, in `unit`, which has to be the signal's; None: it is."""

    unit: str | None = None


def _inside(patterns: list[str]) -> list[str]:
    for pattern in patterns:
        if ".." in re.split(r"[/\\]", pattern):
            raise ValueError(f"{pattern!r} leads out of the plant folder; put the files into it")
    return patterns


Patterns = Annotated[list[str], AfterValidator(_inside)]


class TelemetryConfig(_Section):
    """Which files hold telemetry: globs, relative to the plant folder."""

    files: Patterns = Field(default=["telemetry/**/*.parquet", "telemetry/**/*.csv"])


class HistoryConfig(_Section):
    """Which files hold history: globs, relative to the plant folder."""

    files: Patterns = Field(default=["history/**/*.csv", "history/**/*.jsonl"])


class BudgetConfig(_Section):
    """Bounds of one investigation; None for the default. `usd` is in US dollars by the published prices."""

    turns: Annotated[int, Field(gt=0)] | None = None
    tool_calls: Annotated[int, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    usd: Annotated[float, Field(gt=0)] | None = None


def _compiles(patterns: list[str]) -> list[str]:
    for pattern in patterns:
        try:
            empty = re.compile(pattern).fullmatch("") is not None
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        if empty:
            raise ValueError(f"{pattern!r} matches nothing at all, too; give a pattern that always takes a letter")
    return patterns


class RedactConfig(_Section):
    """What is replaced by placeholders before anything leaves for a model's API, and restored in what comes back.

    Attributes:
        names: names as they are written, whatever their case.
        patterns: regular expressions (Python's).
    """

    names: list[Annotated[str, Field(min_length=2)]] = Field(default_factory=list)
    patterns: Annotated[list[str], AfterValidator(_compiles)] = Field(default_factory=list)


class MatchRule(_Section):
    """A rule by which a CMMS asset is a twin: a field of it, rewritten by a pattern, is a property of the twin.

    Attributes:
        twin: a property of the twin, or "id".
        asset: "id", "name", "tags", or one of the asset's further fields.
        pattern: a regular expression that the whole field has to match; None: any.
        replace: what is made of it, with \\1 … for the pattern's groups.
    """

    twin: str = "id"
    asset: str = "name"
    pattern: str | None = None
    replace: str = r"\g<0>"

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from None
        return value


class AlsoConfig(_Section):
    """Where the same CMMS keeps notes or alarms: its options there, over those of `[cmms.options]`."""

    kind: Literal["note", "alarm"]
    options: dict[str, str]


class CmmsConfig(_Section):
    """Which CMMS orders go to. Credentials never stand here: they come from the environment or an owner-only file.

    Attributes:
        kind: the connector: "embedded" (the order book), "rt", "maximo", "sap", "servicenow", "maintainx", "atlas".
        url: where it answers; None for the embedded order book.
        ca_file: a file of certificates (PEM) to trust beside the system's, relative to the plant folder, or None.
        timeout_s: how long one request may take, in seconds.
        options: what the connector further needs (a queue, a site id …); its page in docs/connect-cmms.md names it.
        match: rules by which its assets are twins, beside equal ids, tried in their order.
        also: further places in it that notes and alarms are imported from (another queue, another table).
    """

    kind: str = "embedded"
    url: str | None = None
    ca_file: str | None = None
    timeout_s: float = Field(default=30.0, gt=0)
    options: dict[str, str] = Field(default_factory=dict)
    match: list[MatchRule] = Field(default=[])
    also: list[AlsoConfig] = Field(default=[])


class PlantConfig(_Section):
    """All of `twinwright.toml`.

    Attributes:
        name: what people call the plant; the folder's name where it is empty.
        timezone: IANA name of the zone that people see times in.
        relationships: what each kind of relationship carries, by its name.
        ranges: where signals belong, by ``TWIN.SIGNAL`` or ``MODEL.SIGNAL`` (display name or last part of the DTMI).
        limits: what signals must not pass, by the same keys.
        units: units that DTDL has no name for ("bottles/h"), by the same keys.
        vocabulary: words of the site and the twin ids that they mean.
        failure_modes: files of the site's own failure modes: globs, relative to the plant folder.
        budget: bounds of one investigation; redact: what may not leave for a model's API.
        cmms: the maintenance system that orders go to.
        planning: crews, planned stops, stock and the risk matrix.
    """

    name: str = ""
    timezone: str = "UTC"
    relationships: dict[str, FlowConfig] = Field(default_factory=dict)
    ranges: dict[str, Range] = Field(default_factory=dict)
    limits: dict[str, Limit] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    telemetry: TelemetryConfig = TelemetryConfig()
    history: HistoryConfig = HistoryConfig()
    vocabulary: dict[str, list[str]] = Field(default_factory=dict)
    failure_modes: Patterns = Field(default=[])
    budget: BudgetConfig = BudgetConfig()
    redact: RedactConfig = RedactConfig()
    cmms: CmmsConfig = CmmsConfig()
    planning: PlanningConfig = PlanningConfig()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no IANA time zone such as Europe/Berlin") from None
        return value

    @field_validator("vocabulary", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {word: [twins] if isinstance(twins, str) else twins for word, twins in value.items()}

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone."""
        return ZoneInfo(self.timezone)

    @property
    def flows(self) -> Flows:
        """What relationships carry, as the twin graph wants it."""
        stated = {
            name: Flow(each.flow, each.source_signal, each.target_signal) for name, each in self.relationships.items()
        }
        return Flows(stated)


def read_config(folder: Path) -> PlantConfig:
    """The plant's configuration; all defaults where there is no `twinwright.toml`.

    Raises:
        ConfigError: it can't be read, or a key or a value in it is wrong; the nearest key is suggested.
    """
    file = folder / CONFIG_FILE
    if not file.is_file():
        return PlantConfig()
    try:
        document = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=file) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is no UTF-8 text", file=file, place=f"byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is no TOML: {error}", file=file, code="plant.config.syntax") from error
    try:
        return PlantConfig.model_validate(document)
    except ValidationError as error:
        raise _config_error(error, file) from error


def _config_error(error: ValidationError, file: Path) -> ConfigError:
    """All that is wrong with a configuration: the first as the error itself, the others in its text."""
    told = [_told(each) for each in error.errors()]
    place, text, suggestions = told[0]
    text = "; also ".join([text, *(f"{where}: {what}" for where, what, _ in told[1:])])
    code = "plant.config.unknown_key" if error.errors()[0]["type"] == "extra_forbidden" else None
    return ConfigError(text, file=file, place=place, code=code, suggestions=suggestions)


def _told(error: ErrorDetails) -> tuple[str, str, list[str]]:
    """Where a mistake is, what it is, and which keys were probably meant."""
    steps = [str(step) for step in error["loc"]]
    place = ".".join(steps)
    if error["type"] != "extra_forbidden":
        return place, error["msg"].removeprefix("Value error, "), []
    near = nearest(steps[-1], _keys_at(steps[:-1]))
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return place, f"there is no key {steps[-1]!r} here{hint}", near


def _keys_at(steps: Sequence[str]) -> list[str]:
    """The keys that may stand in the section at a path."""
    sections: dict[str, type[BaseModel]] = {
        "telemetry": TelemetryConfig,
        "history": HistoryConfig,
        "relationships": FlowConfig,
        "ranges": Range,
        "limits": Limit,
        "budget": BudgetConfig,
        "redact": RedactConfig,
        "planning": PlanningConfig,
    }
    section = sections.get(steps[0], PlantConfig) if steps else PlantConfig
    return list(section.model_fields)
