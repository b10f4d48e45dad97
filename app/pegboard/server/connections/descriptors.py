"""File descriptors: as many as the system lets us have, and how many connections they are good for.

The usual soft limit, 1024, is for programs that call select(2), which neither we nor libuv do.
"""

import sys
from typing import Final

import structlog

_MOST: Final = 65_536
_WHERE_UNLIMITED: Final = 8_192
"""Windows has no such limit; sockets are bounded by memory."""

_FOR_EVERYTHING_ELSE: Final = 128
"""Files of the program, its log, pipes to child processes, blobs being read and written."""

_MOST_DERIVED: Final = 10_000
"""An idle connection costs some 10 kB; whoever wants more says so."""

_LEAST: Final = 16

log = structlog.get_logger("pegboard.server")


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one, and return what it is now."""
    if sys.platform == "win32":
        return _WHERE_UNLIMITED
    import resource  # noqa: PLC0415  not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # macOS has a further limit, which it does not report
            return soft
        return wanted
    return _MOST if soft == resource.RLIM_INFINITY else soft


def connections_within(descriptors: int, *, wanted: int, database: int) -> int:
    """How many connections to accept; `wanted` 0 leaves it to us.

    Two descriptors for each: a request may hold one more, for its call of a model or a file.
    What is wanted is given as far as one for each suffices.
    """
    left = descriptors - database - _FOR_EVERYTHING_ELSE
    if not wanted:
        return max(_LEAST, min(_MOST_DERIVED, left // 2))
    if wanted > max(_LEAST, left):
        log.warning(
            "too_few_descriptors",
            wanted=wanted,
            allowed=max(_LEAST, left),
            fix="raise the limit of open files (ulimit -n), or lower PEGBOARD_MAX_CONNECTIONS",
        )
    return min(wanted, max(_LEAST, left))
