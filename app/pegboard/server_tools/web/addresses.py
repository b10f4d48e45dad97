"""Which addresses belong to the public internet, and so may be fetched for a model.

Pure. What is not known to be public is refused: the inside of a network has too many forms to
list, the outside has few.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

# What Python's `is_global` lets through, some of it in some versions only.
_INSIDE_V4: Final = (
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT; some clouds keep their metadata in it
    IPv4Network("168.63.129.16/32"),  # Azure's agent endpoint: a public number, an inside service
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, withdrawn by RFC 7526
)

# All of IPv6 that the internet routes: https://www.iana.org/assignments/ipv6-unicast-address-assignments
_OUTSIDE_V6: Final = IPv6Network("2000::/3")
_INSIDE_V6: Final = (
    IPv6Network("2001::/23"),  # protocol assignments; Teredo, which hides IPv4, is one
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet. An IPv4 address in IPv6's clothes is
    judged as what it reaches."""
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    reached = _embedded(address)
    if reached is not None:
        return _is_public_v4(reached)
    if address.scope_id is not None or address not in _OUTSIDE_V6:
        return False
    return address.is_global and not any(address in network for network in _INSIDE_V6)


def _is_public_v4(address: IPv4Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _INSIDE_V4)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end at, where its form says so."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour
