"""Waiting for what no event tells of."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], *, seconds: float = 40) -> None:
    """Ask until it holds; fails when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
