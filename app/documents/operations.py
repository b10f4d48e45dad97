"""Attach files to a message, and list what is attached."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app import clock
from app.documents.formats import READERS, suffix_of
from app.documents.tables import Document, DocumentStatus
from app.errors import AppError
from app.identifiers import new_id
from app.llm.tokens import count_tokens
from app.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file with its text, or with the reason why there is none."""

    filename: str
    byte_size: int
    sha256: str
    text: str | None
    problem: str | None


def read_file(filename: str, data: bytes) -> ReadFile:
    """Read a file by its suffix. Raises UnsupportedFile; a file that cannot be read is kept so."""
    suffix = suffix_of(filename)
    text, problem = None, None
    reader = READERS.get(suffix)
    if reader is None:
        problem = f"This version does not read {suffix} files yet"
    else:
        try:
            text = reader(data)
        except AppError as error:
            problem = error.message
        else:
            if not text.strip():
                text, problem = None, "The file holds no text"
    return ReadFile(filename, len(data), hashlib.sha256(data).hexdigest(), text, problem)


def attach(
    scope: Scope, files: Iterable[ReadFile], *, thread_id: UUID, message_id: UUID
) -> list[Document]:
    """Keep files as documents of a message; they stay visible to the whole thread."""
    moment = clock.now()
    documents = [
        Document(
            id=new_id(),
            tenant_id=scope.tenant_id,
            created_at=moment,
            updated_at=moment,
            thread_id=thread_id,
            message_id=message_id,
            filename=file.filename,
            status=DocumentStatus.FAILED if file.problem else DocumentStatus.INDEXED,
            status_message=file.problem,
            byte_size=file.byte_size,
            sha256=file.sha256,
            text=file.text,
            tokens=count_tokens(file.text or ""),
        )
        for file in files
    ]
    scope.session.add_all(documents)
    return documents


async def of_threads(scope: Scope, thread_ids: Sequence[UUID]) -> Sequence[Document]:
    """All documents of some threads, without their texts, oldest first."""
    found = scope.select(Document).where(Document.thread_id.in_(thread_ids)).order_by(Document.id)
    return (await scope.session.scalars(found)).all()


async def texts_of_thread(scope: Scope, thread_id: UUID) -> list[tuple[str, str, int]]:
    """(filename, text, tokens) of a thread's readable documents, newest first."""
    found = (
        scope.select_columns(Document, Document.filename, Document.text, Document.tokens)
        .where(Document.thread_id == thread_id, Document.status == DocumentStatus.INDEXED)
        .order_by(Document.id.desc())
    )
    return [(name, text, tokens) for name, text, tokens in await scope.session.execute(found)]
