"""Messages as the OpenAI API writes them.

A part of text is `{"type": "text", "text": "…"}` on its way in and
`{"type": "text", "text": {"value": "…", "annotations": []}}` on its way out.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, Field, model_validator

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.wire.fields import Metadata, seconds, too_long
from pegboard.api.openai.wire.limits import at_most
from pegboard.api.openai.wire.lists import Identified
from pegboard.assistants import tools
from pegboard.db.base import JsonDict
from pegboard.messages.attachments import Attachment
from pegboard.messages.parts import FilePart, ImagePart, Part, TextPart
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.public_ids import Prefix, public_id
from pegboard.runs.model import citations
from pegboard.runs.model.items import Annotation
from pegboard.runs.model.snapshots import CONTENT_FILTER, RUN_EXPIRED

LONGEST: Final = 256_000
_MOST_PARTS: Final = 1_000
_MOST_ATTACHMENTS: Final = 500
_MOST_KINDS: Final = 16
_REASONS: Final = {
    MessageStatus.CANCELLED: "run_cancelled",
    MessageStatus.FAILED: "run_failed",
    MessageStatus.INCOMPLETE: "max_tokens",
}


class ImageUrl(BaseModel):
    url: Annotated[str, Field(min_length=1)]
    detail: Literal["auto", "low", "high"] = "auto"


class ImageFile(BaseModel):
    file_id: str
    detail: Literal["auto", "low", "high"] = "auto"


class PartIn(BaseModel):
    type: Literal["text", "image_url", "image_file"]
    text: str | None = None
    image_url: ImageUrl | None = None
    image_file: ImageFile | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if getattr(self, self.type) is None:
            raise BadParameter(
                f"Missing required parameter: 'content[].{self.type}'.",
                param="content",
                code="missing_required_parameter",
            )
        return self

    def part(self) -> Part:
        """Raises Missing for what is no id of a file."""
        if self.type == "image_url" and self.image_url is not None:
            return ImagePart(self.image_url.url, self.image_url.detail)
        if self.type == "image_file" and self.image_file is not None:
            file_id = id_of("File", self.image_file.file_id, param="image_file.file_id")
            return FilePart(file_id, self.image_file.detail)
        return TextPart(self.text or "")


class AttachmentIn(BaseModel):
    file_id: str
    tools: Annotated[
        list[dict[str, Any]], Field(fail_fast=True), at_most("attachments[].tools", _MOST_KINDS)
    ] = []

    def attachment(self) -> Attachment:
        """Raises Missing for what is no id of a file."""
        file_id = id_of("File", self.file_id, param="file_id")
        return Attachment(file_id, tools.from_json(self.tools))


class MessageChange(BaseModel):
    metadata: Metadata = None


class MessageIn(MessageChange):
    """`content` is a text, or parts of text and pictures."""

    role: Literal["user", "assistant"]
    content: Annotated[
        str | Annotated[list[PartIn], Field(min_length=1, fail_fast=True)],
        at_most("content", _MOST_PARTS),
    ]
    attachments: Annotated[
        Annotated[list[AttachmentIn], Field(fail_fast=True)] | None,
        at_most("attachments", _MOST_ATTACHMENTS),
    ] = None

    def text(self) -> str:
        """All the text; raises BadParameter for nothing and for too much."""
        if isinstance(self.content, str):
            text = self.content
        else:
            text = "\n".join(part.text or "" for part in self.content if part.type == "text")
        if len(text) > LONGEST:
            raise too_long("content", "string", LONGEST, len(text))
        if not text.strip() and not self._pictures():
            raise BadParameter("Message content must be non-empty.", param="content")
        return text

    def parts(self) -> tuple[Part, ...] | None:
        """None for a plain text. Raises Missing for what is no id of a file."""
        if isinstance(self.content, str):
            return None
        return tuple(part.part() for part in self.content)

    def _pictures(self) -> bool:
        return not isinstance(self.content, str) and any(p.type != "text" for p in self.content)


class MessageOut(Identified):
    object: str
    created_at: int | None
    thread_id: str
    role: str
    content: list[JsonDict]
    assistant_id: str | None
    run_id: str | None
    attachments: list[JsonDict]
    metadata: JsonDict
    status: str
    incomplete_details: JsonDict | None
    completed_at: int | None
    incomplete_at: int | None

    @classmethod
    def of(cls, message: Message) -> Self:
        # A text that came with calls is whole, whatever becomes of the calls.
        called = bool(message.tool_calls)
        reason = None if called else _REASONS.get(MessageStatus(message.status))
        if message.error_code in {RUN_EXPIRED, CONTENT_FILTER}:
            reason = message.error_code
        ended = seconds(message.ended_at or message.created_at)
        return cls(
            id=public_id(Prefix.MESSAGE, message.id),
            object="thread.message",
            created_at=seconds(message.created_at),
            thread_id=public_id(Prefix.THREAD, message.thread_id),
            role=Role.USER if message.role == Role.USER else Role.ASSISTANT,
            content=_content(message),
            assistant_id=message.assistant_id and public_id(Prefix.ASSISTANT, message.assistant_id),
            run_id=message.run_id and public_id(Prefix.RUN, message.run_id),
            attachments=message.attachments or [],
            metadata=message.labels or {},
            status="incomplete" if reason else "completed",
            incomplete_details={"reason": reason} if reason else None,
            completed_at=None if reason else ended,
            incomplete_at=ended if reason else None,
        )


def text_part(text: str, annotations: Sequence[Annotation] = ()) -> JsonDict:
    return {
        "type": "text",
        "text": {"value": text, "annotations": [annotation_out(one) for one in annotations]},
    }


def refusal_part(text: str) -> JsonDict:
    return {"type": "refusal", "refusal": text}


def annotation_out(annotation: Annotation) -> JsonDict:
    file_id = public_id(Prefix.FILE, annotation.file_id)
    return {
        "type": "file_citation",
        "text": annotation.marker,
        "start_index": annotation.start,
        "end_index": annotation.end,
        "file_citation": {"file_id": file_id, "quote": annotation.quote},
    }


def _content(message: Message) -> list[JsonDict]:
    if message.parts is None:
        cited = [citations.from_json(one) for one in message.annotations or ()]
        return [text_part(message.content, cited)] if message.content else []
    return [_part(part) for part in message.parts]


def _part(stored: JsonDict) -> JsonDict:
    """Parts of imported messages keep their annotations as they were elsewhere."""
    kind = stored["type"]
    if kind != "text":
        return {"type": kind, kind: stored[kind]}
    text = {"value": stored.get("text") or "", "annotations": stored.get("annotations") or []}
    return {"type": "text", "text": text}
