"""What a key is to be good for, as an operator types it."""

from dataclasses import dataclass, replace
from typing import Final

from pegboard import clock
from pegboard.errors import AppError
from pegboard.tenants.expiry import expiry_of
from pegboard.tenants.keys import Grant
from pegboard.tenants.permissions import permissions_named

_MOST: Final = {
    "requests_per_minute": 1_000_000,
    "concurrent_runs": 1_000_000,
    "tokens_per_day": 10**15,
}


class BadLimit(AppError):
    code = "bad_limit"


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """None is what was not typed, and stays as it is."""

    expires: str | None
    scopes: str | None
    requests_per_minute: str | None
    concurrent_runs: str | None
    tokens_per_day: str | None

    def applied(self, grant: Grant) -> Grant:
        """The grant that comes of them. Raises BadExpiry, UnknownPermission and BadLimit."""
        if self.expires is not None:
            never = self.expires == "never"
            ends = None if never else expiry_of(self.expires, now=clock.now())
            grant = replace(grant, expires_at=ends)
        if self.scopes is not None:
            words = (word.strip() for word in self.scopes.split(","))
            grant = replace(grant, permissions=permissions_named(words))
        typed = {name: getattr(self, name) for name in _MOST}
        limits = {name: _limit(name, text) for name, text in typed.items() if text is not None}
        return replace(grant, limits=replace(grant.limits, **limits))


def _limit(name: str, text: str) -> int | None:
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST[name]:
        option = name.replace("_", "-")
        raise BadLimit(
            f"--{option} is a whole number from 1 to {_MOST[name]}, or none; not {text!r}"
        )
    return int(text)
