"""The job that learns from one exchange: extract, compare with what is known, write the changes.

Either all changes of an operation are written, with its completion, or none. Operations of one
assistant are done one after another, so that two never add the same fact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from pegboard import clock
from pegboard.assistants import operations as assistants
from pegboard.errors import AppError, NotFound
from pegboard.jobs.queue import enqueue
from pegboard.llm.embeddings.embedder import EmbeddingName
from pegboard.llm.gateway import ModelName
from pegboard.memories import operations
from pegboard.memories.applying import Origin, apply
from pegboard.memories.facts import Change, Exchange, Fact, KnownFact
from pegboard.memories.learning import LEARN, LOST_AFTER
from pegboard.memories.memory_model import MemoryModel, MemoryModelFailed
from pegboard.memories.operations import Vector
from pegboard.memories.recall import Recall, nearest
from pegboard.memories.tables import (
    Memory,
    MemoryOperation,
    OperationStatus,
)
from pegboard.messages.tables import Message
from pegboard.tenants.scope import Scope, Scopes
from pegboard.usage import recording as usage
from pegboard.usage.tables import Purpose

ATTEMPTS: Final = 3
NEAREST: Final = 5
LONGEST_FACT: Final = 600
_PAUSE: Final = timedelta(seconds=2)

log = structlog.get_logger("pegboard.memories")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the work on an operation needs to know."""

    id: UUID
    tenant_id: UUID
    assistant_id: UUID
    message_id: UUID
    exchange: Exchange
    model: ModelName
    embedding: EmbeddingName
    extracting: str | None
    reconciling: str | None
    careful: bool
    attempts: int
    key_id: UUID | None


class Remembering:
    """`model_for` names who extracts facts where a given model has answered."""

    def __init__(
        self, *, scopes: Scopes, recall: Recall, model_for: Callable[[ModelName], MemoryModel]
    ) -> None:
        self._scopes = scopes
        self._recall = recall
        self._model_for = model_for

    async def learn(self, tenant_id: UUID, operation_id: UUID) -> None:
        """Do an operation, or note why it cannot be done; nothing for one that is over."""
        claimed = await self._claim(tenant_id, operation_id)
        if claimed is None:
            return
        try:
            await self._learn(claimed)
        except NotFound:
            # With its assistant, and so the operation too.
            log.info("operation_gone", operation_id=str(operation_id))
        except MemoryModelFailed as error:
            await self._end(claimed, error.message)
        except AppError as error:
            await self._try_again(claimed, error.message)
        except Exception:
            log.exception("learning_fault", operation_id=str(operation_id))
            await self._try_again(claimed, "The server could not learn from the exchange")

    async def embed(self, tenant_id: UUID, memory_id: UUID, *, attempts: int) -> None:
        """Make the vector of a memory that was kept without one, now or a while later."""
        async with self._scopes(tenant_id) as scope:
            memory = await scope.session.scalar(scope.select(Memory).where(Memory.id == memory_id))
            if memory is None:
                return
            content = memory.content
            assistant = await assistants.get(scope, memory.assistant_id)
        name = assistants.embedding_of(assistant)
        vector = await self._recall.vector_for(tenant_id, name, content)
        async with self._scopes(tenant_id) as scope:
            held = await scope.held(Memory, memory_id)
            if held is not None and held.content == content:
                await operations.embed(scope, held, vector, attempts=attempts + 1)

    async def _learn(self, claimed: Claimed) -> None:
        model = self._model_for(claimed.model)
        try:
            changes, vectors = await self._decide(model, claimed)
        finally:
            if model.spent is not None:
                model_name, used = model.spent
                async with self._scopes(claimed.tenant_id) as scope:
                    await usage.record(
                        scope,
                        purpose=Purpose.MEMORY,
                        subject_id=claimed.id,
                        key_id=claimed.key_id,
                        model=model_name,
                        used=used,
                    )
        await self._write(claimed, changes, vectors)

    async def _decide(
        self, model: MemoryModel, claimed: Claimed
    ) -> tuple[Sequence[Change], dict[Fact, Vector | None]]:
        """What is to change, and the vectors of the facts that it comes from."""
        facts = await model.extract(claimed.exchange, instruction=claimed.extracting)
        vectors = [
            await self._recall.vector_for(claimed.tenant_id, claimed.embedding, one.text)
            for one in facts
        ]
        known = await self._known(claimed, facts, vectors)
        changes: Sequence[Change] = ()
        if facts:
            changes = await model.reconcile(facts, known=known, instruction=claimed.reconciling)
        return changes, dict(zip(facts, vectors, strict=True))

    async def _known(
        self, claimed: Claimed, facts: Sequence[Fact], vectors: Sequence[Vector | None]
    ) -> list[list[KnownFact]]:
        top = NEAREST * 2 if claimed.careful else NEAREST
        async with self._scopes(claimed.tenant_id) as scope:
            return [
                [
                    KnownFact(str(memory.id), memory.content)
                    # What is longer is no fact but a document that somebody keeps here.
                    for memory in await nearest(
                        scope,
                        claimed.assistant_id,
                        fact.text,
                        [vector] if vector else [],
                        top=top,
                    )
                    if len(memory.content) <= LONGEST_FACT
                ]
                for fact, vector in zip(facts, vectors, strict=True)
            ]

    async def _claim(self, tenant_id: UUID, operation_id: UUID) -> Claimed | None:
        async with self._scopes(tenant_id) as scope:
            operation = await scope.session.scalar(
                scope.select(MemoryOperation)
                .where(MemoryOperation.id == operation_id)
                .with_for_update()
            )
            if operation is None or operation.status != OperationStatus.IN_PROGRESS:
                return None
            if await _has_earlier(scope, operation):
                # Whoever ends the one before it has it taken up; this is for when nobody does.
                await _queue(scope, tenant_id, operation_id, after=LOST_AFTER)
                return None
            operation.attempts += 1
            operation.updated_at = clock.now()
            message = await scope.session.scalar(
                scope.select(Message).where(Message.id == operation.message_id)
            )
            if operation.attempts > ATTEMPTS or message is None:
                operation.status = OperationStatus.ERROR
                operation.error_message = f"Learning was given up after {ATTEMPTS} tries"
                await _queue_next(scope, operation)
                return None
            answer = await scope.session.scalar(
                scope.select(Message).where(Message.id == operation.answer_id)
            )
            assistant = await assistants.get(scope, operation.assistant_id)
            return Claimed(
                id=operation.id,
                tenant_id=tenant_id,
                assistant_id=assistant.id,
                message_id=message.id,
                exchange=Exchange(
                    user_text=message.content or "",
                    assistant_text=answer.content if answer else None,
                    moment=_moment_of(message),
                    recalled=tuple(operation.recalled or ()),
                ),
                model=ModelName(operation.model_provider, operation.model_name),
                embedding=assistants.embedding_of(assistant),
                extracting=assistant.custom_fact_extraction_prompt,
                reconciling=assistant.custom_update_memory_prompt,
                careful=operation.careful,
                attempts=operation.attempts,
                key_id=operation.key_id,
            )

    async def _write(
        self,
        claimed: Claimed,
        changes: Sequence[Change],
        vectors: dict[Fact, Vector | None],
    ) -> None:
        async with self._scopes(claimed.tenant_id) as scope:
            operation = await scope.held(MemoryOperation, claimed.id)
            if operation is None or operation.status != OperationStatus.IN_PROGRESS:
                return
            origin = Origin(
                claimed.id,
                claimed.assistant_id,
                claimed.message_id,
                claimed.exchange.moment,
                claimed.model,
            )
            operation.changes = [
                await apply(scope, origin, one, vectors.get(one.fact)) for one in changes
            ]
            operation.status = OperationStatus.COMPLETED
            operation.updated_at = clock.now()
            await _queue_next(scope, operation)

    async def _end(self, claimed: Claimed, reason: str) -> None:
        async with self._scopes(claimed.tenant_id) as scope:
            operation = await scope.held(MemoryOperation, claimed.id)
            if operation is None:
                return
            operation.status = OperationStatus.ERROR
            operation.error_message = reason
            operation.updated_at = clock.now()
            await _queue_next(scope, operation)

    async def _try_again(self, claimed: Claimed, reason: str) -> None:
        """Come back to it, unless this was the last of the attempts."""
        if claimed.attempts >= ATTEMPTS:
            await self._end(claimed, reason)
            return
        async with self._scopes(claimed.tenant_id) as scope:
            await _queue(scope, claimed.tenant_id, claimed.id, after=_PAUSE)


def _moment_of(message: Message) -> datetime:
    """When the exchange took place: as its sender says, or as it came."""
    stamp = (message.labels or {}).get("custom_timestamp")
    if not isinstance(stamp, str):
        return message.created_at
    moment = datetime.fromisoformat(stamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=message.created_at.tzinfo)


async def _has_earlier(scope: Scope, operation: MemoryOperation) -> bool:
    earlier = scope.select_columns(MemoryOperation, MemoryOperation.id).where(
        MemoryOperation.assistant_id == operation.assistant_id,
        MemoryOperation.status == OperationStatus.IN_PROGRESS,
        MemoryOperation.id < operation.id,
        # One that nobody has touched for so long has lost its job, and holds up no other.
        MemoryOperation.updated_at > clock.now() - LOST_AFTER,
    )
    # Whoever is ending the earlier one holds it, and is waited for: either it has ended then, or
    # its end comes after this transaction, and `_queue_next` sees what waits for it.
    last = earlier.order_by(MemoryOperation.id.desc()).limit(1).with_for_update(read=True)
    return await scope.session.scalar(last) is not None


async def _queue_next(scope: Scope, ended: MemoryOperation) -> None:
    """Have the assistant's next operation taken up, once this one's end is committed.

    Were each to look again after a while, whether its turn has come, hundreds would be looked at
    for each that is learnt from.
    """
    await scope.session.flush()
    following = scope.select_columns(MemoryOperation, MemoryOperation.id).where(
        MemoryOperation.assistant_id == ended.assistant_id,
        MemoryOperation.status == OperationStatus.IN_PROGRESS,
        MemoryOperation.id > ended.id,
    )
    next_id = await scope.session.scalar(following.order_by(MemoryOperation.id).limit(1))
    if next_id is not None:
        await _queue(scope, ended.tenant_id, next_id, after=timedelta())


async def _queue(scope: Scope, tenant_id: UUID, operation_id: UUID, *, after: timedelta) -> None:
    await enqueue(
        scope.session,
        LEARN,
        after=after,
        tenant_id=str(tenant_id),
        operation_id=str(operation_id),
    )
