"""Take a backup of a database in use, and of its blobs."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard import clock
from pegboard.blobs.removal import hold_removals
from pegboard.blobs.store import BlobMissing, BlobStore, blob_key
from pegboard.composition.database import holds_data, reach_database
from pegboard.composition.knowledge import blobs_of
from pegboard.db.engine import connect_arguments
from pegboard.db.migration import present_revision, require_known
from pegboard.operations.backup import folder
from pegboard.operations.backup.catalogue import columns_by_table, last_values, sizes_by_table
from pegboard.operations.backup.faults import BackupRefused
from pegboard.operations.backup.manifest import BlobFile, Manifest, TableFile
from pegboard.operations.progress import Progress, ignore_progress
from pegboard.settings import Settings

OWNERS_OF_BLOBS: Final = ("documents", "files")
"""Tables whose rows have a blob under their id, and its `sha256`."""


async def take(
    settings: Settings, place: Path, *, progress: Progress = ignore_progress
) -> Manifest:
    """Write a backup to the new folder `place`: every write acknowledged before this began, and
    the bytes of every document and file in it.

    Raises BackupRefused, SchemaUnknown, and DatabaseUnreachable or what else keeps the database
    from being opened.
    """
    if not holds_data(settings):
        raise BackupRefused("There is nothing to back up: the data folder holds no database")
    with folder.written_aside(place) as aside:
        async with reach_database(settings) as engine, _held_still(engine) as revision:
            connection = await asyncpg.connect(**connect_arguments(engine))
            try:
                # One snapshot for all tables. It sees nothing that is committed after it.
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    present = await columns_by_table(connection)
                    sizes = await sizes_by_table(connection)
                    tables = [
                        await _copy_table(
                            connection,
                            name,
                            columns,
                            aside,
                            partial(progress, name, total=sizes[name]),
                        )
                        for name, columns in present.items()
                    ]
                    names = {table.name for table in tables}
                    owners = [name for name in OWNERS_OF_BLOBS if name in names]
                    wanted = await _blobs_wanted(connection, owners)
                    sequences = await last_values(connection)
                postgres = connection.get_server_version()
            finally:
                connection.terminate()
            # After the snapshot: a row is committed once its bytes are stored, so that all that it
            # knows of are there; and none of them is removed before we have them.
            copied, missing, damaged = await _copy_blobs(
                blobs_of(settings), wanted, aside, progress
            )
        manifest = Manifest(
            pegboard=version("pegboard"),
            postgres=f"{postgres.major}.{postgres.minor}",
            taken_at=clock.now().isoformat(),
            revision=revision,
            tables=tuple(tables),
            sequences=sequences,
            blobs=copied,
            missing=missing,
            damaged=damaged,
        )
        manifest.write(aside)
    return manifest


@asynccontextmanager
async def _held_still(engine: AsyncEngine) -> AsyncIterator[str]:
    """Neither migrations nor removals of blobs, for as long as the block lasts; the revision."""
    async with engine.begin() as connection:
        if not await hold_removals(connection):
            raise BackupRefused("Another backup of this database is being taken")
        revision = await present_revision(connection)
        if revision is None:
            raise BackupRefused("There is nothing to back up: the database holds no schema of ours")
        # Its tables may mean what this program does not know, and refer to bytes it does not copy.
        require_known(revision)
        # Readers, such as servers that start and find the schema up to date, are not held up.
        await connection.execute(text("LOCK TABLE alembic_version IN SHARE MODE"))
        yield revision


async def _copy_table(
    connection: "asyncpg.Connection[Any]",
    name: str,
    columns: tuple[str, ...],
    aside: Path,
    written: Callable[[int], None],
) -> TableFile:
    digest, size = hashlib.sha256(), 0
    unfinished = TableFile(name, columns, 0, 0, "")
    with folder.create(aside / unfinished.file) as file:

        async def write(piece: bytes) -> None:
            nonlocal size
            digest.update(piece)
            size += len(piece)
            await asyncio.to_thread(file.write, piece)
            written(size)

        command_tag = await connection.copy_from_table(
            name, columns=list(columns), output=write, format="binary"
        )
        await asyncio.to_thread(folder.finish, file)
    rows = int(command_tag.rpartition(" ")[2])
    return TableFile(name, columns, rows, size, digest.hexdigest())


async def _blobs_wanted(
    connection: "asyncpg.Connection[Any]", owners: Iterable[str]
) -> list[tuple[str, str]]:
    """The key of every blob, and the checksum of what was uploaded."""
    wanted: list[tuple[str, str]] = []
    for table in owners:
        rows = await connection.fetch(f'SELECT id, sha256 FROM "{table}" ORDER BY id')  # noqa: S608
        wanted += [(blob_key(row["id"]), row["sha256"]) for row in rows]
    return wanted


async def _copy_blobs(
    blobs: BlobStore, wanted: Sequence[tuple[str, str]], aside: Path, progress: Progress
) -> tuple[tuple[BlobFile, ...], tuple[str, ...], tuple[str, ...]]:
    """What was kept, the keys of what is missing in the store, and of what has changed there."""
    copied: list[BlobFile] = []
    missing: list[str] = []
    damaged: list[str] = []
    sizes: dict[str, int] = {}
    arriving = aside / "arriving"
    for done, (key, sha256) in enumerate(wanted):
        progress("files", done, len(wanted))
        if sha256 not in sizes:
            try:
                async with blobs.local(key) as source:
                    actual, size = await asyncio.to_thread(folder.copy, source, arriving)
            except BlobMissing:
                missing.append(key)
                continue
            blob = BlobFile(key, actual, size)
            (aside / blob.file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            await asyncio.to_thread(arriving.replace, aside / blob.file)
            if actual != sha256:
                damaged.append(key)
                copied.append(blob)
                continue
            sizes[sha256] = size
        copied.append(BlobFile(key, sha256, sizes[sha256]))
    return tuple(copied), tuple(missing), tuple(damaged)
