"""What a backup says of itself."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from pegboard.operations.backup.faults import BackupDamaged
from pegboard.operations.backup.folder import create, finish

FORMAT: Final = 1
_NAME: Final = "manifest.json"
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table's rows in Postgres's binary COPY form. `sha256` is that of the file."""

    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        return f"tables/{self.name}.copy"


@dataclass(frozen=True, slots=True)
class BlobFile:
    """A blob's key in the store and its content; several keys may have one content."""

    key: str
    sha256: str
    size: int

    @property
    def file(self) -> str:
        return f"blobs/{self.sha256[:2]}/{self.sha256}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`revision` is that of the schema, `sequences` the last value of each that was used.

    `missing` and `damaged` are keys of blobs that the store did not have, or not as they were
    uploaded, when the backup was taken.
    """

    pegboard: str
    postgres: str
    taken_at: str
    revision: str
    tables: tuple[TableFile, ...]
    sequences: dict[str, int]
    blobs: tuple[BlobFile, ...]
    missing: tuple[str, ...]
    damaged: tuple[str, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def write(self, folder: Path) -> None:
        with create(folder / _NAME) as file:
            file.write(json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode() + b"\n")
            finish(file)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BackupDamaged for what is none, or one of a format to come."""
        try:
            content = json.loads((folder / _NAME).read_text())
        except FileNotFoundError:
            raise BackupDamaged(folder, f"there is no {_NAME}") from None
        except (OSError, ValueError) as error:
            raise BackupDamaged(folder, f"{_NAME} cannot be read ({error})") from error
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise BackupDamaged(folder, "it was made by a newer Pegboard, or by something else")
        try:
            return cls(
                **content
                | {
                    "tables": tuple(_table(one) for one in content["tables"]),
                    "blobs": tuple(_blob(one) for one in content["blobs"]),
                    "missing": tuple(content["missing"]),
                    "damaged": tuple(content["damaged"]),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BackupDamaged(folder, f"{_NAME} is not whole ({error})") from error


def _table(content: dict[str, Any]) -> TableFile:
    columns: Sequence[str] = content["columns"]
    return TableFile(**content | {"columns": tuple(columns)})


def _blob(content: dict[str, Any]) -> BlobFile:
    """A backup may come from anywhere, and a key becomes a place in the store."""
    blob = BlobFile(**content)
    if not _KEY.fullmatch(blob.key) or not _SHA256.fullmatch(blob.sha256):
        raise ValueError(f"{blob.key[:40]!r} is no key of a file")
    return blob
