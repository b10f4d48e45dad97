"""How much of what is wrong with a request is answered: no more for more mistakes."""

from typing import Final, TypeVar

MOST_ERRORS: Final = 20
"""Errors of one request."""

_LONGEST: Final = 1_000
_T = TypeVar("_T")


def shortened(value: _T) -> _T | str:
    """A text cut to a length that can be read; a number of a place, or None, as it is."""
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}…"
    return value
