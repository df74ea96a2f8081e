"""Roots, inclusion and consistency proofs of RFC 9162, section 2.1, over a list of leaf hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes (MTH of RFC 9162, 2.1.1)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    # Pairing from the left and carrying an odd last one up gives the same tree as the RFC's split.
    while len(level) > 1:
        paired = [_node(level[index], level[index + 1]) for index in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that the leaf of that index is in the tree (2.1.3.1).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError(f"there is no record {index} among {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], claimed: bytes) -> bool:
    """Whether a proof shows a leaf in the tree of that size and root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    low, last, found = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if low & 1 or low == last:
            found = _node(one, found)
            while low and not low & 1:
                low, last = low >> 1, last >> 1
        else:
            found = _node(found, one)
        low, last = low >> 1, last >> 1
    return last == 0 and found == claimed


def consistency(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that the tree over the first leaves is the beginning of this one (2.1.4.1).

    Raises:
        ValueError: `first` is not between 1 and the number of leaves.
    """
    if not 0 < first <= len(leaves):
        raise ValueError(f"a beginning of {first} records can't be compared with a log of {len(leaves)}")
    return _subproof(leaves, first, True)


def consistent(first: int, second: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows the tree `old` of `first` leaves as the beginning of `new` of `second` (2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and old == new
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, old)
    if not path:
        return False
    low, last = first - 1, second - 1
    while low & 1:
        low, last = low >> 1, last >> 1
    was = now = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if low & 1 or low == last:
            was, now = _node(one, was), _node(one, now)
            while low and not low & 1:
                low, last = low >> 1, last >> 1
        else:
            now = _node(now, one)
        low, last = low >> 1, last >> 1
    return last == 0 and was == old and now == new


def _subproof(leaves: Sequence[bytes], first: int, complete: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if complete else [root(leaves)]
    split = _split(len(leaves))
    if first <= split:
        return [*_subproof(leaves[:split], first, complete), root(leaves[split:])]
    return [*_subproof(leaves[split:], first - split, False), root(leaves[:split])]


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
