"""`/vector_stores/{id}/files`: what is in a store, one by one."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.openai.ids import id_in_path
from pegboard.api.openai.paging import page_of
from pegboard.api.openai.vector_stores import StoreId
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.lists import ListOut
from pegboard.api.openai.wire.store_files import (
    AttributesIn,
    ContentPage,
    StoreFileIn,
    StoreFileOut,
    statuses_of,
)
from pegboard.db.pages import Page
from pegboard.documents import store_files, stores
from pegboard.public_ids import Prefix

router = APIRouter(tags=["Vector stores"], route_class=StrictRoute)
StoreFileId = Annotated[UUID, Depends(id_in_path("file_id", store_files.NOUN))]
StoreFilePage = Annotated[Page, Depends(page_of(Prefix.FILE))]
StatusFilter = Annotated[str | None, Query(alias="filter")]

POLL_AFTER: Final = ("openai-poll-after-ms", "300")
"""Without it some SDKs wait five seconds between two looks."""


@router.post("/vector_stores/{vector_store_id}/files")
async def create_vector_store_file(
    store_id: StoreId, body: StoreFileIn, tenant_id: CurrentTenant, server: Server
) -> StoreFileOut:
    """Put a file into a store. It is read in the background; one that is there is read anew."""
    wanted = body.attachment()
    async with server.read_scopes(tenant_id) as scope:
        await stores.get(scope, store_id)
    async with server.attaching.transaction(tenant_id, [wanted.file_id]) as (scope, copies):
        (document,) = await store_files.attach(scope, store_id, [wanted], copies)
    return StoreFileOut.of(document)


@router.get("/vector_stores/{vector_store_id}/files")
async def list_vector_store_files(
    store_id: StoreId, scope: Reading, page: StoreFilePage, status: StatusFilter = None
) -> ListOut[StoreFileOut]:
    statuses = statuses_of(status)
    await stores.get(scope, store_id)
    listed = await store_files.listed(scope, store_id, page, statuses=statuses)
    return ListOut.of([StoreFileOut.of(one) for one in listed.rows], has_more=listed.has_more)


@router.get("/vector_stores/{vector_store_id}/files/{file_id}")
async def get_vector_store_file(
    store_id: StoreId, file_id: StoreFileId, scope: Reading, response: Response
) -> StoreFileOut:
    document = await store_files.get(scope, store_id, file_id)
    response.headers.append(*POLL_AFTER)
    return StoreFileOut.of(document)


@router.post("/vector_stores/{vector_store_id}/files/{file_id}")
async def modify_vector_store_file(
    store_id: StoreId, file_id: StoreFileId, body: AttributesIn, scope: Writing
) -> StoreFileOut:
    """Replace the attributes of a file."""
    document = await store_files.get(scope, store_id, file_id)
    document.attributes = body.attributes
    return StoreFileOut.of(document)


@router.delete("/vector_stores/{vector_store_id}/files/{file_id}")
async def delete_vector_store_file(
    store_id: StoreId, file_id: StoreFileId, scope: Writing
) -> DeletedOut:
    """Take a file out of a store. The file itself stays."""
    await store_files.detach(scope, store_id, file_id)
    return DeletedOut.of(Prefix.FILE, file_id, "vector_store.file.deleted")


@router.get("/vector_stores/{vector_store_id}/files/{file_id}/content")
async def get_vector_store_file_content(
    store_id: StoreId, file_id: StoreFileId, scope: Reading
) -> ContentPage:
    """What was read of a file."""
    document = await store_files.get(scope, store_id, file_id)
    return ContentPage.of(await store_files.text_of(scope, document))
