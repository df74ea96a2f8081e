"""Text as a person may see it: nothing in it is obeyed by a terminal, hides, or piles up on its neighbours."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

# Unicode's Default_Ignorable_Code_Point beyond the category C: letters and marks that show nothing.
_UNSEEN = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)
MOST_MARKS = 3  # on one letter; scripts in use need two, and a pile of them covers other lines


def hides(text: str) -> bool:
    """Whether something in it is not seen as itself: a control, bidirectional, unassigned or invisible character, a
    blank other than the space, or a pile of marks."""
    return any(not _seen(one) for one in text) or _piled(text)


def _seen(one: str) -> bool:
    return one.isprintable() and ord(one) not in _UNSEEN


def _piled(text: str) -> bool:
    count = 0
    for one in text:
        count = count + 1 if unicodedata.category(one) in ("Mn", "Me") else 0
        if count > MOST_MARKS:
            return True
    return False


def plain(text: object) -> str:
    """One line in which whatever is not seen as itself stands as its escape."""
    return _escaped(str(text), _seen) if not _piled(str(text)) else ascii_only(text)


def ascii_only(text: object) -> str:
    """One line of ASCII, in which nothing looks like something else than it is."""
    return _escaped(str(text), lambda one: one.isascii() and one.isprintable())


def lines(text: object) -> str:
    """As `plain`, but ends of lines stay."""
    return "\n".join(plain(one) for one in str(text).split("\n"))


def _escaped(text: str, keeps: Callable[[str], bool]) -> str:
    return "".join(one if keeps(one) else one.encode("unicode_escape").decode() for one in text)


def wrapped(text: str, width: int) -> list[str]:
    """The text in pieces of so many characters, every one of them kept."""
    return [text[at : at + width] for at in range(0, len(text), width)] or [""]
