"""Question in, retrieved memories out, ranked by `db.ranking`; the newer wins a tie."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import text

from pegboard.assistants import operations as assistants
from pegboard.db import ranking
from pegboard.errors import AppError
from pegboard.llm.embeddings.choice import ChosenEmbedder
from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind
from pegboard.llm.embeddings.questions import LONGEST_QUESTION, embed_question
from pegboard.memories.learning import LOST_AFTER
from pegboard.memories.operations import Vector
from pegboard.memories.tables import OperationStatus
from pegboard.slots import waiting
from pegboard.tenants.scope import Scope, Scopes

LEAST_LIKENESS: Final = 0.25
"""Cosine similarity below which a memory has nothing to do with the question."""

_POLL_SECONDS: Final = 0.05
_ABOUT_ME: Final = re.compile(r"\bwho am i\b|\babout (me|myself|us)\b", re.IGNORECASE)
# One after the other, since "the one and somewhere behind it the other" takes quadratic time.
_KNOWING: Final = re.compile(r"\b(remember|know|recall|learn(ed|t)?|memor(y|ies))\b", re.IGNORECASE)
_ME: Final = re.compile(r"\b(me|my|i|we|us)\b", re.IGNORECASE)

_BEST: Final = text(f"""
    WITH {ranking.QUESTION}, candidates AS MATERIALIZED (
        SELECT it.id, it.updated_at, {ranking.COMPARED}
        FROM memories it {ranking.WITH_QUESTION}
        WHERE it.tenant_id = :tenant_id AND it.assistant_id = :assistant_id
    )
    SELECT id, least({ranking.SCORE}, 1) AS score
    FROM candidates
    WHERE {ranking.FITS}
    ORDER BY score DESC, updated_at DESC, id
    LIMIT :top
""")  # noqa: S608  the interpolated texts are constants

_WHOLE: Final = text("""
    SELECT id, content, metadata, source, created_at, updated_at FROM memories
    WHERE tenant_id = :tenant_id AND assistant_id = :assistant_id AND id = ANY(:ids)
""")

_NEWEST: Final = text("""
    SELECT id FROM memories
    WHERE tenant_id = :tenant_id AND assistant_id = :assistant_id
    ORDER BY updated_at DESC, id DESC
    LIMIT :most
""")

_MODELS: Final = text("""
    SELECT DISTINCT embedded_by FROM memories
    WHERE tenant_id = :tenant_id AND assistant_id = :assistant_id AND embedded_by IS NOT NULL
""")

_PENDING: Final = text("""
    SELECT EXISTS (
        SELECT 1 FROM memory_operations
        WHERE tenant_id = :tenant_id AND assistant_id = :assistant_id AND status = :in_progress
          AND updated_at > now() - CAST(:lost_after AS interval)
    )
""")

log = structlog.get_logger("pegboard.memories")


@dataclass(frozen=True, slots=True)
class RetrievedMemory:
    """A memory found for a question. `score` is between 0 and 1, 1 being the same words."""

    id: UUID
    content: str
    score: float
    labels: Mapping[str, Any] | None = None
    source: Mapping[str, Any] | None = None
    created_at: Any = None
    updated_at: Any = None


class Recall:
    """Finds memories, over scopes of its own: an embedding model may take its time."""

    def __init__(self, *, scopes: Scopes, embedders: ChosenEmbedder) -> None:
        self._scopes = scopes
        self._embedders = embedders

    async def find(
        self, tenant_id: UUID, assistant_id: UUID, question: str, *, top: int, patience: float
    ) -> tuple[RetrievedMemory, ...]:
        """The best `top` memories for a question, best first.

        Waits up to `patience` seconds for operations in progress, so that what was said a moment
        ago is known. A question about the user as a whole gets the newest besides.
        """
        await self._until_settled(tenant_id, assistant_id, patience)
        query = question[:LONGEST_QUESTION]
        async with self._scopes(tenant_id) as scope:
            models = (await scope.session.scalars(_MODELS, _whose(scope, assistant_id))).all()
        vectors_of = await embed_question(self._embedders, query, models, lane=tenant_id)
        vectors = [Vector(model, numbers) for model, numbers in vectors_of.items()]
        async with self._scopes(tenant_id) as scope:
            memories = await nearest(scope, assistant_id, query, vectors, top=top)
            if len(memories) < top and _is_about_me(query):
                memories = await _with_newest(scope, assistant_id, memories, top=top)
        return memories

    async def vector_for(
        self, tenant_id: UUID, scope_of: EmbeddingName, content: str
    ) -> Vector | None:
        """The vector under which a memory is kept; None where its model cannot be asked now."""
        try:
            embedder = self._embedders.serving(scope_of)
            (numbers,) = await embedder.embed(
                [content], TextKind.PASSAGE, lane=("memory", tenant_id)
            )
        except AppError as error:
            log.warning("memory_not_embedded", code=error.code)
            return None
        return Vector(embedder.name.key, numbers)

    async def embedding_of(self, tenant_id: UUID, assistant_id: UUID) -> EmbeddingName:
        """The embedding that an assistant was made with. Raises NotFound."""
        async with self._scopes(tenant_id) as scope:
            return assistants.embedding_of(await assistants.get(scope, assistant_id))

    async def _until_settled(self, tenant_id: UUID, assistant_id: UUID, patience: float) -> None:
        deadline = monotonic() + patience
        while monotonic() < deadline:
            async with self._scopes(tenant_id) as scope:
                whose = _whose(scope, assistant_id)
                pending = {"in_progress": OperationStatus.IN_PROGRESS, "lost_after": LOST_AFTER}
                if not await scope.session.scalar(_PENDING, {**whose, **pending}):
                    return
            async with waiting():
                await asyncio.sleep(_POLL_SECONDS)


def _is_about_me(question: str) -> bool:
    knowing = _KNOWING.search(question)
    of_me = knowing and _ME.search(question, knowing.end())
    return bool(of_me or _ABOUT_ME.search(question))


async def nearest(
    scope: Scope, assistant_id: UUID, question: str, vectors: Sequence[Vector], *, top: int
) -> tuple[RetrievedMemory, ...]:
    """The memories that fit a question best, within one transaction."""
    best = await scope.session.execute(
        _BEST,
        {
            **_whose(scope, assistant_id),
            **ranking.parameters(
                question,
                {vector.embedded_by: vector.numbers for vector in vectors},
                least=LEAST_LIKENESS,
            ),
            "top": top,
        },
    )
    return await _whole(scope, assistant_id, [(row.id, row.score) for row in best])


async def _with_newest(
    scope: Scope, assistant_id: UUID, memories: tuple[RetrievedMemory, ...], *, top: int
) -> tuple[RetrievedMemory, ...]:
    newest = await scope.session.scalars(_NEWEST, {**_whose(scope, assistant_id), "most": top})
    known = {memory.id for memory in memories}
    others = [(memory_id, 0.0) for memory_id in newest if memory_id not in known]
    return (*memories, *await _whole(scope, assistant_id, others[: top - len(memories)]))


async def _whole(
    scope: Scope,
    assistant_id: UUID,
    ranked: Sequence[tuple[UUID, float]],
) -> tuple[RetrievedMemory, ...]:
    ids = [memory_id for memory_id, _ in ranked]
    rows = await scope.session.execute(_WHOLE, {**_whose(scope, assistant_id), "ids": ids})
    by_id = {row["id"]: row for row in rows.mappings()}
    return tuple(
        RetrievedMemory(
            id=memory_id,
            content=by_id[memory_id]["content"],
            score=round(score, 4),
            labels=by_id[memory_id]["metadata"],
            source=by_id[memory_id]["source"],
            created_at=by_id[memory_id]["created_at"],
            updated_at=by_id[memory_id]["updated_at"],
        )
        for memory_id, score in ranked
        if memory_id in by_id
    )


def _whose(scope: Scope, assistant_id: UUID) -> dict[str, Any]:
    return {"tenant_id": scope.tenant_id, "assistant_id": assistant_id}
