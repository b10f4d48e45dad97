"""Vector stores, and what is found in them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, Field

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.chunking import ChunkingIn
from pegboard.api.openai.wire.fields import Metadata, longest, seconds, too_long
from pegboard.api.openai.wire.limits import at_most, check_length, check_range
from pegboard.api.openai.wire.lists import Identified
from pegboard.api.openai.wire.store_files import CountsOut, TextOut, attachments_of
from pegboard.documents.retrieval import FoundPassage
from pegboard.documents.stores import Counts, has_expired
from pegboard.documents.tables import VectorStore
from pegboard.documents.wanted_resources import NewStore
from pegboard.public_ids import Prefix, public_id

_MOST_FILES: Final = 500
_MOST_QUERIES: Final = 20
_LONGEST_QUERY: Final = 32_000
_USUAL_RESULTS: Final = 10
_MOST_RESULTS: Final = 50


class ExpiresAfter(BaseModel):
    anchor: Literal["last_active_at"]
    days: int


class StoreIn(BaseModel):
    name: longest("name", 512) = None  # type: ignore[valid-type]
    description: longest("description", 4096) = None  # type: ignore[valid-type]
    file_ids: Annotated[list[str], Field(fail_fast=True)] | None = None
    expires_after: ExpiresAfter | None = None
    chunking_strategy: ChunkingIn | None = None
    metadata: Metadata = None

    def given(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "labels": self.metadata,
            "expires_after_days": _days(self.expires_after),
        }

    def new_store(self) -> NewStore:
        """Raises BadParameter, and Missing for a file id that is none."""
        check_length("file_ids", self.file_ids or (), most=_MOST_FILES)
        size = self.chunking_strategy.size() if self.chunking_strategy else None
        files = attachments_of(self.file_ids or (), size=size)
        return NewStore(**self.given(), files=tuple(files))


class StoreChange(BaseModel):
    """Only the keys that are sent are changed; null clears."""

    name: longest("name", 512) = None  # type: ignore[valid-type]
    expires_after: ExpiresAfter | None = None
    metadata: Metadata = None

    def changes(self) -> dict[str, Any]:
        whole = {
            "name": ("name", self.name),
            "expires_after": ("expires_after_days", _days(self.expires_after)),
            "metadata": ("labels", self.metadata),
        }
        return dict(whole[field] for field in self.model_fields_set)


def _days(expires_after: ExpiresAfter | None) -> int | None:
    if expires_after is None:
        return None
    check_range("expires_after.days", expires_after.days, least=1, most=365)
    return expires_after.days


class StoreOut(Identified):
    """`name` is never null: SDKs declare it a string."""

    object: str
    created_at: int | None
    name: str
    description: str | None
    usage_bytes: int
    file_counts: CountsOut
    status: str
    expires_after: ExpiresAfter | None
    expires_at: int | None
    last_active_at: int | None
    metadata: dict[str, Any]

    @classmethod
    def of(cls, store: VectorStore, counts: Counts) -> Self:
        days = store.expires_after_days
        return cls(
            id=public_id(Prefix.VECTOR_STORE, store.id),
            object="vector_store",
            created_at=seconds(store.created_at),
            name=store.name or "",
            description=store.description,
            usage_bytes=counts.used_bytes,
            file_counts=CountsOut.of(counts),
            status=_status(store, counts),
            expires_after=(
                None if days is None else ExpiresAfter(anchor="last_active_at", days=days)
            ),
            expires_at=seconds(store.expires_at),
            last_active_at=seconds(store.last_active_at),
            metadata=store.labels or {},
        )


def _status(store: VectorStore, counts: Counts) -> str:
    if has_expired(store):
        return "expired"
    return "in_progress" if counts.in_progress else "completed"


class RankingOptions(BaseModel):
    score_threshold: float | None = None


class SearchIn(BaseModel):
    """`rewrite_query` is ignored: the question is asked as it stands."""

    query: Annotated[
        str | Annotated[list[str], Field(fail_fast=True)], at_most("query", _MOST_QUERIES)
    ]
    max_num_results: int | None = None
    filters: dict[str, Any] | None = None
    ranking_options: RankingOptions | None = None

    def questions(self) -> list[str]:
        queries = [self.query] if isinstance(self.query, str) else self.query
        check_length("query", queries, least=1, most=_MOST_QUERIES)
        for question in queries:
            if len(question) > _LONGEST_QUERY:
                raise too_long("query", "string", _LONGEST_QUERY, len(question))
        if not all(question.strip() for question in queries):
            raise BadParameter("Invalid 'query': expected a text to search for.", param="query")
        return queries

    def most(self) -> int:
        if self.max_num_results is None:
            return _USUAL_RESULTS
        check_range("max_num_results", self.max_num_results, least=1, most=_MOST_RESULTS)
        return self.max_num_results

    def least_score(self) -> float:
        threshold = self.ranking_options.score_threshold if self.ranking_options else None
        if threshold is not None and not 0 <= threshold <= 1:
            raise BadParameter(
                "Invalid 'ranking_options.score_threshold': expected a value between 0 and 1, but "
                f"got {threshold} instead.",
                param="ranking_options.score_threshold",
            )
        return threshold or 0.0


class ResultOut(BaseModel):
    file_id: str
    filename: str
    score: float
    attributes: dict[str, Any]
    content: list[TextOut]

    @classmethod
    def of(cls, passage: FoundPassage) -> Self:
        assert passage.file_id is not None  # noqa: S101  documents of stores are copies of files
        return cls(
            file_id=public_id(Prefix.FILE, passage.file_id),
            filename=passage.filename,
            score=passage.rating,
            attributes=passage.attributes or {},
            content=[TextOut.of(passage.text)],
        )


class SearchPage(BaseModel):
    object: str
    search_query: list[str]
    data: list[ResultOut]
    has_more: bool
    next_page: str | None

    @classmethod
    def of(cls, questions: Sequence[str], passages: Sequence[FoundPassage]) -> Self:
        return cls(
            object="vector_store.search_results.page",
            search_query=list(questions),
            data=[ResultOut.of(passage) for passage in passages],
            has_more=False,
            next_page=None,
        )
