"""What a thread can draw on: the documents of its assistant and its own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_

from app.documents.tables import Document, DocumentStatus
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


async def models_in_sight(
    scope: Scope, thread_id: UUID, assistant_id: UUID | None
) -> frozenset[str]:
    """The models that have read a document of the thread or of its assistant."""
    models = await scope.session.scalars(
        scope.select_columns(Document, Document.embedded_by)
        .where(
            or_(
                Document.thread_id == thread_id,
                and_(Document.assistant_id == assistant_id, Document.thread_id.is_(None)),
            ),
            Document.status == DocumentStatus.INDEXED,
        )
        .distinct()
    )
    return frozenset(models)
