"""What every way of putting files into a vector store has in common."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from pegboard.composition.resources import Resources
from pegboard.documents.cloning import copied_bytes
from pegboard.documents.pending import check_pending
from pegboard.documents.store_files import Attachment
from pegboard.files import operations as files
from pegboard.tenants.scope import Scope


@asynccontextmanager
async def attaching(
    server: Resources, tenant_id: UUID, wanted: Sequence[Attachment]
) -> AsyncIterator[tuple[Scope, Mapping[UUID, UUID]]]:
    """A transaction for `store_files.attach`, and the copies that it asks for.

    The files are looked for first: nobody's bytes are copied but the tenant's own, and none where
    too many documents wait already (TooManyPending).
    """
    file_ids = list(dict.fromkeys(one.file_id for one in wanted))
    async with server.read_scopes(tenant_id) as scope:
        await files.get_all(scope, file_ids)
        if file_ids:
            await check_pending(scope, len(file_ids), at_most=server.settings.max_pending_documents)
    async with (
        copied_bytes(file_ids, server.blobs) as copies,
        server.scopes(tenant_id) as scope,
    ):
        yield scope, copies
