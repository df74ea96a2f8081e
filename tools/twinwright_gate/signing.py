"""Ed25519 signatures over canonical bytes, each kind in a context of its own.

The algorithm is fixed: no key, signature or document names one, so that there is nothing to downgrade. What is signed
is ``context ‖ JCS(document)``, and a context ends with a zero byte: a signature made for a work order or an approval
can't be shown as one for a permit.
"""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .canonical import canonical
from .errors import KeyFileError

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


class Use(Enum):
    """What a signature is for; its bytes stand before what is signed."""

    PERMIT = b"twinwright/permit/v1\0"
    APPROVAL = b"twinwright/approval/v1\0"
    SNAPSHOT = b"twinwright/snapshot/v1\0"
    POLICY = b"twinwright/policy/v1\0"
    RESET = b"twinwright/reset/v1\0"
    TREE_HEAD = b"twinwright/tree-head/v1\0"
    OUTCOME = b"twinwright/outcome/v1\0"
    RECORD = b"twinwright/record/v1\0"


def sign(key: Ed25519PrivateKey, use: Use, document: dict[str, Any]) -> str:
    """The signature of a document for one use, in hex."""
    return key.sign(use.value + canonical(document)).hex()


def verifies(public_key: str, use: Use, document: dict[str, Any], signature: str) -> bool:
    """Whether a signature (hex) is that of the holder of a public key (hex), over this document, for this use."""
    return verifies_raw(public_key, use, canonical(document), signature)


def verifies_raw(public_key: str, use: Use, raw: bytes, signature: str) -> bool:
    """As `verifies`, over a document's canonical bytes."""
    key, told = _octets(public_key, _KEY_BYTES), _octets(signature, _SIGNATURE_BYTES)
    if key is None or told is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(told, use.value + raw)
    except (InvalidSignature, ValueError):
        return False
    return True


def _octets(text: str, length: int) -> bytes | None:
    """The bytes that hex digits stand for, if they are lower case and exactly so many."""
    if len(text) != 2 * length or not set(text) <= set("0123456789abcdef"):
        return None
    return bytes.fromhex(text)


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public key that belongs to a private one, in hex."""
    return key.public_key().public_bytes_raw().hex()


def new_key() -> Ed25519PrivateKey:
    """A new private key, from the system's source of randomness."""
    return Ed25519PrivateKey.generate()


def save_key(key: Ed25519PrivateKey, path: Path) -> None:
    """Writes a private key (PKCS 8, PEM) to a new file that only its owner can read.

    Raises:
        KeyFileError: something stands there already, or it can't be written.
    """
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileError(f"{path}: no key was written: {error.strerror}; name a file that isn't there yet") from error


def load_key(path: Path) -> Ed25519PrivateKey:
    """A private key from a file of ours that nobody else can read.

    Raises:
        KeyFileError: it can't be read, others may read it, or it holds no Ed25519 key.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            text = file.read(65536)
    except OSError as error:
        raise KeyFileError(f"{path} can't be read: {error.strerror}") from error
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise KeyFileError(f"{path} holds a private key, and others may read or change it: chmod 600 {path}")
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise KeyFileError(f"{path} holds no private key in PEM; make one with: twinwright-gate keys new") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds a key of another kind; the gate knows Ed25519 only")
    return key
