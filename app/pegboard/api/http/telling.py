"""How much of what is wrong with a request is told: an answer does not grow with its mistakes."""

from typing import Final, TypeVar

MOST_TOLD: Final = 20
"""Errors of one request."""

_LONGEST: Final = 1_000
_T = TypeVar("_T")


def shortened(told: _T) -> _T | str:
    """A text cut to a length that can be read; a number of a place, or None, as it is."""
    if isinstance(told, str) and len(told) > _LONGEST:
        return f"{told[:_LONGEST]}…"
    return told
