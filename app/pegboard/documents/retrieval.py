"""Question in, passages out, ranked by `db.ranking` in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, column, text
from sqlalchemy.dialects.postgresql import JSON

from pegboard.db import ranking
from pegboard.db.base import JsonDict
from pegboard.documents.tables import DocumentStatus
from pegboard.tenants.scope import Scope

_IN_SCOPE: Final = """
    it.tenant_id = :tenant_id
    AND (it.thread_id = :thread_id
         OR (it.assistant_id = :assistant_id AND it.thread_id IS NULL)
         OR it.vector_store_id = ANY(:vector_store_ids))
    AND document.status = :indexed
    AND (CAST(:documents AS uuid[]) IS NULL OR it.document_id = ANY(:documents))
"""

# What is searched comes first, and is compared one by one: exact, and no index of the whole table
# has to be filtered afterwards.
_BEST: Final = text(f"""
    WITH {ranking.QUESTION}, candidates AS MATERIALIZED (
        SELECT it.id, {ranking.COMPARED}
        FROM chunks it
            JOIN documents document ON document.id = it.document_id
            {ranking.WITH_QUESTION}
        WHERE {_IN_SCOPE}
    )
    SELECT id, {ranking.SCORE} AS score
    FROM candidates
    WHERE {ranking.FITS}
    ORDER BY score DESC, id
    LIMIT :top
""")  # noqa: S608  the interpolated texts are constants

_WHOLE: Final = text("""
    SELECT c.id, c.document_id, c.position, c.text, c.heading, c.place, d.filename, d.file_id,
           d.attributes
    FROM chunks c JOIN documents d ON d.id = c.document_id
    WHERE c.tenant_id = :tenant_id AND c.id = ANY(:ids)
""").columns(
    column("id"),
    column("document_id"),
    column("position"),
    column("text"),
    column("heading"),
    column("place"),
    column("filename"),
    column("file_id"),
    column("attributes", JSON),
)

_OPENINGS: Final = text(f"""
    SELECT it.id
    FROM chunks it JOIN documents document ON document.id = it.document_id
    WHERE {_IN_SCOPE}
    ORDER BY it.document_id DESC, it.position
    LIMIT :top
""")  # noqa: S608

LEAST_LIKENESS: Final = 0.15
"""Cosine similarity below which a passage has nothing to do with the question."""


@dataclass(frozen=True, slots=True)
class Question:
    """`vectors` holds the question as each model sees it that read a document in scope."""

    text: str
    vectors: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Whose documents are searched: those of the thread, of its assistant, and of the stores."""

    thread_id: UUID | None = None
    assistant_id: UUID | None = None
    vector_store_ids: tuple[UUID, ...] = ()

    def parameters(self, scope: Scope) -> dict[str, Any]:
        return {
            "tenant_id": scope.tenant_id,
            "thread_id": self.thread_id,
            "assistant_id": self.assistant_id,
            "vector_store_ids": list(self.vector_store_ids),
            "indexed": DocumentStatus.INDEXED,
        }


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """Neighbouring chunks of one document as one text. `positions` are theirs.

    `file_id` and `attributes` are those of a document in a vector store.
    """

    document_id: UUID
    filename: str
    place: str | None
    text: str
    score: float
    positions: tuple[int, ...]
    file_id: UUID | None = None
    attributes: JsonDict | None = None

    @property
    def rating(self) -> float:
        """The score as a share of the best there can be: between 0 and 1."""
        return self.score / ranking.BEST


async def search(
    scope: Scope,
    question: Question,
    search_scope: SearchScope,
    *,
    documents: Sequence[UUID] | None = None,
    top: int,
) -> list[FoundPassage]:
    """The best `top` chunks for a question, merged where they are neighbours, best first.

    Where `documents` are given, only they are searched.
    """
    best = await scope.session.execute(
        _BEST,
        {
            **search_scope.parameters(scope),
            **ranking.parameters(question.text, question.vectors, least=LEAST_LIKENESS),
            "documents": _ids(documents),
            "top": top,
        },
    )
    return await _passages(scope, {row.id: row.score for row in best})


async def openings(
    scope: Scope, search_scope: SearchScope, *, documents: Sequence[UUID] | None, top: int
) -> list[FoundPassage]:
    """How documents begin, the newest first; for questions about a file as a whole."""
    ids = await scope.session.scalars(
        _OPENINGS, {**search_scope.parameters(scope), "documents": _ids(documents), "top": top}
    )
    return await _passages(scope, dict.fromkeys(ids, 0.0))


def _ids(documents: Sequence[UUID] | None) -> list[UUID] | None:
    return None if documents is None else list(documents)


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
    """Neighbours as one passage; a heading is given once, where it begins."""
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
        file_id=first["file_id"],
        attributes=first["attributes"],
    )
