"""Errors in our own words. `kind` says whose turn it is; only the APIs know HTTP."""

import errno
from enum import StrEnum
from typing import Final
from uuid import UUID

NO_ROOM: Final = "The server has no room left for this upload"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ErrorKind(StrEnum):
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    GONE = "gone"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    EXHAUSTED = "exhausted"
    PROVIDER_FAILED = "provider_failed"
    UNAVAILABLE = "unavailable"


class AppError(Exception):
    """Something that the caller is shown. `message` is plain text, safe to show."""

    kind: ErrorKind = ErrorKind.INVALID
    code: str = "invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(AppError):
    """No such object, or somebody else's: the caller cannot tell which."""

    kind = ErrorKind.NOT_FOUND
    code = "not_found"

    def __init__(self, noun: str, row_id: UUID | None = None) -> None:
        super().__init__(f"{noun} not found")
        self.noun = noun
        self.row_id = row_id


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or what we may use of it, has no room."""
    return isinstance(error, OSError) and error.errno in _FULL
