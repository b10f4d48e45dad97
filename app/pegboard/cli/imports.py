"""`pegboard import`."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from pegboard.cli.exits import SKIPPED, give_up, run
from pegboard.cli.options import DataDir, settings_with
from pegboard.cli.progress_display import shown_progress
from pegboard.settings import Settings

imports = typer.Typer(no_args_is_help=True, help="Bring conversations from elsewhere.")


@imports.command("openai")
def import_openai(
    dump: Annotated[Path, typer.Argument(help="The folder: assistants.jsonl, threads.jsonl, …")],
    tenant: Annotated[
        UUID | None,
        typer.Option(help="Whose it will be [the tenant of the key in PEGBOARD_IMPORT_KEY]"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Import assistants, threads, messages, files and vector stores of OpenAI, with their ids.

    Without --tenant the key is read from PEGBOARD_IMPORT_KEY, else asked for, or read from a pipe.
    May be run again: what is here already stays as it is. Ends with 0 where all is here, with 3
    where something was skipped.
    """
    from pegboard.operations import administration  # noqa: PLC0415

    settings = settings_with(data_dir=data_dir)
    owner = tenant or _import_key(settings)
    with shown_progress() as progress:
        report = run(administration.import_openai(settings, dump, owner=owner, progress=progress))
    for line in report.lines():
        typer.echo(line)
    if not report.is_whole:
        raise typer.Exit(SKIPPED)


def _import_key(settings: Settings) -> str:
    """Never an argument: those are seen by other users, and kept in a shell's history."""
    if settings.import_key is not None:
        key = settings.import_key.get_secret_value()
    elif sys.stdin.isatty():
        key = getpass("The key whose tenant is to own it all: ")
    else:
        key = sys.stdin.readline()
    if not key.strip():
        give_up("Name the owner: --tenant, or a key in PEGBOARD_IMPORT_KEY or on standard input")
    return key.strip()
