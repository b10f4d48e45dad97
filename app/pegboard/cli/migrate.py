"""`pegboard migrate`."""

import typer

from pegboard.cli.exits import run
from pegboard.cli.options import DataDir, settings_with


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date. `serve` and `worker` do so by themselves."""
    from pegboard.composition.database import open_directly  # noqa: PLC0415

    async def open_and_close() -> None:
        async with open_directly(settings_with(data_dir=data_dir)):
            pass

    run(open_and_close())
    typer.echo("The schema is up to date.")
