"""The program `pegboard`."""

import os
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from pegboard.cli.backup import backup, restore
from pegboard.cli.doctor import doctor
from pegboard.cli.imports import imports
from pegboard.cli.keys import keys
from pegboard.cli.migrate import migrate
from pegboard.cli.runs import runs
from pegboard.cli.serve import serve
from pegboard.cli.worker import worker

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
for command in (serve, worker, migrate, backup, restore, doctor):
    app.command()(command)
app.add_typer(keys, name="keys")
app.add_typer(runs, name="runs")
app.add_typer(imports, name="import")


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


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
