"""The two kinds of model, behind one interface: FMUs through fmpy, Modelica source through rumoca.

Only the child process (`child.py`) uses them: both run native code of others.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
MOST_UNPACKED = 500_000_000
# An FMU holds its inputs over a communication step, so there are some steps between two samples of the telemetry.
SUBSTEPS = 5
# Samples that one simulation of a Modelica model covers: more make the interpolation dearer, fewer the restarts.
CHUNK = 32


class ModelError(Exception):
    """A model that can't be used: a stable word for programs, what is wrong, and where that is known what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = f"simulation.{code}"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a model: its start value, unit and declared range, as far as the model states them."""

    name: str
    value: float | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a model has. `kind` is "FMI 2.0", "FMI 3.0" or "Modelica"."""

    kind: str
    name: str
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    parameters: tuple[Variable, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


class Engine(Protocol):
    """A loaded model."""

    description: Description

    def run(
        self,
        times: Floats,
        inputs: Mapping[str, Floats],
        parameters: Mapping[str, float],
        outputs: Sequence[str],
        progress: Progress,
    ) -> Floats:
        """Outputs of shape (samples, outputs) at evenly spaced times (seconds, from 0); inputs are joined by lines."""


def load(file: Path, class_name: str | None, scratch: Path) -> Engine:
    """The model in a file; `scratch` is an empty folder that it may be unpacked into.

    Raises:
        ModelError: the library isn't installed, or the file can't be used.
    """
    if file.suffix.lower() == ".fmu":
        return FmuEngine(file, scratch)
    return ModelicaEngine(file, class_name or file.stem)


class FmuEngine:
    """FMI 2 and 3, co-simulation where the FMU offers it, else model exchange with CVode."""

    def __init__(self, file: Path, scratch: Path) -> None:
        try:
            import fmpy
        except ImportError as error:
            raise ModelError("extra", "FMUs need fmpy: pip install 'twinwright[simulate]'") from error
        self._folder = scratch / "fmu"
        _unpack(file, self._folder)
        self._model = fmpy.read_model_description(str(self._folder), validate=True)
        platforms = fmpy.supported_platforms(str(self._folder))
        if fmpy.platform not in platforms and fmpy.platform_tuple not in platforms:
            text = f"{file.name} has no binary for {fmpy.platform_tuple}, only for {', '.join(platforms) or 'nothing'}"
            raise ModelError("platform", text + "; export or build it for this platform")
        numeric = [one for one in self._model.modelVariables if _is_numeric(one)]
        self.description = Description(
            f"FMI {self._model.fmiVersion}",
            self._model.modelName,
            tuple(_fmu_variable(one) for one in numeric if one.causality == "input"),
            tuple(_fmu_variable(one) for one in numeric if one.causality in ("output", "local")),
            tuple(_fmu_variable(one) for one in numeric if one.causality == "parameter"),
        )

    def run(
        self,
        times: Floats,
        inputs: Mapping[str, Floats],
        parameters: Mapping[str, float],
        outputs: Sequence[str],
        progress: Progress,
    ) -> Floats:
        """See `Engine.run`."""
        import fmpy

        table = np.empty(len(times), dtype=[("time", np.float64), *((name, np.float64) for name in inputs)])
        table["time"] = times
        for name, values in inputs.items():
            table[name] = values
        stop, step = float(times[-1]), float(times[1] - times[0])

        def finished(time: float, recorder: Any) -> bool:
            progress(time / stop)
            return True

        result = fmpy.simulate_fmu(
            str(self._folder),
            model_description=self._model,
            start_time=0.0,
            stop_time=stop,
            output_interval=step / SUBSTEPS,
            start_values=dict(parameters),
            input=table,
            output=list(outputs),
            record_events=False,
            remote_platform=None,
            step_finished=finished,
        )
        if len(result) <= 1 or result["time"][-1] < stop - 0.5 * step:
            raise ModelError(
                "stopped", f"the FMU stopped by itself at {float(result['time'][-1]):.6g} s of {stop:.6g} s"
            )
        return np.column_stack([np.interp(times, result["time"], result[name]) for name in outputs])


def _unpack(file: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MOST_UNPACKED:
                raise ModelError(
                    "size", f"{file.name} unpacks to {size / 1e6:.0f} MB; {MOST_UNPACKED / 1e6:.0f} MB at most"
                )
            if "modelDescription.xml" not in archive.namelist():
                raise ModelError("format", f"{file.name} is no FMU: it holds no modelDescription.xml")
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise ModelError("format", f"{file.name} is no FMU: {error}") from error


def _is_numeric(variable: Any) -> bool:
    return variable.type not in ("String", "Binary", "Clock") and not variable.dimensions


def _fmu_variable(variable: Any) -> Variable:
    unit = variable.unit or (variable.declaredType.unit if variable.declaredType else None)
    return Variable(
        variable.name,
        _number(variable.start),
        unit,
        _number(variable.min),
        _number(variable.max),
        variable.description or None,
    )


def _number(text: Any) -> float | None:
    """A number as an FMU writes it; a truth value counts as 0 or 1."""
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


class ModelicaEngine:
    """Modelica source, compiled and simulated by rumoca.

    rumoca takes no time-varying inputs yet, so the model gets a driver: a class around it whose parameters are the
    slopes of straight lines from sample to sample. It covers `CHUNK` samples at a time; the states are carried over.
    """

    def __init__(self, file: Path, class_name: str) -> None:
        try:
            import rumoca
        except ImportError as error:
            raise ModelError("extra", "Modelica needs rumoca: pip install 'twinwright[simulate]'") from error
        self._rumoca = rumoca
        self._source = file.read_text(encoding="utf-8")
        self._class = class_name
        try:
            model = rumoca.Session().loads(self._source, model=class_name, filename=file.name)
        except rumoca.RumocaError as error:
            raise ModelError("compile", f"{file.name} can't be compiled: {error}") from error
        self._step: float | None = None
        self._driver: Any = None
        self.description = Description(
            "Modelica",
            model.name,
            tuple(_variable(one) for one in model.inputs),
            tuple(_variable(one) for view in (model.outputs, model.algebraics, model.states) for one in view),
            # A structural parameter would need a compilation of its own.
            tuple(_variable(one, one.value) for one in model.parameters if one.kind == "tunable"),
        )

    def run(
        self,
        times: Floats,
        inputs: Mapping[str, Floats],
        parameters: Mapping[str, float],
        outputs: Sequence[str],
        progress: Progress,
    ) -> Floats:
        """See `Engine.run`."""
        step = float(times[1] - times[0])
        driver = self._driver_for(step, list(inputs))
        fixed = {f"driven.{name}": value for name, value in parameters.items()}
        state: dict[str, float] = {}
        found = np.empty((len(times), len(outputs)))
        for begin in range(0, len(times) - 1, CHUNK):
            stop = min(begin + CHUNK, len(times) - 1)
            lines = {
                key: value
                for name, values in inputs.items()
                for key, value in _slopes(name, values[begin : stop + 1], step).items()
            }
            span = (0.0, (stop - begin) * step)
            try:
                result = driver.simulate(t=span, dt=step, params=fixed | lines, start=state)
            except self._rumoca.RumocaError as error:
                raise ModelError("failed", f"the model failed at {times[begin]:.6g} s: {error}") from error
            state = {name: float(result[name][-1]) for name in driver.states.names}
            for column, name in enumerate(outputs):
                found[begin : stop + 1, column] = np.asarray(result[f"driven.{name}"])[: stop - begin + 1]
            progress(stop / (len(times) - 1))
        return found

    def _driver_for(self, step: float, names: Sequence[str]) -> Any:
        if self._step != step:
            source = _without_within(self._source) + _driver(self._class, names, step)
            try:
                self._driver = self._rumoca.Session().loads(source, model="TwinwrightDriver")
            except self._rumoca.RumocaError as error:
                raise ModelError("compile", f"{self._class} can't be driven: {error}") from error
            self._step = step
        return self._driver


def _variable(one: Any, value: float | None = None) -> Variable:
    return Variable(one.name, value, one.unit, one.min, one.max, one.description)


def _without_within(source: str) -> str:
    """The source without its `within` clause, which may stand only where a file begins."""
    lines = source.splitlines()
    kept = [line for line in lines if not (line.strip().startswith("within") and line.strip().endswith(";"))]
    return "\n".join(kept) + "\n"


def _driver(class_name: str, names: Sequence[str], step: float) -> str:
    """A class that drives the model: each input is a line through `CHUNK` + 1 samples, a kink at each."""
    declared, equations = [], []
    for name in names:
        flat = _flat(name)
        declared.append(f"  parameter Real {flat}_start = 0;")
        declared += [f"  parameter Real {flat}_bend{index} = 0;" for index in range(CHUNK)]
        kinks = [f"{flat}_bend{index}*max(0, time - {index * step!r})" for index in range(1, CHUNK)]
        equations.append(f"  driven.{name} = " + " + ".join([f"{flat}_start", f"{flat}_bend0*time", *kinks]) + ";")
    head = ["model TwinwrightDriver", f"  {class_name} driven;"]
    return "\n".join([*head, *declared, "equation", *equations, "end TwinwrightDriver;", ""])


def _slopes(name: str, samples: Floats, step: float) -> dict[str, float]:
    """The driver's parameters for some samples: where the line starts, and how much its slope bends at each sample."""
    slopes = np.zeros(CHUNK)
    slopes[: len(samples) - 1] = np.diff(samples) / step
    bends = np.diff(slopes, prepend=0.0)
    flat = _flat(name)
    made = {f"{flat}_bend{index}": float(bend) for index, bend in enumerate(bends)}
    return made | {f"{flat}_start": float(samples[0])}


def _flat(name: str) -> str:
    return "drive_" + name.replace(".", "_").replace("[", "_").replace("]", "_")
