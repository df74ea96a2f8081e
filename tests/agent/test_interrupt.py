"""Ctrl-C as it really comes: a signal, in the middle of a call that takes its time."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import pytest

from twinwright_agent.loop import investigate
from twinwright_tools.plant import Plant


def test_a_signal_in_the_middle_of_a_call(small_plant: Plant, bench: Any, script: Any) -> None:
    began = threading.Event()

    def slow(name: str) -> None:
        began.set()
        time.sleep(0.5)

    def press() -> None:
        began.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    bench.before = slow
    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        model = script.Model([script.calls("look")])
        investigate(small_plant, "why?", model=model, registry=bench.registry(), run="r1")
    thread.join()
    bench.before = lambda name: None
    model = script.Model([script.concludes()])
    assert investigate(small_plant, "why?", model=model, registry=bench.registry(), run="r1").status == "concluded"
