"""`simulation/*.toml`: a physics model attached to a twin, and how its variables and the plant's signals correspond.

A model's variable and a signal are tied by ``model value = scale · signal + offset``, so both are compared in the
signal's own unit.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ConfigError, TwinwrightError, UnknownNameError, nearest
from ..telemetry.series import SignalKey, parse_key

if TYPE_CHECKING:
    from ..plant import Plant

FOLDER = "simulation"
SUFFIXES = (".fmu", ".mo")
MOST_STEPS = 20_000


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Tie(_Section):
    """A model variable and the signal it stands for; a bare string is the signal alone.

    Attributes:
        signal: ``TWIN.SIGNAL``.
        scale, offset: model value = scale · signal + offset.
        tolerance: for an output, the RMSE in the signal's unit up to which the model counts as fitting; half of the
            signal's standard deviation in the healthy past where it is left out.
    """

    signal: str
    scale: float = 1.0
    offset: float = 0.0
    tolerance: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"signal": value} if isinstance(value, str) else value

    @field_validator("scale")
    @classmethod
    def _some(cls, value: float) -> float:
        if value == 0:
            raise ValueError("a scale of 0 loses the signal")
        return value


class Parameter(_Section):
    """A parameter's healthy value: a number, or a twin's property; and where `--set` may move it.

    Attributes:
        property: ``TWIN.PROPERTY`` whose number is used, times `scale`.
        low, high: declared range, both ends included; the model's own range counts too.
    """

    value: float | None = None
    property: str | None = None
    scale: float = 1.0
    low: float | None = None
    high: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"property": value}
        return {"value": value} if isinstance(value, int | float) else value

    @model_validator(mode="after")
    def _sound(self) -> Parameter:
        if (self.value is None) == (self.property is None):
            raise ValueError("give either a value or a property")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low ({self.low}) lies above high ({self.high})")
        return self


class Change(_Section):
    """What a failure mode does to a parameter, from its mildest to its worst: absolute values, or factors.

    A bare number is a fixed value, a bare pair the two ends; ``{ factor = 0.6 }`` and ``{ factor = [1.0, 0.3] }``
    multiply the healthy value.
    """

    value: tuple[float, float] | None = None
    factor: tuple[float, float] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        given = value if isinstance(value, dict) else {"value": value}
        return {key: (one, one) if isinstance(one, int | float) else one for key, one in given.items()}

    @model_validator(mode="after")
    def _one(self) -> Change:
        if (self.value is None) == (self.factor is None):
            raise ValueError("give either a value (or a pair of values) or a factor")
        return self

    def at(self, severity: float, healthy: float) -> float:
        """The parameter's value at a severity, 0 (mildest) to 1 (worst)."""
        if self.value is not None:
            mild, worst = self.value
        else:
            assert self.factor is not None  # the validator saw to it
            mild, worst = self.factor[0] * healthy, self.factor[1] * healthy
        return mild + severity * (worst - mild)

    @property
    def is_fixed(self) -> bool:
        """Whether nothing is left to fit."""
        pair = self.value or self.factor
        return pair is not None and pair[0] == pair[1]


class Mode(_Section):
    """A failure mode as changes of parameters, all of them moved by one severity.

    Attributes:
        twin: the twin that fails, where it isn't the one that the model is attached to.
        parameters: by the model's parameter names.
    """

    twin: str | None = None
    parameters: dict[str, Change] = Field(min_length=1)

    def values(self, severity: float, healthy: dict[str, float]) -> dict[str, float]:
        """The parameters' values at a severity, 0 (mildest) to 1 (worst)."""
        return {name: change.at(severity, healthy[name]) for name, change in self.parameters.items()}

    @property
    def is_fixed(self) -> bool:
        """Whether nothing is left to fit."""
        return all(change.is_fixed for change in self.parameters.values())


class Document(_Section):
    """All of one attachment file.

    Attributes:
        twin: the twin that the model is of.
        models: model files (.fmu or .mo) relative to the plant folder; the first that is there and can run is used.
        class_name: the class to simulate in a Modelica file; the file's stem where it is left out.
        step_s: distance of the samples that drive the model and are compared, seconds.
        warm_up_s: how long the model runs before anything is compared, so that it forgets its start values, seconds.
        inputs, outputs: by the model's variable names.
        parameters: by the model's parameter names; a parameter that isn't named keeps the model's own value.
        modes: by failure mode id (those of the diagnosis, or the site's own).
    """

    twin: str
    models: list[str] = Field(min_length=1)
    class_name: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")
    step_s: float = Field(default=30.0, gt=0, le=86_400)
    warm_up_s: float = Field(default=600.0, ge=0)
    inputs: dict[str, Tie] = Field(min_length=1)
    outputs: dict[str, Tie] = Field(min_length=1)
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    modes: dict[str, Mode] = Field(default_factory=dict)


@dataclass(frozen=True)
class Attachment:
    """One attachment whose names all exist.

    Attributes:
        name: its file's stem.
        files: the model files that are there, absolute, in the order of preference.
        inputs, outputs: the signals, under their canonical names.
        healthy: parameter values of the sound machine, by name, as far as the attachment states them.
    """

    name: str
    document: Document
    files: tuple[Path, ...]
    inputs: dict[str, SignalKey]
    outputs: dict[str, SignalKey]
    healthy: dict[str, float]

    @property
    def twin(self) -> str:
        """The twin that the model is of."""
        return self.document.twin

    def modes_of(self, twin: str) -> dict[str, Mode]:
        """The modes of a twin that this model can play."""
        return {name: mode for name, mode in self.document.modes.items() if (mode.twin or self.twin) == twin}

    @property
    def twins(self) -> list[str]:
        """The twins that it can be asked about: its own, and those that its modes name."""
        return list(dict.fromkeys([self.twin, *(mode.twin or self.twin for mode in self.document.modes.values())]))


def attachments(plant: Plant) -> tuple[list[Attachment], list[ConfigError]]:
    """Every attachment of a plant folder, and what is wrong with those that had to be left out."""
    found, wrong = [], []
    for file in sorted((plant.folder / FOLDER).glob("*.toml")):
        try:
            found.append(_attachment(plant, file))
        except ConfigError as error:
            wrong.append(error)
    return found, wrong


def attachment_of(plant: Plant, twin: str, mode: str | None = None) -> Attachment:
    """The attachment that a twin (and a failure mode of it) can be simulated with.

    Raises:
        UnknownNameError: there is no such twin, or no such mode; the nearest names are suggested.
        ConfigError: nothing is attached to the twin (the message names the twins that have a model), or its file is
            wrong.
    """
    plant.graph.twin(twin)
    found, wrong = attachments(plant)
    able = [one for one in found if twin in one.twins]
    if not able:
        if wrong:
            raise wrong[0]
        others = list(dict.fromkeys(name for one in found for name in one.twins))
        text = f"no model is attached to {twin}; " + (
            f"there is one for {', '.join(others)}" if others else f"attach one in {FOLDER}/NAME.toml"
        )
        raise ConfigError(text, code="simulation.none", suggestions=nearest(twin, others) or others[:3])
    if mode is None:
        return next((one for one in able if one.twin == twin), able[0])
    for one in able:
        if mode in one.modes_of(twin):
            return one
    raise UnknownNameError.of("simulated mode", mode, [name for one in able for name in one.modes_of(twin)])


def _attachment(plant: Plant, file: Path) -> Attachment:
    document = _read(plant, file)
    shown = Path(file.relative_to(plant.folder))
    if document.twin not in plant.graph.twins:
        raise _unknown(shown, "twin", document.twin, plant.graph.twins)
    for name, mode in document.modes.items():
        if mode.twin is not None and mode.twin not in plant.graph.twins:
            raise _unknown(shown, f"modes.{name}.twin", mode.twin, plant.graph.twins)
    healthy = {name: _healthy(plant, shown, f"parameters.{name}", one) for name, one in document.parameters.items()}
    return Attachment(
        file.stem,
        document,
        _files(plant.folder, shown, document.models),
        _keys(plant, shown, "inputs", document.inputs),
        _keys(plant, shown, "outputs", document.outputs),
        healthy,
    )


def _read(plant: Plant, file: Path) -> Document:
    shown = file.relative_to(plant.folder)
    if not file.resolve().is_relative_to(plant.folder):
        raise ConfigError("leads out of the plant folder", file=shown)
    try:
        return Document.model_validate(tomllib.loads(file.read_bytes().decode("utf-8-sig")))
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=shown) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is no UTF-8 text", file=shown, place=f"byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is no TOML: {error}", file=shown, code="plant.config.syntax") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        if first["type"] == "extra_forbidden":
            raise _unknown(shown, place, str(first["loc"][-1]), _section_keys(first["loc"])) from error
        raise ConfigError(first["msg"].removeprefix("Value error, "), file=shown, place=place) from error


def _section_keys(path: tuple[int | str, ...]) -> Iterable[str]:
    sections: dict[str, type[_Section]] = {"inputs": Tie, "outputs": Tie, "parameters": Parameter, "modes": Mode}
    section = sections.get(str(path[0]), Document) if len(path) > 1 else Document
    return Change.model_fields if section is Mode and len(path) > 3 else section.model_fields


def _unknown(file: Path, place: str, name: str, known: Iterable[str]) -> ConfigError:
    near = nearest(name, known)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return ConfigError(f"there is no {name!r} here{hint}", file=file, place=place, suggestions=near)


def _files(folder: Path, shown: Path, names: list[str]) -> tuple[Path, ...]:
    found = []
    for name in names:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ConfigError(f"{name!r} leads out of the plant folder; put it inside", file=shown, place="models")
        if path.suffix.lower() not in SUFFIXES:
            raise ConfigError(f"{name!r} is neither .fmu nor .mo", file=shown, place="models")
        if path.is_file():
            found.append(path)
    if not found:
        raise ConfigError(f"there is no {' or '.join(names)}", file=shown, place="models", code="simulation.file")
    return tuple(found)


def _keys(plant: Plant, shown: Path, section: str, ties: dict[str, Tie]) -> dict[str, SignalKey]:
    keys = {}
    for name, tie in ties.items():
        try:
            key = plant.telemetry.canonical(parse_key(tie.signal, plant.graph.twins))
            plant.telemetry.series([key], plant.at, plant.at)  # an unknown signal is an error
        except TwinwrightError as error:
            place = f"{section}.{name}"
            raise ConfigError(error.message, file=shown, place=place, suggestions=error.suggestions) from error
        keys[name] = key
    return keys


def _healthy(plant: Plant, shown: Path, place: str, parameter: Parameter) -> float:
    if parameter.property is None:
        assert parameter.value is not None  # the validator saw to it
        return parameter.value
    try:
        key = parse_key(parameter.property, plant.graph.twins)
    except TwinwrightError as error:
        raise ConfigError(error.message, file=shown, place=place, suggestions=error.suggestions) from error
    value: Any = plant.graph.twins[key.twin].properties
    for step in key.signal.split("."):
        if not isinstance(value, dict) or step not in value:
            known = [one for one in value if not one.startswith("$")] if isinstance(value, dict) else []
            raise _unknown(shown, place, step, known)
        value = value[step]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{parameter.property} is {value!r}, no number", file=shown, place=place)
    return float(value) * parameter.scale
