"""The one error of reading: what is wrong with a file, in words for its owner."""

from pegboard.errors import AppError, ErrorKind


class UnreadableFile(AppError):
    """A file that cannot be read. `detail` is for the log: what the library said."""

    kind = ErrorKind.INVALID
    code = "invalid_file"

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class DamagedFile(UnreadableFile):
    def __init__(self, suffix: str, *, detail: str = "") -> None:
        super().__init__(f"The {suffix} file is damaged or incomplete", detail=detail)
