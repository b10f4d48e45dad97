"""JSON that can be stored: what Postgres refuses is refused here, with a place and a reason.

Python's own parser lets NaN and lone surrogates through, and nesting that later breaks recursion.
"""

import json
import math
from typing import Any, Final

MAX_DEPTH: Final = 100


class BadJson(ValueError):
    """The text is not JSON, or holds what cannot be stored. `position` is a character offset."""

    def __init__(self, problem: str, position: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position


def loads(data: bytes | str) -> Any:
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise BadJson("The text is not UTF-8", error.start) from error
    except json.JSONDecodeError as error:
        raise BadJson(error.msg, error.pos) from error
    except BadJson:
        raise
    except RecursionError as error:
        raise BadJson(f"Nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise BadJson(str(error).split(";", 1)[0]) from error
    # Most bodies can hold nothing wrong and are not walked through.
    if text.count("{") + text.count("[") > MAX_DEPTH or "\\u" in text:
        _check(value)
    return value


def check_text(text: str) -> str:
    """The same text, or BadJson where it holds a NUL character or half of a surrogate pair."""
    if "\x00" in text:
        raise BadJson("NUL characters cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadJson("Lone surrogates cannot be stored", error.start) from error
    return text


def _check(value: Any) -> None:
    """Look at every string and every level."""
    layer = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, str):
                check_text(item)
            elif isinstance(item, dict):
                inner.extend(item)
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
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
