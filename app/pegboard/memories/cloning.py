"""Copy an assistant's memories to another, vectors and all, within the database."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from pegboard.identifiers import new_id
from pegboard.memories import operations
from pegboard.memories.tables import Memory
from pegboard.tenants.scope import Scope

_COPY: Final = text("""
    INSERT INTO memories (id, tenant_id, assistant_id, content, metadata, source, created_at,
                          updated_at, embedded_by, embedding)
    SELECT copy.id, m.tenant_id, :target_id, m.content, m.metadata, m.source, m.created_at,
           m.updated_at, m.embedded_by, m.embedding
    FROM memories m
        JOIN unnest(CAST(:originals AS uuid[]), CAST(:copies AS uuid[])) AS copy(original_id, id)
            ON copy.original_id = m.id
    WHERE m.tenant_id = :tenant_id
    ORDER BY copy.id
    RETURNING id, embedded_by
""")


async def clone(scope: Scope, source_id: UUID, *, target_id: UUID) -> int:
    """Copy all memories of one assistant to another; how many that were."""
    query = scope.select_columns(Memory, Memory.id).where(Memory.assistant_id == source_id)
    originals = (await scope.session.scalars(query.order_by(Memory.id))).all()
    done = await scope.session.execute(
        _COPY,
        {
            "tenant_id": scope.tenant_id,
            "target_id": target_id,
            "originals": list(originals),
            "copies": [new_id() for _ in originals],
        },
    )
    made = done.all()
    for memory_id, embedded_by in made:
        if embedded_by is None:
            await operations.enqueue_embedding(scope, memory_id)
    return len(made)
