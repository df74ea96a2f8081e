"""The options that commands share, and how a plant is opened from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from twinwright_tools.errors import InputError, QueryError, TimeFormatError
from twinwright_tools.times import parse_time

from .output import in_zone, working

if TYPE_CHECKING:
    from twinwright_tools.plant import Plant
    from twinwright_tools.settings import Settings
    from twinwright_tools.twins.changes.store import TwinStore

Function = TypeVar("Function", bound=Callable[..., Any])


class Time(click.ParamType[datetime]):
    """An ISO 8601 time with a zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        return value if isinstance(value, datetime) else parse_time(str(value))


TIME = Time()


@dataclass(frozen=True)
class Options:
    """What a command was told: the one Settings of this process."""

    settings: Settings

    @property
    def as_json(self) -> bool:
        """Whether one JSON document is wanted on standard output."""
        return self.settings.as_json

    def twins(self) -> TwinStore:
        """The twins of the plant and the log of their changes; nothing else of the plant is read."""
        from twinwright_tools.plant.plant import open_twins

        return open_twins(self.settings.plant, state=self.settings.state, cache_home=self.settings.cache_home)

    @contextmanager
    def opened(
        self, at: datetime | None = None, as_of: datetime | None = None, doing: str | None = None
    ) -> Iterator[Plant]:
        """The plant, open for the length of the block; nothing after `at` can be read through it.

        With `as_of`, it is the twins as they stood then, without telemetry and history. `doing` says what the block
        does, and is shown until it ends; None for one that prints, asks, or tells its own progress.
        """
        from twinwright_tools.plant import open_plant

        told = self.settings
        with ExitStack() as shown:
            progress = shown.enter_context(working(told.as_json, doing="opening the plant"))
            plant = open_plant(
                told.plant,
                telemetry=told.telemetry,
                state=told.state,
                at=at,
                as_of=as_of,
                progress=progress,
                cache_home=told.cache_home,
            )
            if doing is None:
                shown.close()
            else:
                progress(doing)
            with plant:
                try:
                    yield plant
                except InputError as error:
                    # What quotes the text that was refused quotes it as it was written.
                    if not told.as_json and not isinstance(error, QueryError | TimeFormatError):
                        error.message = in_zone(error.message, plant.zone)
                    raise


def read_settings(
    plant: Path = Path(),
    telemetry: tuple[Path, ...] = (),
    state: Path | None = None,
    as_json: bool = False,
    model: str = "auto",
) -> Options:
    """The settings of this process: its command line and, read here and nowhere else, its environment."""
    from twinwright_tools.settings import Settings

    return Options(
        Settings.from_environment(
            os.environ, plant=plant, telemetry=telemetry, state=state, as_json=as_json, model=model
        )
    )


def plant_options(function: Function) -> Function:
    """Adds -C, --telemetry, --state and --json, and hands them to the command as `options`."""

    @click.option(
        "-C",
        "plant",
        type=click.Path(path_type=Path),
        default=Path(),
        help="The plant folder (default: the folder you stand in).",
    )
    @click.option(
        "--telemetry",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE…",
        help="These telemetry files instead of the folder's.",
    )
    @click.option(
        "--state",
        type=click.Path(path_type=Path),
        help="Where runs, orders and caches go (default: PLANT/.twinwright).",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
    @wraps(function)
    def with_options(plant: Path, telemetry: tuple[Path, ...], state: Path | None, as_json: bool, **rest: Any) -> Any:
        # `model` is an option of some commands only; it belongs to the settings too.
        told = read_settings(plant, telemetry, state, as_json, rest.pop("model", "auto"))
        return function(options=told, **rest)

    return with_options  # type: ignore[return-value]  # click's decorators keep no signature


def at_option(function: Function) -> Function:
    """Adds --at."""
    return click.option(
        "--at", type=TIME, help="The moment of asking; nothing later is read (default: the newest telemetry)."
    )(function)


_BOUNDS: tuple[tuple[str, click.ParamType[Any], str], ...] = (
    ("turns", click.IntRange(min=1), "Model turns at most."),
    ("tokens", click.IntRange(min=1), "Tokens at most, cached ones included."),
    ("seconds", click.FloatRange(min=0, min_open=True), "Seconds at most."),
    ("usd", click.FloatRange(min=0, min_open=True), "US dollars at most, by the published prices."),
)


def budget_options(function: Function) -> Function:
    """Adds --turns, --tokens, --seconds and --usd, and hands those that were given to the command as `bounds`."""

    @wraps(function)
    def with_bounds(**rest: Any) -> Any:
        bounds = {name: rest.pop(f"bound_{name}") for name, _, _ in _BOUNDS}
        return function(bounds={name: value for name, value in bounds.items() if value is not None}, **rest)

    for name, kind, text in reversed(_BOUNDS):
        option = click.option(f"--{name}", f"bound_{name}", type=kind, help=f"{text} (default: [budget])")
        with_bounds = option(with_bounds)
    return with_bounds  # type: ignore[return-value]  # click's decorators keep no signature


def model_option(function: Function) -> Function:
    """Adds --model; it lands in the settings."""
    return click.option(
        "--model",
        default="auto",
        show_default=True,
        metavar="auto|rules|claude-…",
        help="What drives it: Claude where a key is set, else the built-in rules.",
    )(function)
