"""`pegboard backup` and `pegboard restore`."""

from pathlib import Path
from typing import Annotated

import typer

from pegboard.cli.exits import run
from pegboard.cli.options import DataDir, settings_with
from pegboard.cli.progress_display import shown_progress


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder to write it to")],
    data_dir: DataDir = None,
) -> None:
    """Copy the database and all files to a new folder, while servers go on."""
    from pegboard.operations.backup.taking import take  # noqa: PLC0415

    settings = settings_with(data_dir=data_dir)
    with shown_progress() as progress:
        made = run(take(settings, folder, progress=progress))
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


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `backup` has written")],
    data_dir: DataDir = None,
) -> None:
    """Put a backup into an empty database and its files into the store: all or nothing."""
    from pegboard.operations.backup.restoring import restore as put_back  # noqa: PLC0415

    settings = settings_with(data_dir=data_dir)
    with shown_progress() as progress:
        made = run(put_back(settings, folder, progress=progress))
    typer.echo(f"Restored {made.rows} rows and {len(made.blobs)} files of {made.taken_at}.")
