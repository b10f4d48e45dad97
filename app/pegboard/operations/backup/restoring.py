"""Restore a backup into a database that holds nothing: all of it, or nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pegboard.blobs.store import BlobStore
from pegboard.composition.database import reach_database
from pegboard.composition.knowledge import blobs_of
from pegboard.db.migration import known_revisions, upgrade_within
from pegboard.operations.backup import folder
from pegboard.operations.backup.catalogue import columns_by_table, in_loading_order
from pegboard.operations.backup.faults import BackupDamaged, BackupRefused
from pegboard.operations.backup.manifest import BlobFile, Manifest
from pegboard.operations.progress import Progress, ignore_progress
from pegboard.settings import Settings

_PIECE: Final = 256 * 1024

_OCCUPIED: Final = text("""
    SELECT count(*) FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
""")


async def restore(
    settings: Settings, place: Path, *, progress: Progress = ignore_progress
) -> Manifest:
    """Put back what `take` has written, and bring its schema up to date.

    Raises BackupDamaged, and BackupRefused where the database holds tables. After an error neither
    the database nor the blob store has changed.
    """
    manifest = Manifest.read(place)
    if manifest.revision not in known_revisions():
        raise BackupRefused(
            f"The backup was taken by a newer Pegboard ({manifest.pegboard}, schema "
            f"{manifest.revision}); restore it with that version"
        )
    await asyncio.to_thread(_check, manifest, place, progress)
    # Until the block ends nothing is committed: blobs are taken back where that fails too.
    async with (
        reach_database(settings) as engine,
        _blobs_put(manifest, place, blobs_of(settings), progress) as put,
        engine.begin() as connection,
    ):
        if await connection.scalar(_OCCUPIED):
            raise BackupRefused(
                "The database holds tables already. Restore into an empty one: a new database for "
                "PEGBOARD_DATABASE_URL, or a new folder for PEGBOARD_DATA_DIR"
            )
        await upgrade_within(connection, manifest.revision)
        await _load(connection, manifest, place, progress)
        await upgrade_within(connection, "head")
        await put()
    return manifest


def _check(manifest: Manifest, place: Path, progress: Progress) -> None:
    """That everything is there as it was written, before anything is changed."""
    parts = {table.file: table.sha256 for table in manifest.tables}
    parts |= {blob.file: blob.sha256 for blob in manifest.blobs}
    for done, (name, sha256) in enumerate(parts.items()):
        progress("checking parts", done, len(parts))
        path = place / name
        if not path.resolve().is_relative_to(place.resolve()):
            raise BackupDamaged(place, f"{name} is not a part of it")
        try:
            actual = folder.checksum(path)
        except OSError as error:
            raise BackupDamaged(place, f"{name} cannot be read ({error.strerror})") from error
        if actual != sha256:
            raise BackupDamaged(place, f"{name} has changed since it was written")


async def _load(
    connection: AsyncConnection, manifest: Manifest, place: Path, progress: Progress
) -> None:
    driver: asyncpg.Connection[Any] = (
        await connection.get_raw_connection()
    ).driver_connection  # COPY is not in SQLAlchemy's words
    present = await columns_by_table(driver)
    files = {table.name: table for table in manifest.tables}
    for name, table in files.items():
        unknown = set(table.columns) - set(present.get(name, ()))
        if unknown:
            columns = ", ".join(sorted(unknown))
            raise BackupRefused(f"This Pegboard makes no table {name} with the columns {columns}")
    loaded = 0
    for name in await in_loading_order(driver, files):
        if name not in files:
            continue  # a table that others refer to, which the backup has not
        table = files[name]
        progress("rows", loaded, manifest.rows)
        command_tag = await driver.copy_to_table(
            name, source=str(place / table.file), columns=list(table.columns), format="binary"
        )
        if int(command_tag.rpartition(" ")[2]) != table.rows:
            raise BackupDamaged(place, f"{table.file} does not hold {table.rows} rows")
        loaded += table.rows
    for name, value in manifest.sequences.items():
        await driver.execute("SELECT setval(quote_ident($1)::regclass, $2)", name, value)


@asynccontextmanager
async def _blobs_put(
    manifest: Manifest, place: Path, blobs: BlobStore, progress: Progress
) -> AsyncIterator[Any]:
    """Gives what puts all blobs into the store; those that it added go where the block fails.

    The store may be the one that the backup was taken of: what is there whole stays untouched.
    """
    added: list[str] = []

    async def put() -> None:
        for done, blob in enumerate(manifest.blobs):
            progress("files", done, len(manifest.blobs))
            if await blobs.has(blob.key):
                if await _is_whole(blobs, blob):
                    continue
            else:
                added.append(blob.key)
            await blobs.put(blob.key, _pieces(place / blob.file))

    try:
        yield put
    except BaseException:
        for key in added:
            await blobs.remove(key)
        raise


async def _is_whole(blobs: BlobStore, blob: BlobFile) -> bool:
    async with blobs.local(blob.key) as path:
        return await asyncio.to_thread(folder.checksum, path) == blob.sha256


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
