"""What keeps a backup from being taken or restored, for whoever asked for it."""

from pathlib import Path

from pegboard.errors import AppError, ErrorKind


class BackupRefused(AppError):
    """It was not begun."""

    kind = ErrorKind.CONFLICT
    code = "backup_refused"


class BackupDamaged(AppError):
    """The folder is not what was written."""

    kind = ErrorKind.INVALID
    code = "backup_damaged"

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"The backup in {folder} cannot be used: {why}")
