"""The Merkle tree of RFC 6962 over a log that grows: only the roots of its full subtrees are kept.

``leaf = SHA-256(0x00 ‖ record)``, ``node = SHA-256(0x01 ‖ left ‖ right)`` (RFC 6962, 2.1). What reads and proves
(`auditor.merkle`) is written apart from what writes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass
class Frontier:
    """Sizes and roots of the full subtrees from left to right; the sizes are the powers of two in `size`."""

    size: int = 0
    roots: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        """One more leaf, by its hash (32 bytes)."""
        width, root = 1, leaf
        while self.roots and self.roots[-1][0] == width:
            width, root = 2 * width, _node(self.roots.pop()[1], root)
        self.roots.append((width, root))
        self.size += 1

    def root(self) -> bytes:
        """The tree's root; that of no leaf at all is SHA-256 of nothing."""
        if not self.roots:
            return hashlib.sha256().digest()
        found = self.roots[-1][1]
        for _, left in reversed(self.roots[:-1]):
            found = _node(left, found)
        return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
