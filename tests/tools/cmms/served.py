"""One connector and the server that it talks to, for the tests that every connector has to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from twinwright_tools.cmms.credentials import Credentials
from twinwright_tools.cmms.protocol import Connector, NewOrder
from twinwright_tools.plant.config import CmmsConfig

WRONG = "not-the-secret-at-all"


@dataclass(frozen=True)
class Product:
    """How a product is started and reached.

    Attributes:
        kind: the connector's name.
        start: starts a server on a folder (again).
        connector: the connector for a configuration, a plant folder and credentials.
        options: the `[cmms.options]` that it needs.
        secrets: the right credentials.
        create, comment, upload: method and end of the path of the requests that make something.
        also: the options of the place where it keeps notes or alarms, over `options`.
        also_path: the end of the path that lists them.
        conditional: whether the product itself refuses a change to what has changed.
    """

    kind: str
    start: Callable[[Path], Any]
    connector: Callable[[CmmsConfig, Path, Credentials], Connector]
    options: dict[str, str]
    secrets: dict[str, str]
    create: tuple[str, str]
    comment: tuple[str, str]
    upload: tuple[str, str]
    also: dict[str, str]
    also_path: str
    conditional: bool
    path: str = ""


@dataclass
class Served:
    """A running server with three assets, line ⊃ pump ⊃ seal, and a connector to it.

    Attributes:
        slept: the pauses that the connector made, in seconds.
    """

    product: Product
    folder: Path
    server: Any = None
    connector: Any = None
    line: str = ""
    pump: str = ""
    seal: str = ""
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = self.product.start(self.folder)
        self.line = self.server.add_asset("LINE-3", "Line 3")
        self.pump = self.server.add_asset("PUMP-7", "Pump 7", self.line)
        self.seal = self.server.add_asset("SEAL-7", "Seal of pump 7", self.pump)
        self.connector = self.connect()

    def connect(self, *, right: bool = True, timeout_s: float = 20.0, **options: str) -> Any:
        """A new connector, as after a restart of ours."""
        given = {name: value if right or name == "user" else WRONG for name, value in self.product.secrets.items()}
        config = CmmsConfig(
            kind=self.product.kind,
            url=self.server.url + self.product.path,
            timeout_s=timeout_s,
            options=self.product.options | options,
        )
        secrets = {name: value if name == "user" else SecretStr(value) for name, value in given.items()}
        connector: Any = self.product.connector(config, self.folder, Credentials(**secrets))
        connector._http._sleep = self.slept.append
        return connector

    def restart(self) -> None:
        """The server's process ends and another begins with what is on its disk."""
        self.server.close()
        self.server = self.product.start(self.folder)
        self.connector = self.connect()


def new_order(key: str, asset: str, **changes: Any) -> NewOrder:
    """An order for tests; the key as the drafts have it, 64 hexadecimal digits."""
    given: dict[str, Any] = {
        "key": key,
        "asset": asset,
        "title": "Replace the bearing",
        "text": "Vibration rose from 2.1 mm/s to 7.4 mm/s.\n1. Lock out M7.\n2. Replace the bearing.",
        "failure_mode": "bearing_wear",
        "priority": "P2",
        "start": datetime(2030, 1, 7, 6, tzinfo=UTC),
        "due": datetime(2030, 1, 9, 14, tzinfo=UTC),
        "duration_h": 3.5,
        "by": "Ada Planner",
    }
    return NewOrder(**given | changes)
