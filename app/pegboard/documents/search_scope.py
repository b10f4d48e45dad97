"""What a thread can draw on: the documents of its assistant, of vector stores, and its own."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_

from pegboard.documents.retrieval import SearchScope
from pegboard.documents.tables import Document, DocumentStatus
from pegboard.errors import AppError, ErrorKind
from pegboard.tenants.scope import Scope


class DocumentsNotIndexed(AppError):
    """Files of the thread are still being read."""

    kind = ErrorKind.INVALID
    code = "documents_not_indexed"

    def __init__(self, filenames: Sequence[str]) -> None:
        listed = ", ".join(repr(name) for name in filenames)
        super().__init__(
            f"Documents must be indexed before further messages are allowed; still at it: {listed}"
        )


async def models_in_scope(scope: Scope, search_scope: SearchScope) -> frozenset[str]:
    """The models that have read a document in scope."""
    owners: list[ColumnElement[bool]] = [
        Document.vector_store_id.in_(search_scope.vector_store_ids)
    ]
    if search_scope.thread_id is not None:
        owners.append(Document.thread_id == search_scope.thread_id)
    if search_scope.assistant_id is not None:
        of_assistant = Document.assistant_id == search_scope.assistant_id
        owners.append(and_(of_assistant, Document.thread_id.is_(None)))
    models = await scope.session.scalars(
        scope.select_columns(Document, Document.embedded_by)
        .where(or_(*owners), Document.status == DocumentStatus.INDEXED)
        .distinct()
    )
    return frozenset(models)
