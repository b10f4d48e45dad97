"""Putting files into vector stores: bytes are copied first, then all is written at once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from pegboard.blobs.store import BlobStore
from pegboard.documents.cloning import copied_bytes
from pegboard.documents.pending import check_pending
from pegboard.files import operations as files
from pegboard.tenants.scope import Scope, Scopes


class Copies:
    """Copies of files' bytes, each for one document."""

    def __init__(self, sets: Sequence[Mapping[UUID, UUID]]) -> None:
        self._left: dict[UUID, list[UUID]] = {}
        for copies in sets:
            for original, copy in copies.items():
                self._left.setdefault(original, []).append(copy)

    def take(self, file_id: UUID) -> UUID:
        """The id of a copy that nobody has taken. Raises KeyError where none was asked for."""
        return self._left[file_id].pop()


class Attaching:
    """Opens transactions that put files into vector stores."""

    def __init__(
        self, *, scopes: Scopes, read_scopes: Scopes, blobs: BlobStore, most_pending: int
    ) -> None:
        """`most_pending`: how many documents of a tenant may wait to be indexed."""
        self._scopes = scopes
        self._read_scopes = read_scopes
        self._blobs = blobs
        self._most_pending = most_pending

    @asynccontextmanager
    async def transaction(
        self, tenant_id: UUID, *wanted: Sequence[UUID]
    ) -> AsyncIterator[tuple[Scope, Copies]]:
        """A transaction, and copies of the files that each call of `store_files.attach` is to have.

        The files are looked for first: nobody's bytes are copied but the tenant's own (NotFound),
        and none where too many documents wait already (TooManyPending). Where the transaction is
        not committed the copies are removed.
        """
        sets = [dict.fromkeys(file_ids) for file_ids in wanted if file_ids]
        if sets:
            await self._check(tenant_id, [file_id for one in sets for file_id in one])
        async with AsyncExitStack() as stack:
            copied = [
                await stack.enter_async_context(copied_bytes(list(one), self._blobs))
                for one in sets
            ]
            yield await stack.enter_async_context(self._scopes(tenant_id)), Copies(copied)

    async def _check(self, tenant_id: UUID, file_ids: Sequence[UUID]) -> None:
        async with self._read_scopes(tenant_id) as scope:
            await files.get_all(scope, list(dict.fromkeys(file_ids)))
            await check_pending(scope, len(file_ids), at_most=self._most_pending)
