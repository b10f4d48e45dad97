"""The program `pegboard`."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError

from app import logs
from app.errors import AppError
from app.settings import Settings

if TYPE_CHECKING:
    from app.tenants.keys import Grant

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
keys_app = typer.Typer(no_args_is_help=True, help="Make, list, change and revoke API keys.")
app.add_typer(keys_app, name="keys")

Host = Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on [8000]; 0 takes a free one")]
DataDir = Annotated[Path | None, typer.Option(help="Where the embedded database is kept")]

_EXPIRES: Final = "12h, 30d, 8w from now; the end of a day such as 2027-01-31 (UTC); or never"
_SCOPES: Final = "Some of read, write, admin; admin includes the others"
_PER_MINUTE: Final = "Most requests a minute, or none for no limit"
_AT_ONCE: Final = "Most runs being played at once, or none for no limit"
_PER_DAY: Final = "Most tokens a day (UTC), of prompts and answers, or none for no limit"
Name = Annotated[str, typer.Option(help="What the key is for")]
Expires = Annotated[str, typer.Option(help=_EXPIRES)]
Scopes = Annotated[str, typer.Option(help=_SCOPES)]
PerMinute = Annotated[str, typer.Option(help=_PER_MINUTE)]
AtOnce = Annotated[str, typer.Option(help=_AT_ONCE)]
PerDay = Annotated[str, typer.Option(help=_PER_DAY)]

_MOST: Final = {
    "requests_per_minute": 1_000_000,
    "concurrent_runs": 1_000_000,
    "tokens_per_day": 10**15,
}
Result = TypeVar("Result")


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
    name: Name = "",
    tenant: Annotated[UUID | None, typer.Option(help="An existing tenant [a new one]")] = None,
    expires: Expires = "never",
    scopes: Scopes = "read,write",
    requests_per_minute: PerMinute = "none",
    concurrent_runs: AtOnce = "none",
    tokens_per_day: PerDay = "none",
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it. It is shown this once; only its hash is kept."""
    from app.administration import create_key as create  # noqa: PLC0415
    from app.tenants.keys import Grant  # noqa: PLC0415

    grant = _changed(Grant(), expires, scopes, requests_per_minute, concurrent_runs, tokens_per_day)
    key, made = _run(create(_settings(data_dir=data_dir), name=name, tenant_id=tenant, grant=grant))
    typer.echo(key)
    typer.echo(f"id {made.id}, tenant {made.tenant_id}", err=True)


@keys_app.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List the keys that were made, by what may be shown of them, with when they were last used."""
    from app.administration import list_keys as listed  # noqa: PLC0415
    from app.key_lines import line  # noqa: PLC0415

    for key in _run(listed(_settings(data_dir=data_dir))):
        typer.echo(line(key))


@keys_app.command("update")
def update_key(
    key_id: UUID,
    name: Annotated[str | None, typer.Option(help="What the key is for")] = None,
    expires: Annotated[str | None, typer.Option(help=_EXPIRES)] = None,
    scopes: Annotated[str | None, typer.Option(help=_SCOPES)] = None,
    requests_per_minute: Annotated[str | None, typer.Option(help=_PER_MINUTE)] = None,
    concurrent_runs: Annotated[str | None, typer.Option(help=_AT_ONCE)] = None,
    tokens_per_day: Annotated[str | None, typer.Option(help=_PER_DAY)] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a key is good for; what is not named stays. Servers know within a second."""
    from app.administration import change_key  # noqa: PLC0415
    from app.key_lines import line  # noqa: PLC0415

    given = (expires, scopes, requests_per_minute, concurrent_runs, tokens_per_day)
    changed = _run(
        change_key(
            _settings(data_dir=data_dir),
            key_id,
            name=name,
            change=lambda grant: _changed(grant, *given),
        )
    )
    typer.echo(line(changed))


@keys_app.command("revoke")
def revoke_key(key_id: UUID, data_dir: DataDir = None) -> None:
    """Refuse a key from now on. What its tenant owns stays."""
    from app.administration import revoke_key as revoke  # noqa: PLC0415

    revoked = _run(revoke(_settings(data_dir=data_dir), key_id))
    typer.echo(f"{revoked.prefix}… is revoked.")


def _changed(
    grant: "Grant",
    expires: str | None,
    scopes: str | None,
    requests_per_minute: str | None,
    concurrent_runs: str | None,
    tokens_per_day: str | None,
) -> "Grant":
    from app import clock  # noqa: PLC0415
    from app.tenants.expiry import expiry_of  # noqa: PLC0415
    from app.tenants.permissions import permissions_named  # noqa: PLC0415

    try:
        if expires is not None:
            ends = None if expires == "never" else expiry_of(expires, now=clock.now())
            grant = replace(grant, expires_at=ends)
        if scopes is not None:
            words = (word.strip() for word in scopes.split(","))
            grant = replace(grant, permissions=permissions_named(words))
    except AppError as error:
        _give_up(error.message)
    named = {
        "requests_per_minute": requests_per_minute,
        "concurrent_runs": concurrent_runs,
        "tokens_per_day": tokens_per_day,
    }
    limits = {name: _limit(name, text) for name, text in named.items() if text is not None}
    return replace(grant, limits=replace(grant.limits, **limits))


def _limit(name: str, text: str) -> int | None:
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST[name]:
        option = name.replace("_", "-")
        _give_up(f"--{option} is a whole number from 1 to {_MOST[name]}, or none; not {text!r}")
    return int(text)


def _settings(**given: Any) -> Settings:
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = ((str(one["loc"][0]).upper(), one["msg"]) for one in error.errors())
        _give_up("\n".join(f"PEGBOARD_{name}: {problem}" for name, problem in wrong))
    logs.configure(level=settings.log_level, as_json=settings.log_format == "json")
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
