"""How the log is written: a line for people, or JSON for machines."""

import logging
import sys
import traceback
from typing import Final, TextIO

import structlog

_LONGEST_CHAIN: Final = 6


def configure(*, level: str, as_json: bool) -> None:
    """Everything goes to standard error, our own lines and the libraries' alike."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=_write_traceback,
        )
    )
    structlog.configure(
        processors=[
            *shared,
            *([structlog.processors.format_exc_info] if as_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("pegboard").setLevel(number)


def _write_traceback(out: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    out.write("\n" + _traceback(exc_info))


def _traceback(exc_info: structlog.typing.ExcInfo) -> str:
    """Where an error came from, without local variables and without the database's own words.

    Both would show what users wrote: drivers quote the values that they refuse.
    """
    told: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(told) < _LONGEST_CHAIN:
        frames = "".join(traceback.format_tb(error.__traceback__))
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        state = getattr(getattr(error, "orig", error), "sqlstate", None)
        quiet = name.startswith(("sqlalchemy.", "asyncpg."))
        said = f"SQLSTATE {state}" if quiet else str(error)
        told.append(f"{frames}{name}: {said}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by\n".join(told)
