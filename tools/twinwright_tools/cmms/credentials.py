"""Credentials for a CMMS: from the environment or a file that only its owner reads, never from `twinwright.toml`."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from ..errors import CmmsLoginError, ConfigError, nearest

PREFIX = "TWINWRIGHT_CMMS_"
FILE_VARIABLE = f"{PREFIX}CREDENTIALS_FILE"


class Credentials(BaseModel):
    """What a login takes; a product uses some of it. Every secret is hidden in `repr` and in logs.

    Attributes:
        user, password: a login.
        token: an API key or access token.
        client_id, client_secret: an OAuth 2 client.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None

    def secrets(self) -> tuple[SecretStr, ...]:
        """Every value that must not be shown."""
        return tuple(one for one in (self.password, self.token, self.client_secret) if one is not None)

    def login(self, product: str) -> tuple[str, SecretStr]:
        """User and password.

        Raises:
            CmmsLoginError: one of them wasn't given.
        """
        if not self.user or self.password is None:
            raise self.lacking(product, "user", "password")
        return self.user, self.password

    @staticmethod
    def lacking(product: str, *names: str) -> CmmsLoginError:
        """The error that tells where the credentials of these names belong."""
        variables = " and ".join(f"{PREFIX}{name.upper()}" for name in names)
        keys = " and ".join(names)
        return CmmsLoginError(
            f"{product} wants credentials: set {variables}, or {FILE_VARIABLE} to a file with {keys} that only you "
            "can read (chmod 600)",
            code="cmms.login.none",
        )


def read_credentials(environment: Mapping[str, str]) -> Credentials:
    """The credentials in the file that TWINWRIGHT_CMMS_CREDENTIALS_FILE names, and over them those in the environment.

    The variables are TWINWRIGHT_CMMS_USER, _PASSWORD, _TOKEN, _CLIENT_ID and _CLIENT_SECRET; the file is TOML with
    the keys ``user``, ``password`` and so on.

    Raises:
        ConfigError: the file can't be read, others can read it, or it holds something else.
    """
    named = environment.get(FILE_VARIABLE, "").strip()
    values = _from_file(Path(named)) if named else {}
    for name in Credentials.model_fields:
        # Only a value that was set counts; a trailing newline comes from `$(cat secret)`.
        if given := environment.get(f"{PREFIX}{name.upper()}", "").strip("\r\n"):
            values[name] = given
    return Credentials.model_validate(values)


def _from_file(file: Path) -> dict[str, str]:
    text = _read_private(file)
    try:
        document = tomllib.loads(text)
        Credentials.model_validate(document)
    except tomllib.TOMLDecodeError:
        # The parser's own words may quote the line, and with it the secret.
        raise ConfigError('is no TOML; a line is for example: token = "…"', file=file) from None
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"])
        near = nearest(place, Credentials.model_fields)
        keys = ", ".join(Credentials.model_fields)
        raise ConfigError(f"every key is one of {keys}, with text", file=file, place=place, suggestions=near) from None
    return {key: str(value) for key, value in document.items()}


def _read_private(file: Path) -> str:
    """The text of a file that belongs to this user and that nobody else can read; what was opened is what is checked.

    Raises:
        ConfigError: it isn't such a file.
    """
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            if os.name == "posix":
                _check_private(file, status)
            return opened.read().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}; {FILE_VARIABLE} names it", file=file) from error
    except UnicodeDecodeError:
        raise ConfigError("is no UTF-8 text", file=file) from None


def _check_private(file: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise ConfigError(
            f"others can read or write it (mode {mode:o}); it holds credentials: chmod 600 {file}",
            file=file,
            code="cmms.credentials_mode",
        )
    if status.st_uid != os.geteuid():
        raise ConfigError("belongs to another user; credentials are read from your own file only", file=file)
