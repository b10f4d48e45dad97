"""Files of vector stores, alone and in batches."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.wire.attributes import Attributes
from pegboard.api.openai.wire.chunking import ChunkingIn, ChunkingOut
from pegboard.api.openai.wire.fields import seconds
from pegboard.api.openai.wire.limits import at_most, check_choice, check_length
from pegboard.api.openai.wire.lists import Identified
from pegboard.documents.store_files import NewStoreFile
from pegboard.documents.stores import Counts
from pegboard.documents.tables import Document, DocumentStatus, FileBatch
from pegboard.files.operations import NOUN as FILE
from pegboard.public_ids import Prefix, public_id

_MOST_OF_BATCH: Final = 2_000
_STATUS: Final = {
    DocumentStatus.PENDING: "in_progress",
    DocumentStatus.PROCESSING: "in_progress",
    DocumentStatus.INDEXED: "completed",
    DocumentStatus.FAILED: "failed",
    DocumentStatus.CANCELLED: "cancelled",
}
_TOLD_FAULTS: Final = frozenset({"unsupported_file", "invalid_file"})


def statuses_of(filter_: str | None) -> list[DocumentStatus] | None:
    """The states that a list is narrowed to; None for all."""
    if filter_ is None:
        return None
    check_choice("filter", filter_, ("in_progress", "completed", "failed", "cancelled"))
    return [status for status, word in _STATUS.items() if word == filter_]


class StoreFileIn(BaseModel):
    file_id: str
    attributes: Attributes = None
    chunking_strategy: ChunkingIn | None = None

    def attachment(self, place: str = "") -> NewStoreFile:
        size = self.chunking_strategy.size() if self.chunking_strategy else None
        file_id = id_of(FILE, self.file_id, param=f"{place}file_id")
        return NewStoreFile(file_id, self.attributes, size)


class AttributesIn(BaseModel):
    """Null takes all attributes away."""

    attributes: Annotated[Attributes, Field(...)]


class BatchIn(BaseModel):
    """Files that are read alike (`file_ids`), or each in its own way (`files`)."""

    file_ids: Annotated[list[str], Field(fail_fast=True)] | None = None
    files: Annotated[
        Annotated[list[StoreFileIn], Field(fail_fast=True)] | None,
        at_most("files", _MOST_OF_BATCH),
    ] = None
    attributes: Attributes = None
    chunking_strategy: ChunkingIn | None = None

    def attachments(self) -> list[NewStoreFile]:
        if (self.file_ids is None) is (self.files is None):
            raise BadParameter("Expected either 'file_ids' or 'files'.", param="file_ids")
        if self.files is not None:
            check_length("files", self.files, least=1, most=_MOST_OF_BATCH)
            return [file.attachment(f"files[{at}].") for at, file in enumerate(self.files)]
        check_length("file_ids", self.file_ids or (), least=1, most=_MOST_OF_BATCH)
        size = self.chunking_strategy.size() if self.chunking_strategy else None
        return attachments_of(self.file_ids or (), attributes=self.attributes, size=size)


def attachments_of(file_ids: Any, **alike: Any) -> list[NewStoreFile]:
    return [
        NewStoreFile(id_of(FILE, text, param=f"file_ids[{at}]"), **alike)
        for at, text in enumerate(file_ids)
    ]


class CountsOut(BaseModel):
    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int

    @classmethod
    def of(cls, counts: Counts) -> Self:
        return cls(
            in_progress=counts.in_progress,
            completed=counts.completed,
            failed=counts.failed,
            cancelled=counts.cancelled,
            total=counts.total,
        )


class FaultOut(BaseModel):
    code: str
    message: str

    @classmethod
    def of(cls, document: Document) -> Self | None:
        if document.status != DocumentStatus.FAILED:
            return None
        known = document.fault if document.fault in _TOLD_FAULTS else None
        return cls(code=known or "server_error", message=document.status_message or "")


class StoreFileOut(Identified):
    object: str
    usage_bytes: int
    created_at: int | None
    vector_store_id: str
    status: str
    last_error: FaultOut | None
    chunking_strategy: ChunkingOut
    attributes: dict[str, Any]

    @classmethod
    def of(cls, document: Document) -> Self:
        status = DocumentStatus(document.status)
        return cls(
            id=public_id(Prefix.FILE, _known(document.file_id)),
            object="vector_store.file",
            usage_bytes=document.byte_size if status is DocumentStatus.INDEXED else 0,
            created_at=seconds(document.created_at),
            vector_store_id=public_id(Prefix.VECTOR_STORE, _known(document.vector_store_id)),
            status=_STATUS[status],
            last_error=FaultOut.of(document),
            chunking_strategy=ChunkingOut.of(document),
            attributes=document.attributes or {},
        )


class BatchOut(BaseModel):
    id: str
    object: str
    created_at: int | None
    vector_store_id: str
    status: str
    file_counts: CountsOut

    @classmethod
    def of(cls, batch: FileBatch, counts: Counts) -> Self:
        if batch.cancelled_at is not None:
            status = "cancelled"
        else:
            status = "in_progress" if counts.in_progress else "completed"
        return cls(
            id=public_id(Prefix.FILE_BATCH, batch.id),
            object="vector_store.files_batch",
            created_at=seconds(batch.created_at),
            vector_store_id=public_id(Prefix.VECTOR_STORE, batch.vector_store_id),
            status=status,
            file_counts=CountsOut.of(counts),
        )


class TextOut(BaseModel):
    type: str
    text: str

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(type="text", text=text)


class ContentPage(BaseModel):
    """What was read of a file: one text for each chunk."""

    object: str
    data: list[TextOut]
    has_more: bool
    next_page: str | None

    @classmethod
    def of(cls, texts: Any) -> Self:
        return cls(
            object="vector_store.file_content.page",
            data=[TextOut.of(text) for text in texts],
            has_more=False,
            next_page=None,
        )


def _known(owner: UUID | None) -> UUID:
    """Documents of a store have both ids."""
    assert owner is not None  # noqa: S101
    return owner
