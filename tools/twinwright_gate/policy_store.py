"""The policy that is in force, on disk: loaded once, never replaced by an older one.

The folder belongs to the gate's user alone. It holds the signed bundle as it was loaded, and the highest version that
ever was. Nothing there, nothing readable or nothing that verifies all mean the same: no policy, and actuation is off.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from .bundle import Anchors, Bundle, read_bundle, verify_bundle
from .canonical import canonical
from .errors import PolicyError
from .notation import PublicKey
from .paths import safe_parent
from .policy import Policy
from .policy_diff import Widening, widenings
from .schema import Part

BUNDLE = "policy.json"
HIGH_WATER = "high-water.json"


class HighWater(Part):
    """The highest policy version that was ever loaded, and its digest."""

    version: Annotated[int, Field(ge=1)]
    digest: PublicKey


class PolicyStore:
    """The folder with the policy in force."""

    def __init__(self, folder: Path, anchors: Anchors) -> None:
        """Uses a folder that nobody else can write.

        Raises:
            UnsafePathError: others could.
        """
        safe_parent(folder / BUNDLE)
        self._folder = folder
        self._anchors = anchors

    def high_water(self) -> HighWater | None:
        """The highest policy that ever was, or None if there was none.

        Raises:
            PolicyError: it can't be read.
        """
        path = self._folder / HIGH_WATER
        try:
            return HighWater.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise PolicyError(f"{path} can't be read; until it can, actuation is off") from error

    def current(self) -> Policy | None:
        """The policy in force, verified anew; None where none was ever loaded.

        Raises:
            PolicyError: what is there doesn't verify, or is not the highest that ever was: actuation is off.
        """
        high = self.high_water()
        if high is None:
            return None
        policy = verify_bundle(read_bundle(self._folder / BUNDLE), self._anchors)
        if (policy.version, policy.digest) != (high.version, high.digest):
            raise PolicyError(f"policy {policy.version} is not {high.version}, the highest that was in force here")
        return policy

    def load(self, bundle: Bundle) -> tuple[Widening, ...]:
        """Puts a policy in force and returns what it newly allows.

        The high water is written first: a crash in between leaves no policy in force, and loading again mends it.

        Raises:
            PolicyError: it doesn't verify, isn't newer than every policy before, or newly allows something and has no
                record of a management of change.
        """
        policy, high, before = verify_bundle(bundle, self._anchors), self.high_water(), self._before()
        was = [(one.version, one.digest) for one in (high, before) if one is not None]
        if was and policy.version <= max(was)[0] and (policy.version, policy.digest) != max(was):
            raise PolicyError(f"version {policy.version} is not above {max(was)[0]}, which was in force here")
        found = widenings(before, policy)
        if found and policy.moc is None:
            words = tuple(f"{one.place}: {one.words}" for one in found)
            raise PolicyError(f"it would newly allow {len(found)} things and names no moc record", words)
        self._write(HIGH_WATER, canonical({"version": policy.version, "digest": policy.digest}))
        self._write(BUNDLE, bundle.encode())
        return found

    def _before(self) -> Policy | None:
        """The policy before, if it still verifies; if not, everything that the new one allows is new."""
        try:
            return verify_bundle(read_bundle(self._folder / BUNDLE), self._anchors)
        except PolicyError:
            return None

    def _write(self, name: str, data: bytes) -> None:
        path, aside = self._folder / name, self._folder / f".{name}.new"
        try:
            with aside.open("wb") as file:
                aside.chmod(0o600)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise PolicyError(f"{path} can't be written: {error.strerror}") from error


def widening_document(found: tuple[Widening, ...]) -> list[dict[str, object]]:
    """Widenings as JSON."""
    return [json.loads(json.dumps({"place": one.place, "words": one.words, "example": one.example})) for one in found]
