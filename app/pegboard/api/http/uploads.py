"""Files of a form on their way to the blob store, never whole in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.datastructures import UploadFile

from pegboard.blobs.store import BlobStore, blob_key
from pegboard.documents.operations import Upload
from pegboard.identifiers import new_id

_PIECE: Final = 256 * 1024


@asynccontextmanager
async def stored(files: Sequence[UploadFile], blobs: BlobStore) -> AsyncIterator[list[Upload]]:
    """The files in the store, for a block that makes something of them; removed where it fails."""
    uploads: list[Upload] = []
    try:
        for file in files:
            upload_id = new_id()
            blob = await blobs.put(blob_key(upload_id), _pieces(file))
            uploads.append(Upload(upload_id, file.filename or "", blob))
        yield uploads
    except BaseException:
        for upload in uploads:
            await blobs.remove(blob_key(upload.id))
        raise


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
