"""The options that commands share, and how a plant is opened from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from twinwright_tools.times import parse_time

if TYPE_CHECKING:
    from twinwright_tools.settings import Settings

    from twinwright_tools.plant import Plant

Function = TypeVar("Function", bound=Callable[..., Any])


class Time(click.ParamType[datetime]):
    """An ISO 8601 time with a zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        return value if isinstance(value, datetime) else parse_time(str(value))


TIME = Time()


@dataclass(frozen=True)
class Options:
    """What every command that opens a plant was told."""

    plant: Path
    telemetry: tuple[Path, ...]
    state: Path | None
    as_json: bool

    def settings(self, at: datetime | None = None, model: str = "auto") -> Settings:
        """The one Settings of this process, with what the environment says."""
        from twinwright_tools.settings import Settings

        return Settings.from_environment(
            os.environ, plant=self.plant, telemetry=self.telemetry, state=self.state, at=at, model=model
        )

    @contextmanager
    def opened(self, at: datetime | None = None) -> Iterator[Plant]:
        """The plant, open for the length of the block; nothing after `at` can be read through it."""
        from twinwright_tools.plant import open_plant

        from .output import working

        with working(self.as_json) as progress:
            plant = open_plant(self.plant, telemetry=self.telemetry, state=self.state, at=at, progress=progress)
        with plant:
            yield plant


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
        return function(options=Options(plant, telemetry, state, as_json), **rest)

    return with_options  # type: ignore[return-value]  # click's decorators keep no signature


def at_option(function: Function) -> Function:
    """Adds --at."""
    return click.option(
        "--at", type=TIME, help="The moment of asking; nothing later is read (default: the newest telemetry)."
    )(function)
