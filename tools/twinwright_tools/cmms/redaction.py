"""Keeps secrets out of what people, logs and models read."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote

from pydantic import SecretStr

_HIDDEN = "[hidden]"
# A server's own words in an error: enough to act on, too little to carry a page.
MOST_CHARACTERS = 300


class Redactor:
    """Replaces every secret that it knows, however it is written (as it is, base64, percent-encoded, in JSON)."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: SecretStr, user: str = "") -> None:
        """Adds a secret; with a user also the pair as HTTP Basic sends it."""
        value = secret.get_secret_value()
        pair = [f"{user}:{value}"] if user else []
        encoded = [base64.b64encode(each.encode()).decode() for each in (value, *pair)]
        forms = {value, quote(value, safe=""), json.dumps(value)[1:-1], *encoded, *(one.rstrip("=") for one in encoded)}
        # Fewer than four characters would hide half of every sentence.
        self._forms |= {form for form in forms if len(form) >= 4}

    def hide(self, text: str) -> str:
        """The text without secrets."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, _HIDDEN)
        return text

    def quote(self, text: str) -> str:
        """A stranger's words for an error of ours: one line of at most 300 characters without a secret."""
        line = " ".join("".join(char if char.isprintable() else " " for char in self.hide(text)).split())
        return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"
