"""How the log is written: a line for people, or JSON for machines."""

import logging
import sys

import structlog

from pegboard.telemetry.logs.errors import describe_errors
from pegboard.telemetry.logs.libraries import WithoutContent, hold_their_tongues


def configure(*, level: str, as_json: bool, content: bool = False) -> None:
    """Everything goes to standard error, our own lines and the libraries' alike.

    With `content` errors are logged as they word themselves, libraries too: to look into a fault.
    """
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_errors(content=content),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # A line and its end in one go, as the handler below writes: theirs are not to mix.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    if not content:
        handler.addFilter(WithoutContent())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("pegboard").setLevel(number)
    if not content:
        hold_their_tongues()
