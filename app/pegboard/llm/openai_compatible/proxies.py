"""The proxy on the way to an address, by the usual variables."""

from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


@lru_cache(maxsize=128)
def proxy_to(url: str) -> str | None:
    """Its address; None where there is none. Variables are read once."""
    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def is_reachable(url: str) -> bool:
    """Whether we can speak to the proxy on the way, if one is; not so with SOCKS."""
    proxy = proxy_to(url)
    return proxy is None or urlsplit(proxy).scheme in {"http", "https"}
