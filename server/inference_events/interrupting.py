"""Interrupts a computation that must stop.

An interrupt that comes between two statements is lost, so interrupts are repeated until the computation ends.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.02


@contextmanager
def interrupting(interrupt: Callable[[], None], must_stop: Callable[[], bool], name: str) -> Iterator[None]:
    """Call `interrupt` in a thread of this name, again and again, while the block goes on although it must stop."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            if must_stop():
                interrupt()

    thread = threading.Thread(target=watch, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
