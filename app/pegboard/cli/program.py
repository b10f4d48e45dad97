"""The program `pegboard`."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from getpass import getpass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, TypeVar
from uuid import UUID

import structlog
import typer

from pegboard.cli.configuration import SettingsWrong, read_settings, unknown_variables
from pegboard.cli.progress_display import ProgressDisplay
from pegboard.errors import AppError
from pegboard.settings import Settings
from pegboard.telemetry import logs

if TYPE_CHECKING:
    from pegboard.cli.key_options import KeyOptions
    from pegboard.tenants.keys import Grant

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
keys_app = typer.Typer(no_args_is_help=True, help="Make, list, change and revoke API keys.")
app.add_typer(keys_app, name="keys")
runs_app = typer.Typer(no_args_is_help=True, help="Look at runs.")
app.add_typer(runs_app, name="runs")
import_app = typer.Typer(no_args_is_help=True, help="Bring conversations from elsewhere.")
app.add_typer(import_app, name="import")

Host = Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on [8000]; 0 takes a free one")]
Workers = Annotated[int | None, typer.Option(help="Processes that share the port [1]")]
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

Result = TypeVar("Result")

log = structlog.get_logger("pegboard.cli")

MISTAKEN = 2
"""The status of a command that was given what cannot be meant, also by its settings."""

SKIPPED = 3
"""The status of an import that left something out: 1 is a failure, 2 a mistake in the command."""


def main() -> None:
    app()


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pegboard {installed_version('pegboard')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is", is_eager=True, callback=_say_version
        ),
    ] = False,
) -> None:
    """The program `pegboard`."""


@app.command()
def serve(
    host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None
) -> None:
    """Serve the APIs."""
    settings = _settings(host=host, port=port, workers=workers, data_dir=data_dir)
    # Imported when wanted: the other commands need no server, nor a supervisor the other's parts.
    if settings.workers > 1:
        from pegboard.server.supervision.supervisor import (  # noqa: PLC0415
            supervise as serve_forever,
        )
    else:
        from pegboard.server.serving import serve as serve_forever  # noqa: PLC0415

    try:
        serve_forever(settings)
    except AppError as error:
        _give_up(error.message, status=_status_of(error))


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Look after what servers leave behind."""
    from pegboard.server.worker import work  # noqa: PLC0415

    _run(work(_settings(data_dir=data_dir)))


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date. `serve` and `worker` do so by themselves."""
    from pegboard.composition.database import open_directly  # noqa: PLC0415

    async def open_and_close() -> None:
        async with open_directly(_settings(data_dir=data_dir)):
            pass

    _run(open_and_close())
    typer.echo("The schema is up to date.")


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder to write it to")],
    data_dir: DataDir = None,
) -> None:
    """Copy the database and all files to a new folder, while servers go on."""
    from pegboard.operations.backup.taking import take  # noqa: PLC0415

    settings = _settings(data_dir=data_dir)
    with _shown_progress() as progress:
        made = _run(take(settings, folder, progress=progress))
    size = sum({blob.sha256: blob.size for blob in made.blobs}.values())
    size += sum(table.bytes for table in made.tables)
    typer.echo(
        f"Backed up {made.rows} rows of {len(made.tables)} tables and {len(made.blobs)} files to "
        f"{folder} ({size / 1e6:.1f} MB)."
    )
    for what, keys in (("are missing", made.missing), ("have changed", made.damaged)):
        if keys:
            listed = ", ".join(keys)
            typer.echo(f"Of {len(keys)} files the bytes {what} in the store: {listed}", err=True)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `backup` has written")],
    data_dir: DataDir = None,
) -> None:
    """Put a backup into an empty database and its files into the store: all or nothing."""
    from pegboard.operations.backup.restoring import restore as put_back  # noqa: PLC0415

    settings = _settings(data_dir=data_dir)
    with _shown_progress() as progress:
        made = _run(put_back(settings, folder, progress=progress))
    typer.echo(f"Restored {made.rows} rows and {len(made.blobs)} files of {made.taken_at}.")


@app.command()
def doctor(
    host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None
) -> None:
    """Say what is well and what is not, as `serve` would be run. Exits with 1 where it FAILs."""
    from pegboard.operations.doctor.examination import examine  # noqa: PLC0415
    from pegboard.operations.doctor.finding import Level  # noqa: PLC0415

    settings = _settings(host=host, port=port, workers=workers, data_dir=data_dir)

    async def report() -> bool:
        failed = False
        async for finding in examine(settings):
            typer.echo(finding.line())
            failed = failed or finding.level is Level.FAIL
        return failed

    if _run(report()):
        raise typer.Exit(1)


@runs_app.command("stuck")
def stuck(
    older_than: Annotated[float, typer.Option(help="Minutes after which any run is listed")] = 60,
    data_dir: DataDir = None,
) -> None:
    """List runs that do not come to an end: by nobody executed, or old."""
    from pegboard.operations.administration import list_stuck  # noqa: PLC0415

    settings = _settings(data_dir=data_dir)
    runs = _run(list_stuck(settings, older_than=timedelta(minutes=older_than)))
    for run in runs:
        owner = f"server {run.lease_owner}" if run.lease_owner else "nobody"
        why = "abandoned" if run.abandoned else "old"
        typer.echo(
            f"{run.id}  tenant {run.tenant_id}  thread {run.thread_id}  {run.status:15}  "
            f"{run.age:.0f} s  {owner}  {why}"
        )
    if not runs:
        typer.echo("No run is stuck.", err=True)


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
    from pegboard.cli.key_options import KeyOptions  # noqa: PLC0415
    from pegboard.operations.administration import create_key as create  # noqa: PLC0415
    from pegboard.tenants.keys import Grant  # noqa: PLC0415

    given = KeyOptions(expires, scopes, requests_per_minute, concurrent_runs, tokens_per_day)
    grant = _applied(given, Grant())
    key, made = _run(create(_settings(data_dir=data_dir), name=name, tenant_id=tenant, grant=grant))
    typer.echo(key)
    typer.echo(f"id {made.id}, tenant {made.tenant_id}", err=True)


@keys_app.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List the keys that were made, by what may be shown of them, with when they were last used."""
    from pegboard.cli.key_lines import line  # noqa: PLC0415
    from pegboard.operations.administration import list_keys as listed  # noqa: PLC0415

    keys = _run(listed(_settings(data_dir=data_dir)))
    for key in keys:
        typer.echo(line(key))
    if not keys:
        typer.echo("No key has been made; `pegboard keys create` makes one.", err=True)


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
    from pegboard.cli.key_lines import line  # noqa: PLC0415
    from pegboard.cli.key_options import KeyOptions  # noqa: PLC0415
    from pegboard.operations.administration import change_key  # noqa: PLC0415
    from pegboard.tenants.keys import Grant  # noqa: PLC0415

    given = KeyOptions(expires, scopes, requests_per_minute, concurrent_runs, tokens_per_day)
    _applied(given, Grant())
    changed = _run(
        change_key(
            _settings(data_dir=data_dir),
            key_id,
            name=name,
            change=given.applied,
        )
    )
    typer.echo(line(changed))


@keys_app.command("revoke")
def revoke_key(key_id: UUID, data_dir: DataDir = None) -> None:
    """Refuse a key from now on. What its tenant owns stays."""
    from pegboard.operations.administration import revoke_key as revoke  # noqa: PLC0415

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
    from pegboard.operations.administration import import_openai as bring  # noqa: PLC0415

    settings = _settings(data_dir=data_dir)
    owner = tenant or _import_key(settings)
    with _shown_progress() as progress:
        report = _run(bring(settings, dump, owner=owner, progress=progress))
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


def _applied(options: "KeyOptions", grant: "Grant") -> "Grant":
    try:
        return options.applied(grant)
    except AppError as error:
        _give_up(error.message, status=MISTAKEN)


def _settings(**given: Any) -> Settings:
    try:
        settings = read_settings(given)
    except SettingsWrong as wrong:
        _give_up(wrong.message, status=MISTAKEN)
    logs.configure(
        level=settings.log_level,
        as_json=settings.log_format == "json",
        content=settings.log_content,
    )
    for name, near in unknown_variables().items():
        log.warning("unknown_setting", name=name, **({"did_you_mean": near} if near else {}))
    return settings


@contextmanager
def _shown_progress() -> Iterator[ProgressDisplay]:
    with closing(ProgressDisplay(sys.stderr)) as progress:
        yield progress


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except AppError as error:
        _give_up(error.message, status=_status_of(error))
    except OSError as error:
        _give_up(f"{type(error).__name__}: {error}")


def _status_of(error: AppError) -> int:
    """Of what no other try will change, as long as the settings stay."""
    mistaken = {"unsafe_exposure", "workers_unsupported", "pooler_unusable"}
    return MISTAKEN if error.code in mistaken else 1


def _give_up(message: str, *, status: int = 1) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"pegboard: {line}", err=True)
    sys.stderr.flush()
    raise typer.Exit(status)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
