"""How many connections there may be, how long they may take, and how much they may hold."""

from dataclasses import dataclass
from typing import Final

MAX_HEADERS: Final = 128
"""Headers of one request, and trailers with them. Node and Go take 100 to 2,000; SDKs send 15."""

MAX_HEADER_BYTES: Final = 64 * 1024
"""All headers of a request with its request line."""

MAX_PIPELINED: Final = 16
"""Requests that wait behind one which is being answered. Each costs some 5 kB until its turn, and
one read from a socket may bring thousands."""

WRITE_HIGH_WATER: Final = 64 * 1024
"""Bytes of answers that wait in this process before whoever writes them is held up."""

MIN_BYTES_PER_SECOND: Final = 240
"""The slowest body and the slowest reader that are waited for; the figure is that of Kestrel
(MinRequestBodyDataRate and MinResponseDataRate)."""

LINGER_SECONDS: Final = 5.0
"""How long a client that was sent an error may go on sending, so that it comes to read it."""

_KEPT_FOR_KEYS: Final = 20
_KEPT_FOR_HEALTH: Final = 50


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Seconds and counts; `per_address` 0 is half of all."""

    total: int
    per_address: int = 0
    header_seconds: float = 10
    body_seconds: float = 30
    slow_reader_seconds: float = 60

    @property
    def for_one_address(self) -> int:
        return self.per_address or max(1, self.total // 2)

    @property
    def kept_for_health(self) -> int:
        """Connections that only probes get."""
        return max(1, self.total // _KEPT_FOR_HEALTH)

    @property
    def kept_for_keys(self) -> int:
        """Further ones that only keys get which were accepted before."""
        return max(1, self.total // _KEPT_FOR_KEYS)
