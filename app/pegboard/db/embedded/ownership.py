"""Who owns a data folder: the process that holds the lock on a file in it.

The system lets go of the lock when the process dies, however it dies; a file with a process
number in it does not. The number is written only to name the owner to people.
"""

import contextlib
import os
import sys
from pathlib import Path


class Ownership:
    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "postgres.lock"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """True when the folder is ours, at once or already."""
        if self._descriptor is not None:
            return True
        # Python opens files so that children do not inherit them (PEP 446): a Postgres that
        # outlived us would otherwise hold our lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def owner(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int(self._path.read_text())
        return None


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  exists on Windows only

            # A byte far behind the number, which stays readable for others this way.
            os.lseek(descriptor, 1024, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl  # noqa: PLC0415  does not exist on Windows

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
