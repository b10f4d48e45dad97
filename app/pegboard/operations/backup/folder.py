"""A folder that is there whole or not at all, and readable by its owner alone."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final

from pegboard.operations.backup.faults import BackupRefused

_PIECE: Final = 1024 * 1024


@contextmanager
def written_aside(place: Path) -> Iterator[Path]:
    """A new folder beside `place`, which gets that name when the block ends well, else is removed.

    Raises BackupRefused where `place` is something already, or cannot be made.
    """
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise BackupRefused(f"{place} exists already; name a new folder")
    aside = place.with_name(f".{place.name}.new-{token_hex(8)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir(mode=0o700)
    except OSError as error:
        raise BackupRefused(f"{place} cannot be made: {error.strerror}") from error
    try:
        yield aside
        for folder in (aside, *(path for path in aside.rglob("*") if path.is_dir())):
            _sync(folder)
        os.rename(aside, place)
        _sync(place.parent)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def create(path: Path) -> BinaryIO:
    """A new file of our own, with the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def finish(file: BinaryIO) -> None:
    """On the disk before the backup is said to be whole."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file; its SHA-256 in hex and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, create(target) as written:
        while piece := read.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            written.write(piece)
        finish(written)
    return digest.hexdigest(), size


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
