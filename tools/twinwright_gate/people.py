"""The part of a policy that is about people and programs: who may propose, who may approve, with which keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .notation import Flag, Id, PublicKey, Utc, Whole
from .plan import RiskClass
from .schema import Part


class Key(Part):
    """A public key (Ed25519, hex) of one person."""

    key_id: Id
    public_key: PublicKey
    revoked: Flag


class Authority(Part):
    """What a person may approve: in which role, for which classes and points (binding ids), until when."""

    role: Id
    classes: tuple[RiskClass, ...]
    bindings: tuple[Id, ...]
    valid_until_utc: Utc


class Person(Part):
    """A human being; a ``shared`` account (a team's, a role's) is known too, so that it can be refused by name.

    Attributes:
        keys: one or more; two keys of one person are still one person.
        proposes: the points (binding ids) that the person may have an agent propose for.
    """

    person_id: Id
    kind: Literal["person", "shared"]
    keys: tuple[Key, ...]
    authorities: tuple[Authority, ...]
    proposes: tuple[Id, ...]


class Agent(Part):
    """A program that may propose: the user that it runs as, the points it may propose for, and whether on its own."""

    agent_id: Id
    uid: Annotated[Whole, Field(lt=2**32)]
    proposes: tuple[Id, ...]
    unattended: Flag


class Executor(Part):
    """The holder of a device credential: its key, and the networks that it reaches."""

    executor_id: Id
    public_key: PublicKey
    networks: tuple[Id, ...]


class Quorum(Part):
    """How many distinct people (n of the m who are eligible) sign, and how many supervisors beside them."""

    n: Whole
    m: Whole
    supervisors: Whole


class Matrix(Part):
    """The quorum for each risk class."""

    low: Quorum
    medium: Quorum
    high: Quorum

    def of(self, risk: RiskClass) -> Quorum:
        """The quorum of a class."""
        return {"L": self.low, "M": self.medium, "H": self.high}[risk]
