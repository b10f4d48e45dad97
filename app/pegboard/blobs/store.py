"""What a place for files promises. A key is chosen by the caller and written once."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from pegboard.errors import AppError, ErrorKind

REMOVE_BLOB: Final = "remove_blob"
"""The job that removes a blob by its `key`."""


class BlobMissing(AppError):
    """The bytes are not where they should be."""

    kind = ErrorKind.UNAVAILABLE
    code = "blob_missing"

    def __init__(self, key: str) -> None:
        super().__init__(f"The bytes of file {key} are missing from the store")


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What was written: `size` in bytes, `sha256` in hex."""

    size: int
    sha256: str


def blob_key(owner_id: UUID) -> str:
    """The key of the one blob that a document or a file has."""
    return owner_id.hex


class BlobStore(Protocol):
    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> StoredBlob:
        """Write the pieces as one blob; nothing is left where that fails half-way."""
        ...

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The blob as a file of this machine, for as long as the block lasts. BlobMissing."""
        ...

    async def has(self, key: str) -> bool:
        """Whether there is such a blob."""
        ...

    async def copy(self, key: str, to: str) -> None:
        """Keep the same bytes under another key as well. Raises BlobMissing."""
        ...

    async def remove(self, key: str) -> None:
        """Remove the blob; one that is not there is no error."""
        ...
