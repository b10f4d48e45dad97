"""Ids for what was made elsewhere, at a time that is over.

Lists are in the order of ids, and ids begin with the time (see `identifiers`). An imported object
has to stand where it was made, so its id is laid out alike, but of version 8 (RFC 9562, 5.8), by
which it is known. What is random in other ids comes from the original id here: who imports the same
again arrives at the same ids.
"""

import hashlib
from typing import Final
from uuid import UUID

_VERSION: Final = 8
_TICKS_PER_SECOND: Final = 1000 * 4096


class Ticks:
    """Moments in the order in which they are asked for, none of them twice.

    Other servers tell the time in seconds, in which much can happen: within one, ticks count up.
    """

    def __init__(self) -> None:
        self._last = -1

    def at(self, second: int) -> int:
        """The next tick of a second; seconds must not fall."""
        self._last = max(second * _TICKS_PER_SECOND, self._last + 1)
        return self._last


def imported_id(tick: int, *, tenant_id: UUID, original_id: str) -> UUID:
    milliseconds, fraction = divmod(tick, 4096)
    digest = hashlib.sha256(tenant_id.bytes + original_id.encode()).digest()
    rest = (0b10 << 62) | (int.from_bytes(digest[:8], "big") >> 2)
    return UUID(int=(milliseconds << 80) | (_VERSION << 76) | (fraction << 64) | rest)


def is_imported(object_id: UUID) -> bool:
    return object_id.version == _VERSION
