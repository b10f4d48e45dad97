"""What a thread can draw on: the documents of its assistant and its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from app.documents.tables import UNFINISHED, Document, DocumentStatus
from app.errors import AppError, Kind
from app.tenants.scope import Scope


class DocumentsNotIndexed(AppError):
    """Files of the thread are still being read."""

    kind = Kind.INVALID
    code = "documents_not_indexed"

    def __init__(self, filenames: Sequence[str]) -> None:
        listed = ", ".join(repr(name) for name in filenames)
        super().__init__(
            f"Documents must be indexed before further messages are allowed; still at it: {listed}"
        )


@dataclass(frozen=True, slots=True)
class Library:
    """`embedded_by`: the models that read the indexed documents. The others are file names."""

    embedded_by: frozenset[str]
    unfinished_in_thread: tuple[str, ...]
    unfinished_in_assistant: tuple[str, ...]


def visible(thread_id: UUID, assistant_id: UUID | None) -> ColumnElement[bool]:
    """The documents that a thread may draw on."""
    return or_(
        Document.thread_id == thread_id,
        and_(Document.assistant_id == assistant_id, Document.thread_id.is_(None)),
    )


async def library_of(scope: Scope, *, thread_id: UUID, assistant_id: UUID | None) -> Library:
    rows = await scope.session.execute(
        scope.select_columns(
            Document,
            Document.status,
            Document.embedded_by,
            Document.thread_id,
            Document.filename,
        ).where(
            visible(thread_id, assistant_id),
            Document.status.in_((*UNFINISHED, DocumentStatus.INDEXED)),
        )
    )
    embedded_by: set[str] = set()
    in_thread: list[str] = []
    in_assistant: list[str] = []
    for status, model, owner, filename in rows:
        if status == DocumentStatus.INDEXED:
            embedded_by.add(model)
        else:
            (in_assistant if owner is None else in_thread).append(filename)
    return Library(frozenset(embedded_by), tuple(in_thread), tuple(in_assistant))
