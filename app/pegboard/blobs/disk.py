"""Blobs as files of a folder."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pegboard.blobs.store import BlobMissing, StoredBlob


class DiskStore:
    """A folder of files, spread over subfolders by the end of the key.

    Ids begin with the time, so that keys made together share their beginning, not their end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> StoredBlob:
        place = self._place(key)
        unfinished = place.with_suffix(".part")
        digest = hashlib.sha256()
        size = 0
        file = await asyncio.to_thread(_create, unfinished)
        try:
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_finish, file, unfinished, place)
        except BaseException:
            with suppress(OSError):  # what is not written yet may have no room either
                file.close()
            unfinished.unlink(missing_ok=True)
            raise
        return StoredBlob(size, digest.hexdigest())

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        place = self._place(key)
        if not await asyncio.to_thread(place.is_file):
            raise BlobMissing(key)
        yield place

    async def has(self, key: str) -> bool:
        return await asyncio.to_thread(self._place(key).is_file)

    async def copy(self, key: str, to: str) -> None:
        try:
            await asyncio.to_thread(_link, self._place(key), self._place(to))
        except FileNotFoundError as error:
            raise BlobMissing(key) from error

    async def remove(self, key: str) -> None:
        await asyncio.to_thread(self._place(key).unlink, missing_ok=True)

    def _place(self, key: str) -> Path:
        return self._folder / key[-2:] / key


def _create(path: Path) -> BinaryIO:
    """For us alone: what is uploaded concerns nobody else on this machine."""
    path.parent.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _link(place: Path, other: Path) -> None:
    """A second name for the same bytes: a blob is written once and never changed."""
    other.parent.mkdir(exist_ok=True, mode=0o700)
    try:
        os.link(place, other)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(place, other)


def _finish(file: BinaryIO, unfinished: Path, place: Path) -> None:
    """On the disk before it is said to be stored."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    unfinished.replace(place)
