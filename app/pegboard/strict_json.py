"""JSON that can be stored: what Postgres refuses is refused here, with a place and a reason.

Also what would keep the event loop for long: the parser holds the interpreter's lock, so that a
thread is no help, and what it may be given is bounded in values, in depth and in numbers.
"""

import asyncio
import json
import math
from typing import Any, Final, NoReturn

import msgspec

MAX_DEPTH: Final = 100
MAX_VALUES: Final = 50_000
"""How many values one text may hold, in lists and objects of any depth."""

MAX_BARE: Final = 1024 * 1024
"""How many bytes may stand outside of strings and blanks: integers cost the square of their length,
and a megabyte of the longest that Python reads costs 30 ms."""

MAX_ESCAPES: Final = 2_000_000
"""How many backslashes a text may hold: each is read by itself, two millions in 30 ms."""

_SMALL: Final = 128 * 1024
_FEW_QUOTES: Final = 1_000
_BACKSLASH: Final = ord("\\")
# A small text is read again on an error, by the parser that says where and what.
_EXPLAINED: Final = 64 * 1024


class BadJson(ValueError):
    """The text is not JSON, or holds what cannot be stored. `position` is a character offset."""

    def __init__(self, problem: str, position: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position


def loads(data: bytes | str) -> Any:
    raw = bare = _encoded(data)
    if len(raw) > MAX_BARE or _values(raw) >= MAX_VALUES:
        bare = _checked_bare(raw)
    try:
        value = msgspec.json.decode(raw)
    except RecursionError as error:
        raise BadJson(f"Nested deeper than {MAX_DEPTH} levels") from error
    except (ValueError, msgspec.DecodeError) as error:
        _explain(raw, error)
    # Most bodies can hold nothing wrong and are not walked through.
    may_hold_nul = b"\\" in raw and b"\\u0000" in raw
    if may_hold_nul or bare.count(b"{") + bare.count(b"[") > MAX_DEPTH:
        _check(value, strings=may_hold_nul)
    return value


def dumps(value: object) -> str:
    """Compact JSON. Quicker than the standard library's, which holds the loop for long texts."""
    try:
        return msgspec.json.encode(value).decode()
    except (OverflowError, TypeError):  # an integer of more than 64 bits; a class of texts
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def loads_aside(data: bytes) -> Any:
    """The same for a text that may be long: others get their turn between the steps."""
    return loads(data) if len(data) <= _SMALL else await asyncio.to_thread(loads, data)


def check_text(text: str) -> str:
    """The same text, or BadJson where it holds a NUL character or half of a surrogate pair."""
    if "\x00" in text:
        raise BadJson("NUL characters cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadJson("Lone surrogates cannot be stored", error.start) from error
    return text


def _encoded(data: bytes | str) -> bytes:
    if isinstance(data, bytes):
        return data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.encode()
    except UnicodeEncodeError as error:
        raise BadJson("Lone surrogates cannot be stored", error.start) from error


def _checked_bare(raw: bytes) -> bytes:
    """What stands outside of strings, where commas are values; raises where that is too much."""
    if b"\\" in raw and raw.count(b"\\") > MAX_ESCAPES:
        raise BadJson(f"More than {MAX_ESCAPES} escaped characters")
    bare = _between_long_strings(raw)
    if bare is None:
        bare = _between_strings(raw)
    bare = bare.translate(None, b" \t\r\n")
    if _values(bare) >= MAX_VALUES:
        raise BadJson(f"More than {MAX_VALUES} values")
    if len(bare) > MAX_BARE:
        raise BadJson(f"More than {MAX_BARE} bytes of numbers and structure")
    return bare


def _between_long_strings(raw: bytes) -> bytes | None:
    """From quote to quote, which is quick where they are few; None where they are many."""
    pieces, start = list[bytes](), 0
    for _ in range(_FEW_QUOTES):
        opening = raw.find(b'"', start)
        if opening < 0:
            return b"".join((*pieces, raw[start:]))
        pieces.append(raw[start:opening])
        closing = raw.find(b'"', opening + 1)
        for _ in range(_FEW_QUOTES):
            if closing < 0 or not _is_escaped(raw, closing):
                break
            closing = raw.find(b'"', closing + 1)
        else:
            return None
        if closing < 0:  # no JSON, as the parser will say
            return b"".join(pieces)
        start = closing + 1
    return None


def _is_escaped(raw: bytes, place: int) -> bool:
    before = place
    while raw[before - 1] == _BACKSLASH:
        before -= 1
    return (place - before) % 2 == 1


def _between_strings(raw: bytes) -> bytes:
    """Each step is one quick pass over everything."""
    bare = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') >= 4 * MAX_VALUES:
        raise BadJson(f"More than {MAX_VALUES} values")
    return b"".join(bare.split(b'"')[::2])


def _values(raw: bytes) -> int:
    """At least as many as there are values, and keys of objects not counted."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _explain(raw: bytes, error: Exception) -> NoReturn:
    """Raise what is wrong with a text that the quick parser refuses."""
    if len(raw) <= _EXPLAINED:
        try:
            text = raw.decode()
            value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        except UnicodeDecodeError as undecoded:
            raise BadJson("The text is not UTF-8", undecoded.start) from undecoded
        except json.JSONDecodeError as malformed:
            raise BadJson(malformed.msg, malformed.pos) from malformed
        except BadJson:
            raise
        except RecursionError as deep:
            raise BadJson(f"Nested deeper than {MAX_DEPTH} levels") from deep
        except ValueError as long:  # an integer of more digits than Python converts
            raise BadJson(str(long).split(";", 1)[0]) from long
        _check(value, strings=True)
    if isinstance(error, UnicodeDecodeError):
        raise BadJson("The text is not UTF-8") from error
    raise BadJson(str(error)) from error


def _check(value: Any, *, strings: bool) -> None:
    """Look at every level, and at every string if asked to."""
    layer = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, dict):
                inner.extend(item.values())
                if strings:
                    inner.extend(item)
            elif isinstance(item, list):
                inner.extend(item)
            elif strings and isinstance(item, str):
                check_text(item)
        if not inner:
            return
        layer = inner
    raise BadJson(f"Nested deeper than {MAX_DEPTH} levels")


def storable(text: str) -> str:
    """The text without what cannot be stored; for words that are not the caller's own, a model's.

    NUL characters go, half surrogate pairs become question marks.
    """
    text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BadJson(f"The number {digits[:20]} is too large")
    return number


def _refuse_constant(name: str) -> None:
    raise BadJson(f"{name} is not JSON")
