"""`pegboard keys`."""

from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from pegboard.cli.exits import MISTAKEN, give_up, run
from pegboard.cli.options import DataDir, settings_with
from pegboard.errors import AppError

if TYPE_CHECKING:
    from pegboard.cli.key_options import KeyOptions
    from pegboard.tenants.keys import Grant

keys = typer.Typer(no_args_is_help=True, help="Make, list, change and revoke API keys.")

_NAME: Final = "What the key is for"
_EXPIRES: Final = "12h, 30d, 8w from now; the end of a day such as 2027-01-31 (UTC); or never"
_SCOPES: Final = "Some of read, write, admin; admin includes the others"
_PER_MINUTE: Final = "Most requests a minute, or none for no limit"
_AT_ONCE: Final = "Most runs in execution at once, or none for no limit"
_PER_DAY: Final = "Most tokens a day (UTC), of prompts and answers, or none for no limit"


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help=_NAME)] = "",
    tenant: Annotated[UUID | None, typer.Option(help="An existing tenant [a new one]")] = None,
    expires: Annotated[str, typer.Option(help=_EXPIRES)] = "never",
    scopes: Annotated[str, typer.Option(help=_SCOPES)] = "read,write",
    requests_per_minute: Annotated[str, typer.Option(help=_PER_MINUTE)] = "none",
    concurrent_runs: Annotated[str, typer.Option(help=_AT_ONCE)] = "none",
    tokens_per_day: Annotated[str, typer.Option(help=_PER_DAY)] = "none",
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it. It is shown this once; only its hash is kept."""
    from pegboard.cli.key_options import KeyOptions  # noqa: PLC0415
    from pegboard.operations import administration  # noqa: PLC0415
    from pegboard.tenants.keys import Grant  # noqa: PLC0415

    typed = KeyOptions(expires, scopes, requests_per_minute, concurrent_runs, tokens_per_day)
    grant = _applied(typed, Grant())
    settings = settings_with(data_dir=data_dir)
    key, made = run(administration.create_key(settings, name=name, tenant_id=tenant, grant=grant))
    typer.echo(key)
    typer.echo(f"id {made.id}, tenant {made.tenant_id}", err=True)


@keys.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List the keys that were made, by what may be shown of them, with when they were last used."""
    from pegboard.cli.key_lines import line  # noqa: PLC0415
    from pegboard.operations import administration  # noqa: PLC0415

    made = run(administration.list_keys(settings_with(data_dir=data_dir)))
    for key in made:
        typer.echo(line(key))
    if not made:
        typer.echo("No key has been made; `pegboard keys create` makes one.", err=True)


@keys.command("update")
def update_key(
    key_id: UUID,
    name: Annotated[str | None, typer.Option(help=_NAME)] = None,
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
    from pegboard.operations import administration  # noqa: PLC0415
    from pegboard.tenants.keys import Grant  # noqa: PLC0415

    typed = KeyOptions(expires, scopes, requests_per_minute, concurrent_runs, tokens_per_day)
    _applied(typed, Grant())  # what cannot be meant is told before a database is looked for
    settings = settings_with(data_dir=data_dir)
    changed = run(administration.change_key(settings, key_id, name=name, change=typed.applied))
    typer.echo(line(changed))


@keys.command("revoke")
def revoke_key(key_id: UUID, data_dir: DataDir = None) -> None:
    """Refuse a key from now on. What its tenant owns stays."""
    from pegboard.operations import administration  # noqa: PLC0415

    revoked = run(administration.revoke_key(settings_with(data_dir=data_dir), key_id))
    typer.echo(f"{revoked.prefix}… is revoked.")


def _applied(options: "KeyOptions", grant: "Grant") -> "Grant":
    try:
        return options.applied(grant)
    except AppError as error:
        give_up(error.message, status=MISTAKEN)
