"""Question in, passages out: by meaning and by words, in one statement.

A chunk is as good as its vector is near the question's, and a little better for each of the
question's words that stand in it. On questions of our own over real text (`bench/quality.py`) this
sum beats either search alone. It also beats reciprocal rank fusion of the two, which lets weak
matches of words push out good ones of meaning.
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

_IN_SIGHT: Final = """
    c.tenant_id = :tenant_id
    AND (c.thread_id = :thread_id
         OR (c.assistant_id = :assistant_id AND c.thread_id IS NULL))
    AND d.status = :indexed
"""

# What is in sight comes first, and is compared one by one: exact, and no index of the whole table
# has to be filtered afterwards. The vectors are parsed once, not for each row, as happens to a
# parameter that is cast where it is compared.
_BEST: Final = text(f"""
    WITH asked AS MATERIALIZED (
        SELECT tsvector_to_array(to_tsvector('english', :question)) AS words
    ), seen AS MATERIALIZED (
        SELECT model, CAST(vector AS halfvec) AS vector
        FROM unnest(CAST(:models AS text[]), CAST(:vectors AS text[])) AS seen(model, vector)
    ), in_sight AS MATERIALIZED (
        SELECT c.id,
               1 - (c.embedding <=> seen.vector) AS likeness,
               (length(c.words) - length(ts_delete(c.words, asked.words)))::float
                   / greatest(cardinality(asked.words), 1) AS shared
        FROM chunks c
            JOIN documents d ON d.id = c.document_id
            CROSS JOIN asked
            LEFT JOIN seen ON seen.model = c.embedded_by
        WHERE {_IN_SIGHT}
    )
    SELECT id, greatest(likeness, :least) + :weight * shared AS score
    FROM in_sight
    WHERE likeness > :least OR shared > 0
    ORDER BY score DESC, id
    LIMIT :top
""")  # noqa: S608  the interpolated text is a constant

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
    LIMIT :top
""")  # noqa: S608

LEAST_LIKENESS: Final = 0.15
"""Cosine similarity below which a passage has nothing to do with the question."""

WORDS_WEIGHT: Final = 0.2
"""What all of the question's words are worth, beside a likeness of 1; .1 to .4 do as well."""


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
    best = await scope.session.execute(
        _BEST,
        {
            **sight.parameters(scope),
            "question": question.text,
            "models": list(question.vectors),
            "vectors": [vector_text(vector) for vector in question.vectors.values()],
            "least": LEAST_LIKENESS,
            "weight": WORDS_WEIGHT,
            "top": top,
        },
    )
    return await _passages(scope, {row.id: row.score for row in best})


async def openings(
    scope: Scope, sight: Sight, *, documents: Sequence[UUID] | None, top: int
) -> list[FoundPassage]:
    """How documents begin, the newest first; for questions about a file as a whole."""
    chosen = None if documents is None else list(documents)
    found = await scope.session.scalars(
        _OPENINGS, {**sight.parameters(scope), "documents": chosen, "top": top}
    )
    return await _passages(scope, dict.fromkeys(found, 0.0))


async def _passages(scope: Scope, scores: Mapping[int, float]) -> list[FoundPassage]:
    if not scores:
        return []
    rows = await scope.session.execute(_WHOLE, {"tenant_id": scope.tenant_id, "ids": list(scores)})
    chunks = sorted(rows.mappings(), key=lambda row: (row["document_id"], row["position"]))
    # Within a run of neighbours, position and index grow together. Who cites a passage names its
    # page, so a run ends with the page.
    runs = groupby(
        enumerate(chunks),
        key=lambda at: (at[1]["document_id"], at[1]["position"] - at[0], at[1]["place"]),
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
