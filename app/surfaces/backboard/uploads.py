"""Files of a form on their way to the blob store, never whole in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.datastructures import FormData, UploadFile

from app.blobs.store import BlobStore
from app.documents.formats import suffix_of
from app.documents.operations import Upload, blob_key
from app.identifiers import new_id
from app.strict_json import BadJson, check_text
from app.surfaces.backboard.wire.message_request import BadMessage

_PIECE: Final = 256 * 1024
_LONGEST_NAME: Final = 255


def files_of(form: FormData) -> list[UploadFile]:
    """The files of a form, each with a name that can be kept and a type that is taken.

    A form in which no file was chosen carries an empty part without a name.
    """
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    named = [file for file in files if file.filename]
    for file in named:
        _check_name(file.filename or "")
    return named


@asynccontextmanager
async def stored(files: Sequence[UploadFile], blobs: BlobStore) -> AsyncIterator[list[Upload]]:
    """The files in the store, for a block that makes documents of them; removed where it fails."""
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


def _check_name(name: str) -> None:
    try:
        check_text(name)
    except BadJson as error:
        raise BadMessage(f"The name of a file cannot be kept: {error.problem}") from error
    if len(name) > _LONGEST_NAME:
        raise BadMessage(f"The name of a file is longer than {_LONGEST_NAME} characters")
    suffix_of(name)
