"""The options that several commands take, and what they come to as settings."""

from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from pegboard.cli.configuration import SettingsWrong, read_settings, unknown_variables
from pegboard.cli.exits import MISTAKEN, give_up
from pegboard.settings import Settings
from pegboard.telemetry import logs

Host = Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on [8000]; 0 takes a free one")]
Workers = Annotated[int | None, typer.Option(help="Processes that share the port [1]")]
DataDir = Annotated[Path | None, typer.Option(help="Where the embedded database is kept")]

log = structlog.get_logger("pegboard.cli")


def settings_with(**options: Any) -> Settings:
    """The settings of a command by its environment and these options; None is one not typed.

    Logs are written by them from now on. What cannot be meant ends the command.
    """
    try:
        settings = read_settings(options)
    except SettingsWrong as wrong:
        give_up(wrong.message, status=MISTAKEN)
    logs.configure(
        level=settings.log_level,
        as_json=settings.log_format == "json",
        content=settings.log_content,
    )
    for name, near in unknown_variables().items():
        log.warning("unknown_setting", name=name, **({"did_you_mean": near} if near else {}))
    return settings
