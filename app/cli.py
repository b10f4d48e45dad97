"""The program `pegboard`."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError

from app import logs
from app.errors import AppError
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
app.add_typer(keys_app, name="keys")
import_app = typer.Typer(no_args_is_help=True, help="Bring conversations from elsewhere.")
app.add_typer(import_app, name="import")

Host = Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on [8000]; 0 takes a free one")]
DataDir = Annotated[Path | None, typer.Option(help="Where the embedded database is kept")]
Result = TypeVar("Result")

SKIPPED = 3
"""The status of an import that left something out: 1 is a failure, 2 a mistake in the command."""


def main() -> None:
    app()


@app.command()
def serve(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Serve the APIs."""
    settings = _settings(host=host, port=port, data_dir=data_dir)
    from app.serving import serve as serve_forever  # noqa: PLC0415  the other commands need no server

    try:
        serve_forever(settings)
    except AppError as error:
        _give_up(error.message)


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Look after what servers leave behind."""
    from app.worker import work  # noqa: PLC0415

    _run(work(_settings(data_dir=data_dir)))


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date. `serve` and `worker` do so by themselves."""
    from app.wiring import open_database  # noqa: PLC0415

    async def open_and_close() -> None:
        async with open_database(_settings(data_dir=data_dir)):
            pass

    _run(open_and_close())
    typer.echo("The schema is up to date.")


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for")] = "",
    tenant: Annotated[UUID | None, typer.Option(help="An existing tenant [a new one]")] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it. It is shown this once; only its hash is kept."""
    from app.administration import create_key as create  # noqa: PLC0415

    key, made = _run(create(_settings(data_dir=data_dir), name=name, tenant_id=tenant))
    typer.echo(key)
    typer.echo(f"id {made.id}, tenant {made.tenant_id}", err=True)


@keys_app.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List the keys that were made, by what may be shown of them."""
    from app.administration import list_keys as listed  # noqa: PLC0415

    for key in _run(listed(_settings(data_dir=data_dir))):
        state = "revoked" if key.revoked_at else "active"
        day = f"{key.created_at:%Y-%m-%d}"
        name = "".join(char for char in key.name if char.isprintable())
        typer.echo(f"{key.id}  {key.prefix}…  {state:8} {day}  tenant {key.tenant_id}  {name}")


@keys_app.command("revoke")
def revoke_key(key_id: UUID, data_dir: DataDir = None) -> None:
    """Refuse a key from now on. What its tenant owns stays."""
    from app.administration import revoke_key as revoke  # noqa: PLC0415

    revoked = _run(revoke(_settings(data_dir=data_dir), key_id))
    typer.echo(f"{revoked.prefix}… is revoked.")


@import_app.command("openai")
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
    from app.administration import import_openai as bring  # noqa: PLC0415

    settings = _settings(data_dir=data_dir)
    owner = tenant or _import_key(settings)
    report = _run(bring(settings, dump, owner=owner))
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
        _give_up("Name the owner: --tenant, or a key in PEGBOARD_IMPORT_KEY or on standard input")
    return key.strip()


def _settings(**given: Any) -> Settings:
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = ((str(one["loc"][0]).upper(), one["msg"]) for one in error.errors())
        _give_up("\n".join(f"PEGBOARD_{name}: {problem}" for name, problem in wrong))
    logs.configure(
        level=settings.log_level,
        as_json=settings.log_format == "json",
        content=settings.log_content,
    )
    return settings


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except AppError as error:
        _give_up(error.message)
    except OSError as error:
        _give_up(f"{type(error).__name__}: {error}")


def _give_up(message: str) -> NoReturn:
    typer.echo(f"pegboard: {message}", err=True)
    sys.stderr.flush()
    raise typer.Exit(1)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
