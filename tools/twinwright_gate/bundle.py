"""A signed policy: the compiled table and the signatures of those who answer for it.

Who may sign is told by the anchors, a file that the site's owner puts beside the gate. Their keys are offline and
belong to nobody who takes part in the running system; no policy can name or change them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, ValidationError

from .canonical import canonical
from .errors import PolicyError
from .lint import lint
from .notation import Id, PublicKey
from .policy import Policy
from .schema import Part
from .signing import Use, public_hex, sign, verifies
from .source import MAX_BYTES, MAX_DEPTH, parse_compiled
from .strict import Malformed, load


class Signer(Part):
    """Somebody who may sign policies."""

    signer: Id
    public_key: PublicKey


class Anchors(Part):
    """Who may sign a site's policies, and how many of them it takes: two at least."""

    v: Annotated[int, Field(ge=1, le=1)]
    site: Id
    quorum: Annotated[int, Field(ge=2, le=16)]
    signers: Annotated[tuple[Signer, ...], Field(min_length=2, max_length=64)]


class PolicySignature(Part):
    """One signature (Ed25519, hex) over the compiled table."""

    signer: Id
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]


class Bundle(Part):
    """A compiled policy and its signatures."""

    policy: Policy
    signatures: tuple[PolicySignature, ...]

    def encode(self) -> bytes:
        """The bundle's file: canonical JSON and a line's end."""
        return canonical(self.model_dump(mode="json")) + b"\n"


def read_anchors(path: Path) -> Anchors:
    """The anchors in a file.

    Raises:
        PolicyError: it can't be read, or isn't one; two signers have one name or key.
    """
    try:
        anchors = Anchors.model_validate_json(json.dumps(_read(path)))
    except ValidationError as error:
        raise PolicyError(f"{path} names no signers: {error.errors(include_url=False)[0]['msg']}") from error
    names = {one.signer for one in anchors.signers}
    keys = {one.public_key for one in anchors.signers}
    if not len(names) == len(keys) == len(anchors.signers) >= anchors.quorum:
        raise PolicyError(f"{path}: a signer or key stands twice, or there are fewer than the quorum")
    return anchors


def read_bundle(path: Path) -> Bundle:
    """The bundle in a file; nothing is verified yet.

    Raises:
        PolicyError: it can't be read, or isn't one.
    """
    return parse_bundle(_read(path), str(path))


def parse_bundle(document: dict[str, Any], name: str) -> Bundle:
    """The bundle in a JSON object.

    Raises:
        PolicyError: it isn't one.
    """
    if set(document) != {"policy", "signatures"}:
        raise PolicyError(f"{name} is no signed policy: it has to have policy and signatures, and nothing else")
    policy = parse_compiled(document["policy"], name)
    try:
        raw = json.dumps({"policy": policy.document(), "signatures": document["signatures"]})
        return Bundle.model_validate_json(raw)
    except ValidationError as error:
        raise PolicyError(f"{name}: its signatures can't be read") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return load(path.read_bytes(), MAX_BYTES, MAX_DEPTH)
    except (OSError, Malformed) as error:
        raise PolicyError(f"{path} can't be read: {error}") from error


def sign_policy(policy: Policy, key: Ed25519PrivateKey, anchors: Anchors, before: Bundle | None) -> Bundle:
    """The policy with one more signature.

    Raises:
        PolicyError: it has faults, the key is none of the anchors', or the signatures before are over another policy.
    """
    _refuse_faults(policy)
    public = public_hex(key)
    names = [one.signer for one in anchors.signers if one.public_key == public]
    if not names:
        raise PolicyError("this key is none of the anchors': only those can sign a policy")
    if before is not None and before.policy.digest != policy.digest:
        raise PolicyError("the signatures that are there are over another policy; begin anew")
    others = () if before is None else tuple(one for one in before.signatures if one.signer != names[0])
    mine = PolicySignature(signer=names[0], signature=sign(key, Use.POLICY, policy.document()))
    return Bundle(policy=policy, signatures=(*others, mine))


def verify_bundle(bundle: Bundle, anchors: Anchors) -> Policy:
    """The policy, if it is for this site, without a fault, and signed by enough of those who may.

    Raises:
        PolicyError: it isn't; a single bad signature is enough.
    """
    policy, keys = bundle.policy, {one.signer: one.public_key for one in anchors.signers}
    document = policy.document()
    for one in bundle.signatures:
        if one.signer not in keys or not verifies(keys[one.signer], Use.POLICY, document, one.signature):
            raise PolicyError(f"the signature of {one.signer!r} is not one of the anchors' over this policy")
    signed = {one.signer for one in bundle.signatures}
    if len(signed) < anchors.quorum:
        raise PolicyError(f"{len(signed)} have signed; it takes {anchors.quorum} of {sorted(keys)}")
    if policy.site != anchors.site:
        raise PolicyError(f"the policy is for {policy.site!r}, the anchors for {anchors.site!r}")
    held = {policy.gate_key, *(one.public_key for one in policy.executors)}
    held |= {key.public_key for person in policy.persons for key in person.keys}
    if held & set(keys.values()):
        raise PolicyError("a key that signs policies is used in the running system too; make another")
    _refuse_faults(policy)
    return policy


def _refuse_faults(policy: Policy) -> None:
    if faults := lint(policy):
        raise PolicyError(f"the policy has {len(faults)} faults, the first: {faults[0]}", faults)
