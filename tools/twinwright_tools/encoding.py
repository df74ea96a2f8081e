"""How a text file is encoded, by its byte-order mark: Excel and some historians export UTF-16."""

from __future__ import annotations

import codecs

UTF_8 = "utf-8-sig"
MARK = 4  # bytes that a mark has at most
# That of UTF-32 little endian begins with that of UTF-16 little endian.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(begin: bytes) -> str:
    """The codec that reads a file which begins with these bytes, its mark left out; UTF-8 where it has none.

    Raises:
        ValueError: it has no mark, and yet is no UTF-8.
    """
    for mark, name in _MARKS.items():
        if begin.startswith(mark):
            return name
    if b"\0" in begin[:MARK]:
        raise ValueError("looks like UTF-16 without a byte-order mark; save it as UTF-8, or as UTF-16 with one")
    return UTF_8


def not_text(encoding: str) -> str:
    """What to say of a file that can't be read by its encoding."""
    name = encoding.removesuffix("-sig").upper()
    return (
        f"is no {name} text" if encoding == UTF_8 else f"has the mark of {name} and is no {name} text; export it anew"
    )
