"""What a key is good for. Its owner calls them scopes; here a Scope is something else."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from pegboard.errors import AppError, ErrorKind


class Permission(StrEnum):
    """`write` is what changes something or has a model asked; `admin` includes the others."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


USUAL: Final = frozenset({Permission.READ, Permission.WRITE})
EVERYTHING: Final = frozenset(Permission)


class UnknownPermission(AppError):
    code = "unknown_scope"


class NotPermitted(AppError):
    """The key is good, but not for this."""

    kind = ErrorKind.FORBIDDEN
    code = "insufficient_permissions"

    def __init__(self, needed: Permission) -> None:
        super().__init__(f"This key lacks the scope '{needed}' that the request needs")
        self.needed = needed


def permissions_named(words: Iterable[str]) -> frozenset[Permission]:
    """The permissions, with those that they include. Raises UnknownPermission, and for none."""
    try:
        named = frozenset(map(Permission, words))
    except ValueError:
        named = frozenset()
    if not named:
        raise UnknownPermission(f"Scopes are some of {', '.join(Permission)}")
    return EVERYTHING if Permission.ADMIN in named else named
