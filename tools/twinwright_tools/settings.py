"""What a process was told by its command line and its environment, read once at the entry and handed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Settings(BaseModel):
    """The one set of settings of a process; nothing else reads the environment.

    Attributes:
        plant: the plant folder; telemetry: these files instead of the folder's, if any.
        state: the folder for runs, orders and caches that was asked for, or None for the plant's own.
        cache_home: the user's cache folder, for plants that can't be written.
        at: the moment of asking, or None for the newest telemetry.
        model: ``auto``, ``rules`` or the name of a Claude model.
        postgres: connection string of a PostgreSQL for checkpoints, or None for SQLite; it may hold a password.
        traces: ``off``, ``on`` or ``content``: OpenTelemetry spans of a run.
    """

    model_config = ConfigDict(frozen=True)

    plant: Path = Path()
    telemetry: tuple[Path, ...] = ()
    state: Path | None = None
    cache_home: Path = Field(default_factory=lambda: Path.home() / ".cache")
    at: datetime | None = None
    as_json: bool = False
    model: str = "auto"
    api_key: SecretStr | None = None
    base_url: str | None = None
    postgres: SecretStr | None = None
    traces: str = "off"

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        *,
        plant: Path = Path(),
        telemetry: Sequence[Path] = (),
        state: Path | None = None,
        at: datetime | None = None,
        as_json: bool = False,
        model: str = "auto",
    ) -> Settings:
        """Settings of a command line and its environment.

        Read are ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, TWINWRIGHT_POSTGRES, TWINWRIGHT_TRACES, XDG_CACHE_HOME and HOME.
        """
        key = environment.get("ANTHROPIC_API_KEY", "").strip()
        postgres = environment.get("TWINWRIGHT_POSTGRES", "").strip()
        return cls(
            plant=plant,
            telemetry=tuple(telemetry),
            state=state,
            cache_home=_cache_home(environment),
            at=at,
            as_json=as_json,
            model=model,
            api_key=SecretStr(key) if key else None,
            base_url=environment.get("ANTHROPIC_BASE_URL", "").strip() or None,
            postgres=SecretStr(postgres) if postgres else None,
            traces=environment.get("TWINWRIGHT_TRACES", "").strip() or "off",
        )


def _cache_home(environment: Mapping[str, str]) -> Path:
    """The XDG base directory specification: an absolute $XDG_CACHE_HOME, else ~/.cache."""
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named
    return Path(environment.get("HOME") or Path.home()) / ".cache"
