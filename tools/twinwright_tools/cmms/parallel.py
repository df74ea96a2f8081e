"""Pages of an import that are asked for side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")


def side_by_side(ask: Callable[[Given], Got], what: Iterable[Given], at_once: int) -> Iterator[Got]:
    """What `ask` gives for each, in their order, with at most `at_once` of them under way.

    Raises:
        Whatever `ask` raises, once everything before it was yielded; nothing more is begun then.
    """
    waiting: deque[Future[Got]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for each in what:
                waiting.append(pool.submit(ask, each))
                if len(waiting) == at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()
