"""What libraries log, without what it may quote.

A message with arguments is logged as it stands in the library's source, without them. One without
may have been put together before, and is known by its place alone.
"""

import logging
import sys
import threading
import warnings
from typing import Any, Final, TextIO

import structlog

_TRUSTED: Final = ("pegboard", "uvicorn")
"""Loggers that are known to say nothing that users have said."""

_FIRST_LINE: Final = ("asyncio",)
"""Loggers whose first line is their own, and of which the others show objects."""

log = structlog.get_logger("pegboard.python")


class WithoutContent(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        name = record.name.partition(".")[0]
        if name in _TRUSTED:
            return True
        if name in _FIRST_LINE and not record.args:
            record.msg = str(record.msg).partition("\n")[0]
        elif not (record.args and isinstance(record.msg, str)):
            record.msg = f"{record.levelname.lower()} at {record.module}:{record.lineno}"
        record.args = None
        return True


def hold_their_tongues() -> None:
    """What Python prints by itself goes to the log as well, by kind and place."""
    warnings.showwarning = _warned
    threading.excepthook = _thread_failed
    sys.unraisablehook = _not_raised


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    log.warning("python_warning", category=category.__name__, place=f"{filename}:{lineno}")


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    log.error("thread_failed", exc_info=failed.exc_value)


def _not_raised(failed: Any) -> None:
    log.error("error_not_raised", exc_info=failed.exc_value)
