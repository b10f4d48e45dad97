"""`/files`: bytes with a name and a purpose, taken and given back as they are."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from pegboard.api.http.forms import opened_form
from pegboard.api.http.requests import NotingRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.http.uploads import stored
from pegboard.api.openai.ids import id_in_path
from pegboard.api.openai.paging import page_of
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.files import PURPOSES, FileIn, FileOut
from pegboard.api.openai.wire.lists import ListOut
from pegboard.blobs.store import BlobStore, blob_key
from pegboard.db.pages import Page
from pegboard.documents.store_files import remove_file
from pegboard.files import operations
from pegboard.public_ids import Prefix

router = APIRouter(tags=["Files"], route_class=NotingRoute)
FileId = Annotated[UUID, Depends(id_in_path("file_id", operations.NOUN))]
# Files have always come as one list, which old clients do not turn the page of.
FilePage = Annotated[Page, Depends(page_of(Prefix.FILE, usual=10_000, most=10_000))]

_PIECE: Final = 256 * 1024
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": list(PURPOSES)},
                        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                        "expires_after[seconds]": {"type": "integer"},
                    },
                    "required": ["file", "purpose"],
                }
            }
        },
    }
}

_BYTES: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.post("/files", openapi_extra=_FORM)
async def create_file(request: Request, tenant_id: CurrentTenant, server: Server) -> FileOut:
    """Upload a file of any type. It is read only once it is put into a vector store."""
    async with opened_form(request, max_files=2, max_fields=20) as form:
        wanted = FileIn.of(form)
        async with (
            stored([wanted.file], server.blobs) as (upload,),
            server.scopes(tenant_id) as scope,
        ):
            file = await operations.keep(
                scope,
                upload.id,
                filename=upload.filename,
                purpose=wanted.purpose,
                blob=upload.blob,
                lifetime=wanted.lifetime,
            )
    return FileOut.of(file)


@router.get("/files")
async def list_files(
    scope: Reading, page: FilePage, purpose: str | None = None
) -> ListOut[FileOut]:
    listed = await operations.listed(scope, page, purpose=purpose)
    return ListOut.of([FileOut.of(file) for file in listed.rows], has_more=listed.has_more)


@router.get("/files/{file_id}")
async def get_file(file_id: FileId, scope: Reading) -> FileOut:
    return FileOut.of(await operations.get(scope, file_id))


@router.delete("/files/{file_id}")
async def delete_file(file_id: FileId, scope: Writing) -> DeletedOut:
    """Delete a file, and take it out of every vector store."""
    await remove_file(scope, file_id)
    return DeletedOut.of(Prefix.FILE, file_id, "file")


@router.get(
    "/files/{file_id}/content", response_class=Response, responses={200: {"content": _BYTES}}
)
async def get_file_content(file_id: FileId, tenant_id: CurrentTenant, server: Server) -> Response:
    """The bytes, whatever the file's purpose."""
    async with server.read_scopes(tenant_id) as scope:
        file = await operations.get(scope, file_id)
    pieces = _pieces(server.blobs, blob_key(file.id))
    await anext(pieces)  # missing bytes are an HTTP error still
    return StreamingResponse(
        pieces,
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(file.byte_size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
        },
    )


async def _pieces(blobs: BlobStore, key: str) -> AsyncGenerator[bytes, None]:
    """The bytes of a blob, after an empty piece that says that they are there."""
    async with blobs.local(key) as path:
        with await asyncio.to_thread(path.open, "rb") as file:
            yield b""
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
