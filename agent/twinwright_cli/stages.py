"""The stages of a long run as plain lines, for those who watch no terminal: a log, a pipe, a scheduler's mail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

import click

PATIENCE_S = 2.0  # what is over sooner needs no words
_BEGUN = "twinwright.begun"


def begin_run() -> None:
    """Notes in click's context that the run begins now."""
    click.get_current_context().meta[_BEGUN] = monotonic()


def lasted_s() -> float:
    """Seconds since the run began; 0 where no command runs."""
    context = click.get_current_context(silent=True)
    now = monotonic()
    return now - context.meta.get(_BEGUN, now) if context else 0.0


def is_stage(text: str) -> bool:
    """Whether a line says what is done now; others tell of it: a result, indented below, or a thought (``· …``)."""
    return not text.startswith((" ", "·"))


class Stages:
    """Says nothing for a while, then the stage that is on, then each that begins."""

    def __init__(self, say: Callable[[str], None], wait_s: float) -> None:
        """Over what writes a line; nothing is said in the first `wait_s` seconds."""
        self._say = say
        self._lock = threading.Lock()
        self._on: str | None = None
        self._speaks = wait_s <= 0
        self._timer = threading.Timer(wait_s, self._speak)
        self._timer.daemon = True
        if not self._speaks:
            self._timer.start()

    def tell(self, text: str) -> None:
        """A stage begins; lines that are none are dropped."""
        if not is_stage(text):
            return
        with self._lock:
            self._on = text
            if self._speaks:
                self._say(text)

    def close(self) -> None:
        """All is done; nothing more is said."""
        self._timer.cancel()
        with self._lock:
            self._on = None

    def _speak(self) -> None:
        with self._lock:
            self._speaks = True
            if self._on is not None:
                self._say(self._on)
