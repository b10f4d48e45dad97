"""What can keep an embedded Postgres from running, in words for whoever started the server."""

import errno
from pathlib import Path

from pegboard.errors import AppError, ErrorKind


class BinariesMissing(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "postgres_binaries_missing"


class DataFolderUnusable(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "data_folder_unusable"

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"The data folder {folder} cannot be used: {why}")


class DataFolderInUse(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "data_folder_in_use"

    def __init__(self, folder: Path, owner: int | None) -> None:
        who = "another process" if owner is None else f"process {owner}"
        super().__init__(
            f"The data folder {folder} is in use by {who}, whose Postgres does not answer"
        )


class WrongPostgresVersion(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "wrong_postgres_version"


class DiskFull(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "disk_full"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"No space is left on the disk of {folder}")


class PostgresFailed(AppError):
    """`output` is the end of what Postgres said; it holds no passwords."""

    kind = ErrorKind.UNAVAILABLE
    code = "postgres_failed"

    def __init__(self, what: str, output: str = "") -> None:
        super().__init__(f"{what}:\n{output}" if output else what)
        self.output = output


def folder_failure(folder: Path, error: OSError) -> AppError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(folder)
    return DataFolderUnusable(folder, error.strerror or str(error))


def program_failure(folder: Path, what: str, output: str) -> AppError:
    """Tells a full disk by the words of the C library: Postgres passes no errno on."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return DiskFull(folder)
    if "could not look up effective user ID" in output:  # `docker run --user 1234`, for one.
        what += "; it needs its account to have a line in /etc/passwd"
    return PostgresFailed(what, output)
