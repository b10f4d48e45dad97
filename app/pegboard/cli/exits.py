"""How a command ends: with a status, and a line for each thing that is wrong."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, Final, NoReturn, TypeVar

import typer

from pegboard.errors import AppError

Result = TypeVar("Result")

MISTAKEN: Final = 2
"""The status of a command that was given what cannot be meant, also by its settings."""

SKIPPED: Final = 3
"""The status of an import that left something out: 1 is a failure, 2 a mistake in the command."""

_MISTAKES: Final = frozenset(
    {"unsafe_exposure", "workers_unsupported", "pooler_unusable", "extra_missing"}
)
"""Codes of what no other try will change, as long as settings and installation stay."""


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work of a command; what it raises ends the command with its message."""
    try:
        return asyncio.run(work)
    except AppError as error:
        give_up_on(error)
    except OSError as error:
        give_up(f"{type(error).__name__}: {error}")


def give_up_on(error: AppError) -> NoReturn:
    give_up(error.message, status=MISTAKEN if error.code in _MISTAKES else 1)


def give_up(message: str, *, status: int = 1) -> NoReturn:
    """End the command: each line of the message on standard error, under the program's name."""
    for line in message.splitlines():
        typer.echo(f"pegboard: {line}", err=True)
    sys.stderr.flush()
    raise typer.Exit(status)
