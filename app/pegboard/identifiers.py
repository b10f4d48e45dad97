"""New ids: UUIDs of version 7 (RFC 9562, 5.7), which sort by the time they were made."""

import os
import threading
import time
from datetime import datetime
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A fresh UUID, greater than every one made before in this process.

    The 48 bits of milliseconds are followed by 12 bits of the fraction of that millisecond
    (RFC 9562, 6.2, method 3); where two calls meet in one tick the later one is moved up.
    """
    global _last  # noqa: PLW0603  the only state: the last tick handed out
    tick = time.time_ns() * 4096 // 1_000_000
    with _lock:
        _last = tick = max(tick, _last + 1)
    milliseconds, fraction = divmod(tick, 4096)
    random_bits = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(
        int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | random_bits
    )


def earliest_id(moment: datetime) -> UUID:
    """The id below which all were made before a moment."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80))
