"""Who may draft, edit and submit: `roles.toml` in the plant folder. Without it, whoever runs Twinwright may do all.

People are known by their account on this machine; that a person at it is who the account says, the system has checked.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import ConfigError, OrderError, nearest

ROLES_FILE = "roles.toml"
Right = Literal["draft", "edit", "submit", "admin"]
RIGHTS: tuple[str, ...] = get_args(Right)


class _Roles(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: dict[str, list[Right]]
    people: dict[str, list[str]]


@dataclass(frozen=True)
class Rights:
    """What each person may do; `single_user` where there is no roles file.

    Attributes:
        people: rights by account name; every person that is named may read.
    """

    people: Mapping[str, frozenset[str]]
    single_user: bool

    def may(self, person: str, right: Right) -> bool:
        """Whether a person has a right; an admin has all."""
        return self.single_user or bool({right, "admin"} & self.people.get(person, frozenset()))

    def demand(self, person: str, right: Right) -> None:
        """Nothing, if the person has the right.

        Raises:
            OrderError: they don't; it says who has.
        """
        if self.may(person, right):
            return
        who = sorted(name for name in self.people if self.may(name, right))
        raise OrderError(
            f"{person} may not {right} orders ({ROLES_FILE}); {', '.join(who) or 'nobody'} may", code="order.rights"
        )

    def demand_reading(self, person: str) -> None:
        """Nothing, if the person stands in the roles file at all.

        Raises:
            OrderError: they don't.
        """
        if not self.single_user and person not in self.people:
            raise OrderError(f"{person} stands in no role of {ROLES_FILE}, so may not read orders", code="order.rights")

    def acting(self, account: str, named: str | None) -> str:
        """In whose name an account acts, for the log: its own, or that of somebody else it was told.

        Raises:
            OrderError: it names somebody else without being an admin.
        """
        if not named or named.strip() in ("", account):
            return account
        if not self.single_user:
            self.demand(account, "admin")
        return f"{named.strip()} (entered by {account})"


def read_rights(folder: Path) -> Rights:
    """The rights of a plant folder.

    Raises:
        ConfigError: its roles file can't be read, or names a right or a role that isn't there. Nobody may then do
            anything: a broken file is no open door.
    """
    file = folder / ROLES_FILE
    try:
        text = file.read_bytes().decode("utf-8-sig")
        found = _Roles.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        return Rights({}, single_user=True)
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=file) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"is no TOML: {error}", file=file, code="plant.config.syntax") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ConfigError(f"{first['msg']}; the rights are {', '.join(RIGHTS)}", file=file, place=place) from error
    people: dict[str, frozenset[str]] = {}
    for person, roles in found.people.items():
        for role in roles:
            if role not in found.roles:
                near = nearest(role, found.roles)
                text = f"there is no role {role!r}" + (f"; did you mean {near[0]!r}?" if near else "")
                raise ConfigError(text, file=file, place=f"people.{person}", suggestions=near)
        people[person] = frozenset(right for role in roles for right in found.roles[role])
    return Rights(people, single_user=False)


def account() -> str:
    """The account that this process runs as, as the system knows it: no environment variable can say otherwise."""
    try:
        import pwd
    except ImportError:  # not a Unix
        return os.getlogin()
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
