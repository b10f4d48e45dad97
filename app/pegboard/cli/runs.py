"""`pegboard runs`."""

from datetime import timedelta
from typing import Annotated

import typer

from pegboard.cli.exits import run
from pegboard.cli.options import DataDir, settings_with

runs = typer.Typer(no_args_is_help=True, help="Look at runs.")


@runs.command("stuck")
def list_stuck(
    older_than: Annotated[float, typer.Option(help="Minutes after which any run is listed")] = 60,
    data_dir: DataDir = None,
) -> None:
    """List runs that do not come to an end: by nobody executed, or old."""
    from pegboard.operations import administration  # noqa: PLC0415

    settings = settings_with(data_dir=data_dir)
    stuck = run(administration.list_stuck(settings, older_than=timedelta(minutes=older_than)))
    for one in stuck:
        owner = f"server {one.lease_owner}" if one.lease_owner else "nobody"
        why = "abandoned" if one.abandoned else "old"
        typer.echo(
            f"{one.id}  tenant {one.tenant_id}  thread {one.thread_id}  {one.status:15}  "
            f"{one.age:.0f} s  {owner}  {why}"
        )
    if not stuck:
        typer.echo("No run is stuck.", err=True)
