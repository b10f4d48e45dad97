"""`/vector_stores/{id}/file_batches`: files put into a store together."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.openai.ids import id_in_path
from pegboard.api.openai.vector_store_files import POLL_AFTER, StatusFilter, StoreFilePage
from pegboard.api.openai.vector_stores import StoreId
from pegboard.api.openai.wire.lists import ListOut
from pegboard.api.openai.wire.store_files import BatchIn, BatchOut, StoreFileOut, statuses_of
from pegboard.documents import batches, store_files, stores

router = APIRouter(tags=["Vector stores"], route_class=StrictRoute)
BatchId = Annotated[UUID, Depends(id_in_path("batch_id", batches.NOUN))]


@router.post("/vector_stores/{vector_store_id}/file_batches")
async def create_file_batch(
    store_id: StoreId, body: BatchIn, tenant_id: CurrentTenant, server: Server
) -> BatchOut:
    wanted = body.attachments()
    async with server.read_scopes(tenant_id) as scope:
        await stores.get(scope, store_id)
    file_ids = [one.file_id for one in wanted]
    async with server.attaching.transaction(tenant_id, file_ids) as (scope, copies):
        batch = await batches.open_batch(scope, store_id)
        await store_files.attach(scope, store_id, wanted, copies, batch=batch)
        counts = await batches.counts_of(scope, batch)
    return BatchOut.of(batch, counts)


@router.get("/vector_stores/{vector_store_id}/file_batches/{batch_id}")
async def get_file_batch(
    store_id: StoreId, batch_id: BatchId, scope: Reading, response: Response
) -> BatchOut:
    batch = await batches.get(scope, store_id, batch_id)
    response.headers.append(*POLL_AFTER)
    return BatchOut.of(batch, await batches.counts_of(scope, batch))


@router.post("/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel")
async def cancel_file_batch(store_id: StoreId, batch_id: BatchId, scope: Writing) -> BatchOut:
    """Call off what is not read yet. What is, stays."""
    batch = await batches.cancel(scope, store_id, batch_id)
    return BatchOut.of(batch, await batches.counts_of(scope, batch))


@router.get("/vector_stores/{vector_store_id}/file_batches/{batch_id}/files")
async def list_files_of_batch(
    store_id: StoreId,
    batch_id: BatchId,
    scope: Reading,
    page: StoreFilePage,
    status: StatusFilter = None,
) -> ListOut[StoreFileOut]:
    statuses = statuses_of(status)
    await batches.get(scope, store_id, batch_id)
    listed = await store_files.listed(scope, store_id, page, statuses=statuses, batch_id=batch_id)
    return ListOut.of([StoreFileOut.of(one) for one in listed.rows], has_more=listed.has_more)
