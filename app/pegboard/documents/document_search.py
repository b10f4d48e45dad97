"""What a thread's documents have to say to a message."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final
from uuid import UUID

from pegboard.documents import operations, retrieval
from pegboard.documents.retrieval import FoundPassage, Question, SearchScope
from pegboard.documents.search_scope import DocumentsNotIndexed, models_in_scope
from pegboard.documents.tables import Document, DocumentStatus
from pegboard.llm.embeddings.choice import ChosenEmbedder
from pegboard.llm.embeddings.questions import LONGEST_QUESTION, embed_question
from pegboard.slots import waiting
from pegboard.tenants.scope import Scopes

# One after the other, since "the one and somewhere behind it the other" takes quadratic time.
_SUMMARY: Final = re.compile(
    r"\b(summar\w*|overview|outline|key points?|main points?|gist|tl;?dr|about)\b", re.IGNORECASE
)
_WHOLE: Final = re.compile(
    r"\b(document|file|attachment|upload\w*|pdf|report|paper|sheet|slides?|presentation|this)\b",
    re.IGNORECASE,
)
_BARE_ORDER: Final = re.compile(r"\b(summari[sz]e|describe|explain)\b\W*$", re.IGNORECASE)
_END: Final = 200
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class DocumentMatches:
    """`unreadable` names files of the message that could not be read, with the reasons."""

    passages: tuple[FoundPassage, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


class DocumentSearch:
    """Finds passages, over scopes of its own: an embedding model may take its time."""

    def __init__(self, *, scopes: Scopes, embedders: ChosenEmbedder) -> None:
        self._scopes = scopes
        self._embedders = embedders

    async def find(
        self,
        tenant_id: UUID,
        *,
        thread_id: UUID,
        assistant_id: UUID | None,
        question: str,
        message_id: UUID,
        top: int,
        least: float = 0.0,
        vector_store_ids: Sequence[UUID] = (),
    ) -> DocumentMatches:
        """The passages that fit a message, those with a rating of `least` at least.

        One that is about a file as a whole gets its opening.
        """
        search_scope = SearchScope(thread_id, assistant_id, tuple(vector_store_ids))
        async with self._scopes(tenant_id) as scope:
            models = await models_in_scope(scope, search_scope)
            attached = await operations.of_message(scope, message_id)
        unreadable = tuple(
            (document.filename, document.status_message or "unknown reason")
            for document in attached
            if document.status == DocumentStatus.FAILED
        )
        if not models:
            return DocumentMatches(unreadable=unreadable)
        query = question[:LONGEST_QUESTION]
        vectors = await embed_question(self._embedders, query, models, lane=tenant_id)
        async with self._scopes(tenant_id) as scope:
            best = await retrieval.search(scope, Question(query, vectors), search_scope, top=top)
            passages = [passage for passage in best if passage.rating >= least]
            whole = _is_about_a_whole(query)
            if attached or whole:
                ids = _readable(attached) or None
                opened = await retrieval.openings(scope, search_scope, documents=ids, top=top)
                passages = [*opened, *passages] if whole else [*passages, *opened]
        return DocumentMatches(_distinct(passages), unreadable)

    async def search(
        self,
        tenant_id: UUID,
        search_scope: SearchScope,
        questions: Sequence[str],
        *,
        documents: Sequence[UUID] | None = None,
        least: float = 0.0,
        top: int,
    ) -> tuple[FoundPassage, ...]:
        """The best passages for any of the questions, those with a rating of `least` at least.

        Where `documents` are given, only they are searched.
        """
        async with self._scopes(tenant_id) as scope:
            models = await models_in_scope(scope, search_scope)
        if not models:
            return ()
        queries = [question[:LONGEST_QUESTION] for question in questions]
        embedded = [
            Question(one, await embed_question(self._embedders, one, models, lane=tenant_id))
            for one in queries
        ]
        passages: list[FoundPassage] = []
        async with self._scopes(tenant_id) as scope:
            for question in embedded:
                passages += await retrieval.search(
                    scope, question, search_scope, documents=documents, top=top
                )
        passages.sort(key=lambda passage: -passage.score)
        return _distinct([passage for passage in passages if passage.rating >= least])[:top]

    async def wait_for(
        self, tenant_id: UUID, document_ids: Sequence[UUID], *, patience: float
    ) -> None:
        """Return when these documents are indexed or have failed. Raises DocumentsNotIndexed."""
        deadline = monotonic() + patience
        while True:
            async with self._scopes(tenant_id) as scope:
                unfinished = await operations.unfinished(scope, document_ids)
            if not unfinished:
                return
            if monotonic() > deadline:
                raise DocumentsNotIndexed(unfinished)
            async with waiting():
                await asyncio.sleep(_POLL_SECONDS)


def _is_about_a_whole(question: str) -> bool:
    summary = _SUMMARY.search(question)
    of_a_file = summary and _WHOLE.search(question, summary.end())
    return bool(of_a_file or _BARE_ORDER.search(question[-_END:]))


def _readable(documents: Sequence[Document]) -> list[UUID]:
    return [one.id for one in documents if one.status == DocumentStatus.INDEXED]


def _distinct(passages: Sequence[FoundPassage]) -> tuple[FoundPassage, ...]:
    """Without those whose chunks all stand in an earlier one."""
    seen: set[tuple[UUID, int]] = set()
    distinct: list[FoundPassage] = []
    for passage in passages:
        chunks = {(passage.document_id, position) for position in passage.positions}
        if not chunks <= seen:
            distinct.append(passage)
            seen |= chunks
    return tuple(distinct)
