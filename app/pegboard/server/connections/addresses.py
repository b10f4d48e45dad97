"""Whose connections are counted together."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_ONE_CUSTOMER: Final = 64
"""Bits of an IPv6 address that belong to its network; whoever has one has all addresses in it."""


class Proxies:
    """Addresses that speak for many clients, and are not held to the limit of one."""

    def __init__(self, trusted: str | Iterable[str]) -> None:
        """`trusted` as uvicorn takes it: addresses and networks with commas between, or `*`."""
        words = trusted.split(",") if isinstance(trusted, str) else list(trusted)
        self._all = False
        self._networks: list[IPv4Network | IPv6Network] = []
        for word in (one.strip() for one in words):
            if word == "*":
                self._all = True
            elif (network := _network(word)) is not None:
                self._networks.append(network)
        self._contains = lru_cache(maxsize=4096)(self._contain)

    def __contains__(self, address: str) -> bool:
        return self._contains(address)

    def _contain(self, address: str) -> bool:
        if self._all:
            return True
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._networks)


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """An IPv4 address as it stands, and the network of an IPv6 one."""
    if ":" not in address:
        return address
    try:
        ip = IPv6Address(address)
    except ValueError:
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ip_network((ip, _ONE_CUSTOMER), strict=False))


def _network(word: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None  # a literal such as the path of a socket, which uvicorn takes as well
