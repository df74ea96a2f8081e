"""Where a CMMS answers, and whose certificates are trusted there."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import ConfigError, nearest
from ..plant.config import CONFIG_FILE, CmmsConfig

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Options(BaseModel):
    """What a connector needs beside address and credentials, as ``[cmms.options]`` holds it; each adds its own fields.

    Attributes:
        plain_http: "yes" allows http instead of https; the credentials are then sent in the clear.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plain_http: Literal["yes", "no"] = "no"


AnyOptions = TypeVar("AnyOptions", bound=Options)


@dataclass(frozen=True)
class Site:
    """Where a CMMS answers.

    Attributes:
        product: its name for people.
        url: the base of every path, without a slash at its end.
        ca_file: certificates (PEM) to trust beside the system's, or None.
        timeout_s: how long one request may take, in seconds.
    """

    product: str
    url: str
    ca_file: Path | None = None
    timeout_s: float = 30.0


def read_options(config: CmmsConfig, folder: Path, model: type[AnyOptions]) -> AnyOptions:
    """The connector's own options.

    Raises:
        ConfigError: one is missing, unknown or wrong.
    """
    try:
        return model.model_validate(config.options)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        near = nearest(name, model.model_fields) if first["type"] == "extra_forbidden" else []
        words = f"there is no such option; there are {', '.join(model.model_fields)}" if near else first["msg"]
        place = f"cmms.options.{name}"
        raise ConfigError(
            words.removeprefix("Value error, "), file=folder / CONFIG_FILE, place=place, suggestions=near
        ) from None


def site_of(config: CmmsConfig, folder: Path, product: str) -> Site:
    """The site that `twinwright.toml` names.

    Raises:
        ConfigError: `url` is missing, holds credentials, or would send them in the clear.
    """
    file = folder / CONFIG_FILE
    if not config.url:
        raise ConfigError(f"{product} needs the address where it answers", file=file, place="cmms.url")
    try:
        url = urlsplit(config.url)
        host = url.hostname
    except ValueError as error:
        raise ConfigError(f"is no URL: {error}", file=file, place="cmms.url") from None
    if url.scheme not in ("http", "https") or not host:
        raise ConfigError("is no URL such as https://cmms.example.com", file=file, place="cmms.url")
    if "@" in url.netloc or url.query or url.fragment:
        raise ConfigError("takes no user, password, query or fragment", file=file, place="cmms.url")
    if url.scheme == "http" and host not in _LOOPBACK and config.options.get("plain_http") != "yes":
        raise ConfigError(
            'would send credentials unencrypted; use https, or set plain_http = "yes" under [cmms.options]',
            file=file,
            place="cmms.url",
        )
    ca_file = folder / config.ca_file if config.ca_file else None
    return Site(product, config.url.rstrip("/"), ca_file, config.timeout_s)


def trust(site: Site) -> ssl.SSLContext:
    """The system's certificates (SSL_CERT_FILE and SSL_CERT_DIR are honoured) and the site's own."""
    context = ssl.create_default_context()
    if site.ca_file is not None:
        try:
            context.load_verify_locations(cafile=site.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"holds no certificates (PEM): {error}", file=site.ca_file, place="cmms.ca_file"
            ) from None
    return context
