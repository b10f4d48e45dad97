"""Write a change that was decided on, with a record of what was there before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from pegboard import clock
from pegboard.identifiers import new_id
from pegboard.llm.gateway import ModelName
from pegboard.memories import operations
from pegboard.memories.facts import Add, Change, Delete, Unchanged, Update
from pegboard.memories.operations import Vector
from pegboard.memories.tables import ChangeEvent, Memory, MemoryChange
from pegboard.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class Origin:
    """Where facts come from: an operation, and the exchange that it learns from."""

    operation_id: UUID
    assistant_id: UUID
    message_id: UUID
    moment: datetime
    model: ModelName


async def apply(
    scope: Scope, origin: Origin, change: Change, vector: Vector | None
) -> dict[str, Any]:
    """Write one change and its record; what the operation reports of it."""
    source = {
        "message_id": str(origin.message_id),
        "quote": change.fact.quote,
        "time": origin.moment.isoformat(),
        "model": f"{origin.model.provider}/{origin.model.name}",
        "operation_id": str(origin.operation_id),
    }
    match change:
        case Unchanged(fact=fact):
            return {"event": ChangeEvent.NONE, "memory": fact.text}
        case Add(fact=fact):
            memory = await operations.add(
                scope,
                assistant_id=origin.assistant_id,
                content=fact.text,
                source=source,
                vector=vector,
            )
            await _record(scope, origin, ChangeEvent.ADD, memory, former=None)
            return {"id": str(memory.id), "event": ChangeEvent.ADD, "memory": fact.text}
        case Update(known=known, fact=fact):
            target = await scope.held(Memory, UUID(known.id))
            if target is None:  # deleted while the change was being decided on
                return await apply(scope, origin, Add(fact), vector)
            former = _picture(target)
            await operations.change(scope, target, content=fact.text, source=source, vector=vector)
            await _record(scope, origin, ChangeEvent.UPDATE, target, former=former)
            return {
                "id": known.id,
                "event": ChangeEvent.UPDATE,
                "memory": fact.text,
                "old_memory": former["content"],
            }
        case Delete(known=known, fact=fact):
            target = await scope.held(Memory, UUID(known.id))
            if target is None:
                return {"event": ChangeEvent.NONE, "memory": fact.text}
            former = _picture(target)
            await _record(scope, origin, ChangeEvent.DELETE, target, former=former)
            await scope.session.delete(target)
            await scope.session.flush()
            return {"id": known.id, "event": ChangeEvent.DELETE, "memory": former["content"]}
        case _:
            assert_never(change)


async def _record(
    scope: Scope,
    origin: Origin,
    event: ChangeEvent,
    memory: Memory,
    *,
    former: dict[str, Any] | None,
) -> None:
    before = former or {}
    scope.session.add(
        MemoryChange(
            id=new_id(),
            tenant_id=scope.tenant_id,
            created_at=clock.now(),
            assistant_id=origin.assistant_id,
            operation_id=origin.operation_id,
            memory_id=memory.id,
            event=event,
            content=None if event is ChangeEvent.DELETE else memory.content,
            former_content=before.get("content"),
            former_labels=before.get("labels"),
            former_source=before.get("source"),
            former_created_at=before.get("created_at"),
        )
    )
    await scope.session.flush()


def _picture(memory: Memory) -> dict[str, Any]:
    return {
        "content": memory.content,
        "labels": memory.labels,
        "source": memory.source,
        "created_at": memory.created_at,
    }
