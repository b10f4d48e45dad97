"""`host[:port]` as headers name it (RFC 9110, 7.2; RFC 3986, 3.2.2), read strictly.

What is read leniently is read differently by the next one: `evil@localhost` is `localhost` to a
parser of URLs, and another place to a browser or a proxy.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Final, Self
from urllib.parse import unquote

_AUTHORITY: Final = re.compile(
    r"""(?: \[ (?P<v6> [0-9a-f:.]+ ) \]
          | (?P<name> (?: [a-z0-9._~!$&'()*+,;=-] | %[0-9a-f]{2} )+ ) )
        (?: : (?P<port> [0-9]{0,5} ) )?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_ORIGIN: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>.*)", re.I | re.A)
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Authority:
    """`host` in lower case, without brackets and a last dot; `port` is None where none is named."""

    host: str
    port: int | None

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no authority."""
        match = _AUTHORITY.fullmatch(text)
        if match is None:
            return None
        port = int(match["port"]) if match["port"] else None
        if port is not None and port > 65535:
            return None
        if match["v6"] is None:
            return cls(unquote(match["name"]).lower().removesuffix("."), port)
        try:
            return cls(str(IPv6Address(match["v6"])), port)
        except AddressValueError:
            return None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page comes from, as a browser says it (RFC 6454); its port is always known."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of(cls, scheme: str, authority: Authority) -> Self:
        return cls(scheme, authority.host, authority.port or _PORTS.get(scheme))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no origin; `null` is none that could be compared."""
        match = _ORIGIN.fullmatch(text)
        authority = Authority.read(match["authority"]) if match else None
        return cls.of(match["scheme"].lower(), authority) if match and authority else None
