"""Waiting for what no event tells of, and bounds on work, both by the measure of this machine.

A limit in seconds says more of the machine than of the server: what is idle here compiles something
else elsewhere. So every limit is given for the machine that it was chosen on, and grows by how much
slower this one was when the process began. Limits are there to end what hangs, never to time what
works; they are far above what anything takes.
"""

import time
from collections.abc import Callable
from typing import Final

_REFERENCE_SECONDS: Final = 0.02
"""What `_work` takes on the machine that limits are chosen on, when that has nothing else to do."""

_LEAST, _MOST = 3.0, 8.0
"""The machine may become busy later, so there is room for that from the start; but what waits in
vain is to say so before somebody gives up the run of all tests."""


def _work() -> None:
    sum(number * number % 7 for number in range(250_000))


def _slowness(clock: Callable[[], float]) -> float:
    begun = clock()
    _work()
    return (clock() - begun) / _REFERENCE_SECONDS


SLOWNESS: Final = min(max(_slowness(time.perf_counter), _LEAST), _MOST)


def patience(seconds: float) -> float:
    """A limit in seconds, for this machine."""
    return seconds * SLOWNESS


def deadline(seconds: float = 40) -> float:
    """The moment of `time.monotonic` at which so much patience is used up."""
    return time.monotonic() + patience(seconds)


def wait_until(holds: Callable[[], bool], *, seconds: float = 40) -> None:
    """Ask until it holds; fails when it does not within `seconds`."""
    end = deadline(seconds)
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


class Effort:
    """How much of the processor this thread has used, beside a fixed piece of work.

    Not how long it took: a neighbour's work does not count. `units` are of what `_work` costs.
    """

    def __init__(self) -> None:
        begun = time.thread_time()
        _work()
        self._unit = time.thread_time() - begun
        self._begun = time.thread_time()

    def units(self) -> float:
        return (time.thread_time() - self._begun) / self._unit
