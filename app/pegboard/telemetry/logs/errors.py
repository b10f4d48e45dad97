"""Where an error came from, and of what kind it is; not its words.

Those show what users wrote: drivers quote the values that they refuse, providers the prompt,
parsers the body. Neither local variables nor messages are logged, unless the operator wants them.
"""

import errno
import sys
import traceback
from collections.abc import Iterator
from typing import Any, Final

from structlog.typing import EventDict, Processor, WrappedLogger

_LONGEST_CHAIN: Final = 6
_MOST_FRAMES: Final = 40


def describe_errors(*, content: bool) -> Processor:
    """A processor that puts in the place of `exc_info` a text, as `exception`."""

    def describe(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        error = _error(event.pop("exc_info", None))
        if error is not None:
            event["exception"] = described(error, content=content)
        return event

    return describe


def described(error: BaseException, *, content: bool) -> str:
    """The frames and kinds of an error and of those behind it, the outermost first."""
    parts: list[str] = []
    for one in _chain(error):
        frames = "".join(traceback.format_tb(one.__traceback__, limit=-_MOST_FRAMES))
        parts.append(f"{frames}{_described_one(one, content=content)}")
    return "\ncaused by\n".join(parts)


def _error(exc_info: Any) -> BaseException | None:
    """`exc_info` as loggers take it: an error, its triple, or true for the present one."""
    if exc_info and not isinstance(exc_info, tuple | BaseException):
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return error if isinstance(error, BaseException) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    left: list[BaseException] = [error]
    for _ in range(_LONGEST_CHAIN):
        if not left:
            return
        one = left.pop(0)
        yield one
        if isinstance(one, BaseExceptionGroup):
            left.extend(one.exceptions)
        behind = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if behind is not None:
            left.append(behind)


def _described_one(error: BaseException, *, content: bool) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if content:
        return f"{name}: {error}"
    reason = _code(error)
    return f"{name}: {reason}" if reason else name


def _code(error: BaseException) -> str:
    """What may be logged of an error: codes, which are from lists that are known beforehand."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if isinstance(state, str):
        return f"SQLSTATE {state}"
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, "")
    code = getattr(error, "code", None)
    return code if type(error).__module__.startswith("pegboard.") and isinstance(code, str) else ""
