"""`/vector_stores`: documents under one name, and searching them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.openai.ids import id_in_path
from pegboard.api.openai.paging import page_of
from pegboard.api.openai.wire.attributes import condition_of
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.lists import ListOut
from pegboard.api.openai.wire.vector_stores import (
    SearchIn,
    SearchPage,
    StoreChange,
    StoreIn,
    StoreOut,
)
from pegboard.db.pages import Page
from pegboard.documents import store_files, stores
from pegboard.documents.retrieval import SearchScope
from pegboard.documents.wanted_resources import create_store
from pegboard.public_ids import Prefix

router = APIRouter(tags=["Vector stores"], route_class=StrictRoute)
StoreId = Annotated[UUID, Depends(id_in_path("vector_store_id", stores.NOUN))]
StorePage = Annotated[Page, Depends(page_of(Prefix.VECTOR_STORE))]


@router.post("/vector_stores")
async def create_vector_store(
    tenant_id: CurrentTenant, server: Server, body: StoreIn | None = None
) -> StoreOut:
    """Make a store, with files or empty. Files are read in the background."""
    wanted = (body or StoreIn()).new_store()
    file_ids = [one.file_id for one in wanted.files]
    async with server.attaching.transaction(tenant_id, file_ids) as (scope, copies):
        store = await create_store(scope, wanted, copies)
        counts = await stores.counts_of(scope, [store.id])
    return StoreOut.of(store, counts[store.id])


@router.get("/vector_stores")
async def list_vector_stores(scope: Reading, page: StorePage) -> ListOut[StoreOut]:
    listed = await stores.listed(scope, page)
    counts = await stores.counts_of(scope, [store.id for store in listed.rows])
    return ListOut.of(
        [StoreOut.of(store, counts[store.id]) for store in listed.rows],
        has_more=listed.has_more,
    )


@router.get("/vector_stores/{vector_store_id}")
async def get_vector_store(store_id: StoreId, scope: Reading) -> StoreOut:
    store = await stores.get(scope, store_id)
    counts = await stores.counts_of(scope, [store_id])
    return StoreOut.of(store, counts[store_id])


@router.post("/vector_stores/{vector_store_id}")
async def modify_vector_store(
    store_id: StoreId, scope: Writing, body: StoreChange | None = None
) -> StoreOut:
    store = await stores.change(scope, store_id, (body or StoreChange()).changes())
    counts = await stores.counts_of(scope, [store_id])
    return StoreOut.of(store, counts[store_id])


@router.delete("/vector_stores/{vector_store_id}")
async def delete_vector_store(store_id: StoreId, scope: Writing) -> DeletedOut:
    """Delete a store with what was read for it. Its files stay."""
    await stores.remove(scope, store_id)
    return DeletedOut.of(Prefix.VECTOR_STORE, store_id, "vector_store.deleted")


@router.post("/vector_stores/{vector_store_id}/search")
async def search_vector_store(
    store_id: StoreId, body: SearchIn, tenant_id: CurrentTenant, server: Server
) -> SearchPage:
    """The passages that fit the question best, those of neighbouring chunks put together."""
    questions, top, least = body.questions(), body.most(), body.least_score()
    condition = condition_of(body.filters) if body.filters else None
    documents = None
    async with server.scopes(tenant_id) as scope:
        await stores.use(scope, store_id)
        if condition is not None:
            documents = await store_files.fitting(scope, store_id, condition)
    search_scope = SearchScope(vector_store_ids=(store_id,))
    passages = await server.lookup.search(
        tenant_id, search_scope, questions, documents=documents, least=least, top=top
    )
    return SearchPage.of(questions, passages)
