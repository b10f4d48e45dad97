"""Copy an assistant with what it has read and remembers."""

from dataclasses import dataclass
from uuid import UUID

from pegboard.assistants import operations as assistants
from pegboard.assistants.tables import Assistant
from pegboard.blobs.store import BlobStore
from pegboard.documents import cloning as documents
from pegboard.memories import cloning as memories
from pegboard.tenants.scope import Scopes


@dataclass(frozen=True, slots=True)
class CloneRequest:
    """What is copied besides the configuration, and what is put in its place; None leaves it."""

    documents: bool = True
    memories: bool = True
    name: str | None = None
    system_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Clone:
    """A new assistant, and how many documents and memories it was given."""

    assistant: Assistant
    documents: int
    memories: int


class Cloning:
    """Bytes are copied first, then all rows in one transaction; where it fails, nothing is left."""

    def __init__(self, scopes: Scopes, read_scopes: Scopes, blobs: BlobStore) -> None:
        self._scopes = scopes
        self._read_scopes = read_scopes
        self._blobs = blobs

    async def assistant(self, tenant_id: UUID, source_id: UUID, wanted: CloneRequest) -> Clone:
        """Raises NotFound. Later changes of the source or of the copy are its own."""
        async with self._read_scopes(tenant_id) as scope:
            await assistants.get(scope, source_id)
            originals = await documents.originals_of(scope, source_id) if wanted.documents else []
        async with (
            documents.copied_bytes(originals, self._blobs) as copies,
            self._scopes(tenant_id) as scope,
        ):
            source = await assistants.get(scope, source_id)
            copy = await assistants.clone(
                scope, source, name=wanted.name, system_prompt=wanted.system_prompt
            )
            await scope.session.flush()
            read = await documents.clone(scope, copies, target_id=copy.id)
            known = 0
            if wanted.memories:
                known = await memories.clone(scope, source_id, target_id=copy.id)
        return Clone(copy, read, known)
