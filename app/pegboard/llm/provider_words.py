"""What a provider itself says of a failure, fit to be shown. Pure.

Nothing but a JSON body's message is taken, or the text of an error amid a stream; no address, no
key, no words of the libraries in between.
"""

import json
import re
from typing import Any, Final

LONGEST: Final = 500
"""Characters."""

_READ: Final = 100_000
_KEYS: Final = re.compile(
    r"\b(?:sk|pk|key|xai|gsk|hf)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}|\bBearer \S+", re.IGNORECASE
)
_ADDRESSES: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\blocalhost:\d+\S*",
    re.IGNORECASE,
)
_LIBRARIES: Final = re.compile(
    r"litellm|traceback \(most|Exception -|\bb['\"]\{|^b['\"]{2}$|<class '"
    r"|<\w+(?:Error|Exception)\b|object at 0x|\baiohttp\b|\bhttpx\b",
    re.IGNORECASE,
)
# A gateway in between may be made of the same library, and say so before the words that count.
_PREFIX: Final = re.compile(r"^(?:litellm\.\w+: *)+(?:\w+Error: *)*(?:\w+Exception(?: \w+)? - )?")
_SUFFIX: Final = re.compile(r"\.? Handle with `litellm\.\w+`\.?$")
_PAGE: Final = re.compile(r"<html|<!doctype", re.IGNORECASE)
_PLACES: Final = ("message", "error", "detail", "error_description", "errors")


def message_in(body: str) -> str | None:
    """The message of an error's JSON body, whatever the provider's shape; None where none is."""
    try:
        parsed = json.loads(body[:_READ])
    except (ValueError, RecursionError):
        return None
    message = _message_of(parsed, depth=4)
    return None if message is None else fit_to_show(message_in(message) or message)


def _message_of(parsed: Any, depth: int) -> str | None:
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if isinstance(parsed, str):
        return parsed
    if not isinstance(parsed, dict) or not depth:
        return None
    # An `error` that is an object holds the message; beside one that is a code, `message` does.
    inner = parsed.get("error")
    places = ("error", *_PLACES) if isinstance(inner, dict) else _PLACES
    messages = (_message_of(parsed[place], depth - 1) for place in places if parsed.get(place))
    return next((one for one in messages if one), None)


def fit_to_show(text: str) -> str | None:
    """One line of bounded length, without addresses and keys; None where nothing is left to say."""
    line = _SUFFIX.sub("", _PREFIX.sub("", " ".join(text[:_READ].split())))
    if _LIBRARIES.search(line) or is_page(line):
        return None
    plain = _KEYS.sub("[key]", _ADDRESSES.sub("[address]", line[: 2 * LONGEST]))
    return plain[:LONGEST].strip() or None


def is_page(text: str) -> bool:
    return _PAGE.search(text[:_READ]) is not None
