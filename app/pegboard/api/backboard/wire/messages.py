"""Messages inside a thread, and the pieces that answers share with them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel
from typing_extensions import TypedDict

from pegboard.api.backboard.clients import Client
from pegboard.db.base import JsonDict
from pegboard.documents.tables import Document, DocumentStatus
from pegboard.llm.gateway import ToolCall
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.runs.engine.moves import parse_arguments
from pegboard.runs.prompt.history import calls_of

MessageStatusWord = Literal["IN_PROGRESS", "REQUIRES_ACTION", "COMPLETED", "FAILED", "CANCELLED"]


class FunctionOut(TypedDict):
    name: str
    arguments: str
    parsed_arguments: dict[str, Any] | None


class ToolCallOut(TypedDict):
    """A call for the client to make. `arguments` is JSON text."""

    id: str
    type: str
    function: FunctionOut


def tool_calls_out(calls: Sequence[ToolCall]) -> list[ToolCallOut] | None:
    """The calls as the wire has them; None where there are none."""
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": call.arguments,
                "parsed_arguments": parse_arguments(call.arguments),
            },
        }
        for call in calls
    ] or None


class AttachmentOut(BaseModel):
    document_id: UUID
    filename: str
    status: str
    file_size_bytes: int
    summary: str | None = None

    @classmethod
    def of(cls, document: Document, client: Client) -> Self:
        return cls(
            document_id=document.id,
            filename=document.filename,
            status=document_status(document, client),
            file_size_bytes=document.byte_size,
            summary=document.summary,
        )


class MessageOut(BaseModel):
    """A message of a thread. What belongs to a tool exchange is told in `metadata_`."""

    message_id: UUID
    role: str
    content: str | None
    status: MessageStatusWord
    metadata_: JsonDict | None
    metadata: JsonDict | None
    tool_calls: list[ToolCallOut] | None
    model_provider: str | None
    model_name: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    created_at: datetime
    attachments: list[AttachmentOut]

    @classmethod
    def of(cls, message: Message, documents: Sequence[Document], client: Client) -> Self:
        tool = message.role == Role.TOOL
        calls = tool_calls_out(calls_of(message.tool_calls))
        labels = _labels(message, calls)
        read, written = message.input_tokens, message.output_tokens
        return cls(
            message_id=message.id,
            role=Role.ASSISTANT if tool and not client.knows_tool_role else message.role,
            content=message.content,
            status=status_word(message.status),
            metadata_=labels,
            metadata=labels,
            tool_calls=calls,
            model_provider=message.model_provider,
            model_name=message.model_name,
            input_tokens=read,
            output_tokens=written,
            total_tokens=None if read is None or written is None else read + written,
            created_at=message.created_at,
            attachments=[AttachmentOut.of(document, client) for document in documents],
        )


def documents_by_message(documents: Iterable[Document]) -> defaultdict[UUID, list[Document]]:
    """Those that came with a message, by its id."""
    by_message: defaultdict[UUID, list[Document]] = defaultdict(list)
    for document in documents:
        if document.message_id is not None:
            by_message[document.message_id].append(document)
    return by_message


def document_status(document: Document, client: Client) -> str:
    """The status in the word that this client knows."""
    if document.status == DocumentStatus.FAILED:
        return client.failure_word
    return document.status


def status_word(status: str) -> MessageStatusWord:
    """This API has no word for an answer that was cut short by its limit: it is complete."""
    if status == MessageStatus.INCOMPLETE:
        return "COMPLETED"
    word: MessageStatusWord = status.upper()  # type: ignore[assignment]
    return word


def _labels(message: Message, calls: list[ToolCallOut] | None) -> JsonDict | None:
    labels: JsonDict = dict(message.labels or {})
    if message.run_id is not None:
        labels["run_id"] = str(message.run_id)
    if calls is not None:
        labels["tool_calls"] = calls
    if message.role == Role.TOOL:
        labels["tool_call_id"] = message.tool_call_id
        labels["tool_name"] = message.tool_name
    if message.reasoning is not None:
        labels["reasoning"] = message.reasoning
    if message.reasoning_tokens:
        labels["reasoning_tokens"] = message.reasoning_tokens
    if message.error_code is not None:
        labels["error"] = message.error_message
        labels["error_code"] = message.error_code
    return labels or None
