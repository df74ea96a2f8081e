"""Text of strangers on a terminal: what could steer the terminal, or hide in it, is made visible."""

from __future__ import annotations

import re

# Control characters but tab and newline (C0, DEL, C1), the marks that turn the direction of writing, and half
# surrogate pairs, which no terminal can be sent.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """The text with a replacement mark for every character that can't be seen."""
    return _UNSEEN.sub("\ufffd", text)


def plain_json(document: str) -> str:
    r"""The same JSON with those characters written as ``\uXXXX``, so that nothing is lost."""
    # They stand inside of strings only; line breaks between members are newlines, which stay.
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", document)
