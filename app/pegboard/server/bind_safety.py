"""Who can reach the server, and whether that is safe."""

import ipaddress
from dataclasses import dataclass

from pegboard.errors import AppError, ErrorKind
from pegboard.settings import Auth, Settings


@dataclass(frozen=True, slots=True)
class BindSafety:
    """`loopback_only`: in open mode, only calls to loopback names are answered."""

    auth: Auth
    loopback_only: bool


class UnsafeExposure(AppError):
    kind = ErrorKind.FORBIDDEN
    code = "unsafe_exposure"


def exposure_of(settings: Settings) -> BindSafety:
    """Open on loopback unless set otherwise. Open to a network only by an explicit setting."""
    loopback = is_loopback(settings.host)
    auth = settings.auth or (Auth.OPEN if loopback else Auth.KEYS)
    if auth is Auth.OPEN and not loopback and not settings.allow_open:
        raise UnsafeExposure(
            f"PEGBOARD_AUTH=open on {settings.host} would let everyone in who can reach it. Use "
            "PEGBOARD_AUTH=keys, or set PEGBOARD_ALLOW_OPEN=1 if that is what you want."
        )
    return BindSafety(auth, loopback_only=auth is Auth.OPEN and loopback)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
