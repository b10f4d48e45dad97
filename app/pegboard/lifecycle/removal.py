"""Remove an assistant or a thread with what hangs on it: rows, bytes, and runs that are going."""

from typing import Protocol
from uuid import UUID

from pegboard.assistants import operations as assistants
from pegboard.documents import operations as documents
from pegboard.tenants.scope import Scopes
from pegboard.threads import operations as threads


class Abandon(Protocol):
    """Stops the runs that this process executes of what has been removed."""

    def __call__(
        self, *, thread_id: UUID | None = None, assistant_id: UUID | None = None
    ) -> None: ...


class Removal:
    """Each in one transaction; runs are stopped once it is committed."""

    def __init__(self, scopes: Scopes, *, abandon: Abandon) -> None:
        self._scopes = scopes
        self._abandon = abandon

    async def thread(self, tenant_id: UUID, thread_id: UUID) -> None:
        """Remove a thread with its messages, runs and documents. Raises NotFound."""
        async with self._scopes(tenant_id) as scope:
            await threads.get(scope, thread_id)
            await documents.release_blobs(scope, thread_id=thread_id)
            await threads.remove(scope, thread_id)
        self._abandon(thread_id=thread_id)

    async def assistant_with_threads(self, tenant_id: UUID, assistant_id: UUID) -> None:
        """Remove an assistant with its documents and threads, and theirs. Raises NotFound."""
        async with self._scopes(tenant_id) as scope:
            await assistants.get(scope, assistant_id)
            await documents.release_blobs(scope, assistant_id=assistant_id)
            await assistants.remove(scope, assistant_id)
        self._abandon(assistant_id=assistant_id)

    async def assistant_alone(self, tenant_id: UUID, assistant_id: UUID) -> None:
        """Remove an assistant with its documents; its threads stay, as threads of nobody, and their
        runs go on. Raises NotFound."""
        async with self._scopes(tenant_id) as scope:
            await assistants.get(scope, assistant_id)
            await threads.release(scope, assistant_id)
            await documents.release_to_threads(scope, assistant_id)
            await documents.release_blobs(scope, assistant_id=assistant_id)
            await assistants.remove(scope, assistant_id)
