"""Blobs as objects of a bucket, in S3 or anything that speaks its protocol.

boto3 reads credentials, region and endpoint from its own variables (AWS_ACCESS_KEY_ID,
AWS_ENDPOINT_URL, …). It blocks, so every call runs in a thread.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pegboard.blobs.store import BlobMissing, StoredBlob

_MISSING: Final = frozenset({"404", "NoSuchKey"})


class S3Store:
    def __init__(self, bucket: str, *, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix

    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> StoredBlob:
        digest = hashlib.sha256()
        size = 0
        # boto3 wants a whole file to send large ones in parts and to try them again.
        with tempfile.TemporaryFile() as spooled:
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
                await asyncio.to_thread(spooled.write, piece)
            spooled.seek(0)
            await asyncio.to_thread(
                self._client.upload_fileobj, spooled, self._bucket, self._prefix + key
            )
        return StoredBlob(size, digest.hexdigest())

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        from botocore.exceptions import ClientError  # noqa: PLC0415  with boto3, slow to import

        with tempfile.NamedTemporaryFile() as copy:
            try:
                await asyncio.to_thread(
                    self._client.download_fileobj, self._bucket, self._prefix + key, copy
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _MISSING:
                    raise BlobMissing(key) from error
                raise
            copy.flush()
            yield Path(copy.name)

    async def has(self, key: str) -> bool:
        from botocore.exceptions import ClientError  # noqa: PLC0415  as above

        try:
            await asyncio.to_thread(
                self._client.head_object, Bucket=self._bucket, Key=self._prefix + key
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return False
            raise
        return True

    async def copy(self, key: str, to: str) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415  as above

        source = {"Bucket": self._bucket, "Key": self._prefix + key}
        try:
            await asyncio.to_thread(self._client.copy, source, self._bucket, self._prefix + to)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise BlobMissing(key) from error
            raise

    async def remove(self, key: str) -> None:
        await asyncio.to_thread(
            self._client.delete_object, Bucket=self._bucket, Key=self._prefix + key
        )

    @cached_property
    def _client(self) -> Any:
        import boto3  # noqa: PLC0415  half a second that a folder never needs

        return boto3.client("s3")
