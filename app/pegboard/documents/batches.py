"""Files that are put into a vector store together, and called off together."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, update

from pegboard import clock
from pegboard.documents import stores
from pegboard.documents.calling_off import call_off
from pegboard.documents.stores import Counts
from pegboard.documents.tables import UNFINISHED, Chunk, Document, DocumentStatus, FileBatch
from pegboard.errors import NotFound
from pegboard.identifiers import new_id
from pegboard.tenants.scope import Scope

NOUN: Final = "File batch"


async def open_batch(scope: Scope, store_id: UUID) -> FileBatch:
    """A batch for `store_files.attach` to fill."""
    await stores.hold(scope, store_id)
    batch = FileBatch(
        id=new_id(),
        tenant_id=scope.tenant_id,
        created_at=clock.now(),
        vector_store_id=store_id,
        cancelled_at=None,
    )
    scope.session.add(batch)
    await scope.session.flush()
    return batch


async def get(scope: Scope, store_id: UUID, batch_id: UUID) -> FileBatch:
    await stores.get(scope, store_id)
    batch = await scope.get(FileBatch, batch_id, noun=NOUN)
    if batch.vector_store_id != store_id:
        raise NotFound(NOUN, batch_id)
    return batch


async def counts_of(scope: Scope, batch: FileBatch) -> Counts:
    counted = await stores.counted_by(scope, Document.batch_id, [batch.id])
    return counted.get(batch.id, Counts())


async def cancel(scope: Scope, store_id: UUID, batch_id: UUID) -> FileBatch:
    """Call off what is not finished; what is, stays. A batch that is done is left as it is."""
    batch = await get(scope, store_id, batch_id)
    called_off = (
        await scope.session.scalars(
            update(Document)
            .where(
                Document.tenant_id == scope.tenant_id,
                Document.batch_id == batch_id,
                Document.status.in_(UNFINISHED),
            )
            .values(status=DocumentStatus.CANCELLED, updated_at=clock.now())
            .returning(Document.id)
            .execution_options(synchronize_session=False)
        )
    ).all()
    await call_off(scope, called_off)
    if called_off:
        batch.cancelled_at = batch.cancelled_at or clock.now()
        await scope.session.execute(
            delete(Chunk).where(
                Chunk.tenant_id == scope.tenant_id, Chunk.document_id.in_(called_off)
            )
        )
    return batch
