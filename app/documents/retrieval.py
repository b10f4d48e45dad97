"""Question in, passages out: full text and vectors, fused by rank.

Each search ranks its own matches; a chunk's score is the sum of 1 / (60 + rank) over the searches
that found it (reciprocal rank fusion, Cormack et al. 2009). Only matches take part: ranking what
full text did not find would drown what it did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text

from app.db.columns import vector_text
from app.documents.tables import DocumentStatus
from app.tenants.scope import Scope

CANDIDATES: Final = 50
_RANK_OFFSET: Final = 60

_IN_SIGHT: Final = """
    c.tenant_id = :tenant_id
    AND (c.thread_id = :thread_id
         OR (c.assistant_id = :assistant_id AND c.thread_id IS NULL))
    AND d.status = :indexed
"""

_BY_WORDS: Final = text(f"""
    WITH question AS (
        -- Any of the words will do; ranking puts first who has most of them.
        SELECT replace(plainto_tsquery('english', :question)::text, ' & ', ' | ')::tsquery
               AS any_word
    )
    SELECT c.id
    FROM question, chunks c JOIN documents d ON d.id = c.document_id
    WHERE {_IN_SIGHT} AND c.words @@ question.any_word
    ORDER BY ts_rank_cd(c.words, question.any_word, 1) DESC, c.id
    LIMIT :candidates
""")  # noqa: S608  the interpolated text is a constant

# A scope is small beside the table, so its vectors are compared one by one: exact, and no index
# has to be filtered afterwards. The CTE keeps Postgres from choosing otherwise.
_BY_VECTOR: Final = text(f"""
    WITH in_sight AS MATERIALIZED (
        SELECT c.id, c.embedding
        FROM chunks c JOIN documents d ON d.id = c.document_id
        WHERE {_IN_SIGHT} AND c.embedded_by = :embedded_by
    )
    SELECT id FROM in_sight
    WHERE embedding <=> CAST(CAST(:vector AS text) AS halfvec) < :farthest
    ORDER BY embedding <=> CAST(CAST(:vector AS text) AS halfvec), id
    LIMIT :candidates
""")  # noqa: S608

_WHOLE: Final = text("""
    SELECT c.id, c.document_id, c.position, c.text, c.heading, c.place, d.filename
    FROM chunks c JOIN documents d ON d.id = c.document_id
    WHERE c.tenant_id = :tenant_id AND c.id = ANY(:ids)
""")

_OPENINGS: Final = text(f"""
    SELECT c.id
    FROM chunks c JOIN documents d ON d.id = c.document_id
    WHERE {_IN_SIGHT} AND (CAST(:documents AS uuid[]) IS NULL OR c.document_id = ANY(:documents))
    ORDER BY c.document_id DESC, c.position
    LIMIT :candidates
""")  # noqa: S608

FARTHEST: Final = 0.85
"""Cosine distance beyond which a passage has nothing to do with the question."""


@dataclass(frozen=True, slots=True)
class Question:
    """`vectors` holds the question as each model sees it that read a document in sight."""

    text: str
    vectors: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose documents are searched: those of the thread, and of its assistant."""

    thread_id: UUID
    assistant_id: UUID | None

    def parameters(self, scope: Scope) -> dict[str, Any]:
        return {
            "tenant_id": scope.tenant_id,
            "thread_id": self.thread_id,
            "assistant_id": self.assistant_id,
            "indexed": DocumentStatus.INDEXED,
        }


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """Neighbouring chunks of one document as one text. `positions` are theirs."""

    document_id: UUID
    filename: str
    place: str | None
    text: str
    score: float
    positions: tuple[int, ...]


async def search(scope: Scope, question: Question, sight: Sight, *, top: int) -> list[FoundPassage]:
    """The best `top` chunks for a question, merged where they are neighbours, best first."""
    common = {**sight.parameters(scope), "candidates": CANDIDATES}
    rankings = [
        (await scope.session.scalars(_BY_WORDS, {**common, "question": question.text})).all()
    ]
    for model, vector in question.vectors.items():
        near = {"embedded_by": model, "vector": vector_text(vector), "farthest": FARTHEST}
        rankings.append((await scope.session.scalars(_BY_VECTOR, {**common, **near})).all())
    return await _passages(scope, dict(fuse(rankings)[:top]))


async def openings(
    scope: Scope, sight: Sight, *, documents: Sequence[UUID] | None, top: int
) -> list[FoundPassage]:
    """How documents begin, the newest first; for questions about a file as a whole."""
    chosen = None if documents is None else list(documents)
    found = await scope.session.scalars(
        _OPENINGS, {**sight.parameters(scope), "documents": chosen, "candidates": top}
    )
    return await _passages(scope, dict.fromkeys(found, 0.0))


def fuse(rankings: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """Reciprocal rank fusion: (id, score), best first; ties go to what was found first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, found in enumerate(ranking, start=1):
            scores[found] = scores.get(found, 0.0) + 1 / (_RANK_OFFSET + rank)
    return sorted(scores.items(), key=lambda item: -item[1])


async def _passages(scope: Scope, scores: Mapping[int, float]) -> list[FoundPassage]:
    if not scores:
        return []
    rows = await scope.session.execute(_WHOLE, {"tenant_id": scope.tenant_id, "ids": list(scores)})
    chunks = sorted(rows.mappings(), key=lambda row: (row["document_id"], row["position"]))
    # Within a run of neighbours, position and index grow together.
    runs = groupby(
        enumerate(chunks), key=lambda at: (at[1]["document_id"], at[1]["position"] - at[0])
    )
    passages = [_merged([chunk for _, chunk in run], scores) for _, run in runs]
    return sorted(passages, key=lambda passage: -passage.score)


def _merged(chunks: Sequence[RowMapping], scores: Mapping[int, float]) -> FoundPassage:
    """Neighbours as one passage; a heading is told once, where it begins."""
    parts: list[str] = []
    heading = None
    for chunk in chunks:
        if chunk["heading"] and chunk["heading"] != heading:
            heading = chunk["heading"]
            if not chunk["text"].startswith(heading):
                parts.append(heading)
        parts.append(chunk["text"])
    first = chunks[0]
    return FoundPassage(
        document_id=first["document_id"],
        filename=first["filename"],
        place=first["place"],
        text="\n".join(parts),
        score=max(scores[chunk["id"]] for chunk in chunks),
        positions=tuple(chunk["position"] for chunk in chunks),
    )
