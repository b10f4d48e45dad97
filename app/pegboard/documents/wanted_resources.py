"""What tools are to work on, as a caller wants it, made into what is there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from pegboard.assistants.tool_resources import ToolResources
from pegboard.db.base import JsonDict
from pegboard.documents import store_files, stores
from pegboard.documents.attaching import Attaching, Copies
from pegboard.documents.store_files import NewStoreFile
from pegboard.documents.tables import VectorStore
from pegboard.files import operations as files
from pegboard.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class NewStore:
    """A vector store that is to be made, with these files. The days count from its last use."""

    name: str | None = None
    description: str | None = None
    labels: JsonDict | None = None
    expires_after_days: int | None = None
    files: tuple[NewStoreFile, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedResources:
    """Stores are named or described; None where nothing is said of a tool."""

    code_file_ids: tuple[UUID, ...] | None = None
    vector_store_ids: tuple[UUID, ...] | None = None
    new_stores: tuple[NewStore, ...] = ()


def copied_files(wanted: WantedResources | None) -> Sequence[UUID]:
    """The files that `resolve` needs copies of."""
    described = () if wanted is None else wanted.new_stores
    return [one.file_id for store in described for one in store.files]


async def resolve(
    scope: Scope, wanted: WantedResources | None, copies: Copies
) -> ToolResources | None:
    """Make the stores that are described. Raises NotFound for a file or a store that is missing."""
    if wanted is None:
        return None
    await files.get_all(scope, wanted.code_file_ids or ())
    for store_id in wanted.vector_store_ids or ():
        await stores.get(scope, store_id)
    named = wanted.vector_store_ids
    if wanted.new_stores:
        made = [await create_store(scope, described, copies) for described in wanted.new_stores]
        named = (*(named or ()), *(store.id for store in made))
    return ToolResources(wanted.code_file_ids, named)


@asynccontextmanager
async def resolving(
    attaching: Attaching, tenant_id: UUID, wanted: WantedResources | None
) -> AsyncIterator[tuple[Scope, ToolResources | None]]:
    """A transaction in which what is wanted is there. Raises NotFound and TooManyPending."""
    async with attaching.transaction(tenant_id, copied_files(wanted)) as (scope, copies):
        yield scope, await resolve(scope, wanted, copies)


async def create_store(scope: Scope, described: NewStore, copies: Copies) -> VectorStore:
    """Make a vector store with its files. Raises NotFound for one that is not there."""
    store = await stores.create(
        scope,
        name=described.name,
        description=described.description,
        labels=described.labels,
        expires_after_days=described.expires_after_days,
    )
    if described.files:
        await store_files.attach(scope, store.id, described.files, copies)
    return store
