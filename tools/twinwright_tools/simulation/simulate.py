"""A twin's model, driven by what was recorded, beside what was measured."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import ConfigError, InputError, SimulationError, UnknownNameError, nearest
from ..telemetry.series import SignalKey
from ..times import from_micros, iso
from .attachment import FOLDER, Attachment
from .engines import Description, Variable
from .grid import Grid, read_grid
from .process import LIMIT_S, ModelProcess

if TYPE_CHECKING:
    from ..plant import Plant

Tell = Callable[[str], None]
_MOST_POINTS = 200
_LIBRARIES = {".fmu": "fmpy", ".mo": "rumoca"}


@dataclass(frozen=True)
class Comparison:
    """One output beside the signal that measures it, in the signal's unit.

    Attributes:
        simulated, measured: float64 of shape (n,).
        compared: boolean of shape (n,): where there was a measurement, and the inputs that the model needs.
    """

    name: str
    key: SignalKey
    unit: str | None
    simulated: npt.NDArray[np.float64]
    measured: npt.NDArray[np.float64]
    compared: npt.NDArray[np.bool_]

    @property
    def errors(self) -> npt.NDArray[np.float64]:
        """Simulated minus measured wherever they are compared."""
        return np.asarray((self.simulated - self.measured)[self.compared], dtype=np.float64)

    @property
    def rmse(self) -> float:
        """Root mean square error."""
        return float(np.sqrt(np.mean(self.errors**2)))

    @property
    def bias(self) -> float:
        """Mean error; above 0 the model reads higher than the plant."""
        return float(np.mean(self.errors))

    @property
    def spread(self) -> float:
        """Standard deviation of what was measured."""
        return float(np.std(self.measured[self.compared]))


@dataclass(frozen=True)
class Simulation:
    """One run of a model over a window.

    Attributes:
        file: the model file that ran, relative to the plant folder; kind: Modelica, FMI 2.0, FMI 3.0.
        parameters: what the attachment and the caller set.
        times: int64 of shape (n,), microseconds since the epoch.
        notes: what a reader should know of the run.
    """

    attachment: Attachment
    file: str
    kind: str
    parameters: dict[str, float]
    times: npt.NDArray[np.int64]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()

    @property
    def start(self) -> datetime:
        """The first sample."""
        return from_micros(int(self.times[0]))

    @property
    def end(self) -> datetime:
        """The last sample."""
        return from_micros(int(self.times[-1]))

    def as_dict(self) -> dict[str, Any]:
        """The run as `twinwright simulate --json` has it; at most 200 points of each output."""
        return {
            "twin": self.attachment.twin,
            "attachment": self.attachment.name,
            "model": {"file": self.file, "kind": self.kind},
            "from": iso(self.start),
            "to": iso(self.end),
            "step_s": self.attachment.document.step_s,
            "parameters": self.parameters,
            "outputs": [self._output(one) for one in self.comparisons],
            "notes": list(self.notes),
        }

    def _output(self, one: Comparison) -> dict[str, Any]:
        chosen = np.unique(np.linspace(0, len(self.times) - 1, min(_MOST_POINTS, len(self.times))).astype(int))
        return {
            "name": one.name,
            "signal": str(one.key),
            "unit": one.unit,
            "rmse": one.rmse,
            "bias": one.bias,
            # RMSE over the standard deviation of what was measured, so 1 is what its mean alone would achieve.
            "normalised_error": one.rmse / one.spread if one.spread > 0 else None,
            "samples": int(one.compared.sum()),
            "points": [
                [
                    iso(from_micros(int(self.times[index]))),
                    float(one.simulated[index]),
                    float(one.measured[index]) if np.isfinite(one.measured[index]) else None,
                ]
                for index in chosen
            ],
        }


@dataclass
class Runner:
    """A loaded model of an attachment; windows of telemetry are read once."""

    plant: Plant
    attachment: Attachment
    process: ModelProcess
    file: Path
    notes: tuple[str, ...]
    tell: Tell
    _grids: dict[tuple[datetime, datetime], Grid] = field(default_factory=dict)

    @property
    def description(self) -> Description:
        """What the model has."""
        return self.process.description

    @property
    def healthy(self) -> dict[str, float]:
        """Every parameter of the sound machine, as the attachment states it, else as the model does."""
        own = {one.name: one.value for one in self.description.parameters if one.value is not None}
        return own | self.attachment.healthy

    def simulate(self, start: datetime, end: datetime, changes: Mapping[str, float] | None = None) -> Simulation:
        """The model over a window, with some parameters other than healthy.

        Raises:
            UnknownNameError: there is no such parameter; InputError: one is out of its range, or the window is bad.
            NoDataError: an input or every output has no data there.
            SimulationError: the model failed.
        """
        self.check(changes or {})
        document = self.attachment.document
        run_up = timedelta(seconds=document.warm_up_s)
        if (min(end, self.plant.at) - start).total_seconds() < 3 * document.step_s:
            text = f"from {iso(start)} to {iso(end)} there is no room for three steps of {document.step_s:g} s"
            raise InputError(text, code="simulation.window")
        grid = self._grid(start - run_up, end)
        parameters = self.attachment.healthy | dict(changes or {})
        inputs, holes = {}, np.zeros(len(grid.times), dtype=np.bool_)
        for name, key in self.attachment.inputs.items():
            tie = document.inputs[name]
            values, wide = grid.joined(key)
            inputs[name], holes = tie.scale * values + tie.offset, holes | wide
        found = self.process.run(
            grid.seconds,
            inputs,
            parameters,
            list(self.attachment.outputs),
            lambda share: self.tell(f"{share:.0%} done"),
        )
        shown = grid.times >= grid.times[0] + round(document.warm_up_s * 1e6)
        comparisons = [self._compared(name, grid, found[name], shown, holes) for name in self.attachment.outputs]
        kept = tuple(one for one in comparisons if one.compared.sum() >= 3)
        if not kept:
            raise InputError("no output was measured while the inputs were; nothing can be compared", code="no_data")
        left = [str(one.key) for one in comparisons if one not in kept]
        notes = (*self.notes, *([f"not measured in this window: {', '.join(left)}"] if left else []))
        shown_file = self.file.relative_to(self.plant.folder).as_posix()
        return Simulation(
            self.attachment, shown_file, self.description.kind, parameters, grid.times[shown], kept, notes
        )

    def check(self, changes: Mapping[str, float]) -> None:
        """That parameters exist and lie in their ranges.

        Raises:
            UnknownNameError: there is no such parameter; the nearest names are suggested.
            InputError: a value lies out of the declared range.
        """
        known = {one.name: one for one in self.description.parameters}
        for name, value in changes.items():
            if name not in known:
                raise UnknownNameError.of("parameter", name, known)
            stated = self.attachment.document.parameters.get(name)
            lows = [low for low in (known[name].low, stated.low if stated else None) if low is not None]
            highs = [high for high in (known[name].high, stated.high if stated else None) if high is not None]
            unit = f" {known[name].unit}" if known[name].unit else ""
            if (lows and value < max(lows)) or (highs and value > min(highs)) or not np.isfinite(value):
                bounds = f"{max(lows) if lows else '…'} to {min(highs) if highs else '…'}{unit}"
                raise InputError(f"{name} is {value:g}{unit}; it must lie in {bounds}", code="simulation.range")

    def _grid(self, start: datetime, end: datetime) -> Grid:
        if (start, end) not in self._grids:
            keys = [*self.attachment.inputs.values(), *self.attachment.outputs.values()]
            self._grids[start, end] = read_grid(self.plant, keys, start, end, self.attachment.document.step_s)
        return self._grids[start, end]

    def _compared(
        self,
        name: str,
        grid: Grid,
        found: npt.NDArray[np.float64],
        shown: npt.NDArray[np.bool_],
        holes: npt.NDArray[np.bool_],
    ) -> Comparison:
        tie, key = self.attachment.document.outputs[name], self.attachment.outputs[name]
        simulated, measured = ((found - tie.offset) / tie.scale)[shown], grid.values[key][shown]
        compared = np.isfinite(measured) & ~holes[shown]
        return Comparison(name, key, self.plant.telemetry.info(key).unit, simulated, measured, compared)


@contextmanager
def open_model(
    plant: Plant,
    attachment: Attachment,
    *,
    limit_s: float = LIMIT_S,
    only: str | None = None,
    tell: Tell = lambda text: None,
) -> Iterator[Runner]:
    """The attachment's first model file that can run here, loaded in a process of its own.

    Args:
        limit_s: seconds for everything that is done with it.
        only: one of the attachment's files, by its name, instead of the first that can run.

    Raises:
        SimulationError: none can run: the extra is missing, no binary for this platform, or it is broken.
        ConfigError: the attachment names a variable that the model doesn't have, or leaves an input unfed.
    """
    files = [file for file in attachment.files if only is None or only in (file.name, file.suffix.lstrip("."))]
    if not files:
        raise UnknownNameError.of("model file", only or "", [file.name for file in attachment.files])
    able = [file for file in files if importlib.util.find_spec(_LIBRARIES[file.suffix.lower()])]
    if not able:
        needs = " or ".join(dict.fromkeys(_LIBRARIES[file.suffix.lower()] for file in files))
        raise SimulationError(f"simulating needs {needs}: pip install 'twinwright[simulate]'", code="simulation.extra")
    process, file, notes = _first_that_runs(attachment, able, limit_s)
    with process:
        _check_names(attachment, process.description)
        yield Runner(plant, attachment, process, file, notes, tell)


def _first_that_runs(
    attachment: Attachment, files: list[Path], limit_s: float
) -> tuple[ModelProcess, Path, tuple[str, ...]]:
    notes: list[str] = []
    for file in files:
        try:
            return ModelProcess(file, attachment.document.class_name, limit_s), file, tuple(notes)
        except SimulationError as error:
            # Another file of the same model may run where an FMU was built for another machine.
            if error.code != "simulation.platform" or file == files[-1]:
                raise
            notes.append(error.message)
    raise AssertionError("there is at least one file")


def _check_names(attachment: Attachment, model: Description) -> None:
    place = Path(FOLDER) / f"{attachment.name}.toml"
    groups: list[tuple[str, Mapping[str, Any], tuple[Variable, ...]]] = [
        ("inputs", attachment.document.inputs, model.inputs),
        ("outputs", attachment.document.outputs, model.outputs),
        ("parameters", attachment.document.parameters, model.parameters),
    ]
    groups += [(f"modes.{name}", mode.parameters, model.parameters) for name, mode in attachment.document.modes.items()]
    for section, named, there in groups:
        known = [one.name for one in there]
        for name in named:
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean {', '.join(near)}?" if near else f"; it has {', '.join(known) or 'none'}"
                kind = "parameters" if section.startswith("modes") else section
                text = f"{model.name} has no {name!r} among its {kind}{hint}"
                raise ConfigError(text, file=place, place=f"{section}.{name}", suggestions=near)
    unfed = [one.name for one in model.inputs if one.name not in attachment.document.inputs]
    if unfed:
        raise ConfigError(f"no signal feeds {', '.join(unfed)} of {model.name}", file=place, place="inputs")
