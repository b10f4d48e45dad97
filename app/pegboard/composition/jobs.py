"""What is done in the background."""

from contextlib import suppress
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.blobs.removal import LOOK_AGAIN, removals_held
from pegboard.blobs.store import REMOVE_BLOB
from pegboard.composition.knowledge import Knowledge
from pegboard.documents.operations import INDEX_DOCUMENT
from pegboard.documents.store_files import remove_file
from pegboard.errors import NotFound
from pegboard.files.operations import EXPIRE_FILE
from pegboard.jobs.queue import enqueue
from pegboard.jobs.runner import Work
from pegboard.memories.learning import LEARN
from pegboard.memories.operations import EMBED_MEMORY
from pegboard.tenants.scope import Scopes

Kinds: TypeAlias = dict[str, Work]
JOB_GROUPS: Final = 3
"""The groups of `job_kinds`; each listens on a connection of its own."""


def job_kinds(
    knowledge: Knowledge, scopes: Scopes, sessions: async_sessionmaker[AsyncSession]
) -> tuple[Kinds, ...]:
    """Every kind of background work, by the name under which rooms ask for it.

    In groups with workers of their own: neither long files nor thousands of memories that wait for
    their vectors must hold up what is learnt in a moment.
    """

    async def index_document(tenant_id: str, document_id: str) -> None:
        await knowledge.indexer.index(UUID(tenant_id), UUID(document_id))

    async def learn(tenant_id: str, operation_id: str) -> None:
        await knowledge.remembering.learn(UUID(tenant_id), UUID(operation_id))

    async def embed_memory(tenant_id: str, memory_id: str, attempts: int = 0) -> None:
        await knowledge.remembering.embed(UUID(tenant_id), UUID(memory_id), attempts=attempts)

    async def expire_file(tenant_id: str, file_id: str) -> None:
        with suppress(NotFound):
            async with scopes(UUID(tenant_id)) as scope:
                await remove_file(scope, UUID(file_id))

    async def remove_blob(key: str) -> None:
        async with sessions.begin() as session:
            if await removals_held(session):
                await enqueue(session, REMOVE_BLOB, after=LOOK_AGAIN, key=key)
                return
        await knowledge.blobs.remove(key)

    return (
        {INDEX_DOCUMENT: index_document},
        {LEARN: learn, EXPIRE_FILE: expire_file, REMOVE_BLOB: remove_blob},
        {EMBED_MEMORY: embed_memory},
    )
