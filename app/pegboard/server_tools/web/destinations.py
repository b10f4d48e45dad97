"""A URL as a model or a redirect writes it, judged before anything is looked up or opened."""

from collections.abc import Container
from typing import Final

import httpx

from pegboard.server_tools.web.faults import PageRefused

_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 2_048  # Names in foreign scripts take long to encode; real URLs are shorter.


def destination(url: str, *, ports: Container[int], base: httpx.URL | None = None) -> httpx.URL:
    """Where the URL leads, relative to `base` if there is one; PageRefused where we do not go."""
    if len(url) > _LONGEST:
        raise PageRefused(f"The URL is longer than {_LONGEST:,} characters")
    parsed = _parsed(url, base)
    if parsed.scheme not in _PORTS:
        raise PageRefused("Only http and https URLs are read")
    if not parsed.raw_host:
        raise PageRefused("The URL names no host")
    if parsed.userinfo:
        raise PageRefused("URLs with a user name or a password are not read")
    if (_PORTS[parsed.scheme] if parsed.port is None else parsed.port) not in ports:
        raise PageRefused("The URL's port is not one that web pages are read from")
    return parsed


def _parsed(url: str, base: httpx.URL | None) -> httpx.URL:
    try:
        return base.join(url) if base else httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:  # the latter of names and text without encoding
        raise PageRefused("The URL cannot be understood") from error
