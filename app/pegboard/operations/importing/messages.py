"""Messages, in the order in which they were written."""

from collections.abc import Container, Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from pegboard.api.openai.profiles.requests import from_v1
from pegboard.api.openai.wire.fields import Metadata
from pegboard.api.openai.wire.messages import AttachmentIn, ImageFile, ImageUrl
from pegboard.db.base import JsonDict
from pegboard.llm.tokens import count_tokens
from pegboard.messages import operations as messages
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.operations.importing.files import moment
from pegboard.operations.importing.import_context import ImportItem, given
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import Names
from pegboard.operations.importing.report import Skip
from pegboard.public_ids import Prefix, prefix_of, uuid_of
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads

_ENDED: Final = {
    "run_cancelled": MessageStatus.CANCELLED,
    "run_failed": MessageStatus.FAILED,
}


Second = Annotated[int, Field(ge=0, lt=2**36)]


class DumpedText(BaseModel):
    value: str
    annotations: list[dict[str, Any]] | None = None


class DumpedPart(BaseModel):
    type: Literal["text", "image_url", "image_file", "refusal"]
    text: DumpedText | None = None
    image_url: ImageUrl | None = None
    image_file: ImageFile | None = None
    refusal: str | None = None

    def shown_text(self) -> str:
        return self.text.value if self.text else self.refusal or ""

    def stored(self) -> JsonDict:
        """As the API keeps parts; annotations stay as they are."""
        if self.image_file is not None:
            file_id = uuid_of(Prefix.FILE, self.image_file.file_id)
            here = {} if file_id is None else {"file": str(file_id)}
            return {**self.model_dump(exclude_none=True), **here}
        if self.text is None:
            return self.model_dump(exclude_none=True)
        annotations = self.text.annotations
        part = {"type": self.type, "text": self.text.value}
        return {**part, "annotations": annotations} if annotations else part


class DumpedMessage(BaseModel):
    thread_id: str
    role: Literal["user", "assistant"]
    content: list[DumpedPart]
    assistant_id: str | None = None
    run_id: str | None = None
    attachments: list[AttachmentIn] | None = None
    metadata: Metadata = None
    status: Literal["in_progress", "incomplete", "completed"] = "completed"
    incomplete_details: dict[str, Any] | None = None
    completed_at: Second | None = None
    incomplete_at: Second | None = None

    def text(self) -> str:
        return "\n".join(part.shown_text() for part in self.content if part.shown_text())

    def parts(self) -> list[JsonDict] | None:
        """None for a plain text."""
        stored = [part.stored() for part in self.content]
        plain = len(stored) == 1 and stored[0].keys() == {"type", "text"}
        return None if plain or not stored else stored

    def stored_status(self) -> MessageStatus:
        if self.status == "completed":
            return MessageStatus.COMPLETED
        reason = (self.incomplete_details or {}).get("reason")
        return _ENDED.get(str(reason), MessageStatus.INCOMPLETE)


async def prepare_messages(scope: Scope, items: Sequence[Item], names: Names) -> ImportItem:
    """The threads are looked for once, and stay while messages are put on them."""
    ids = {names.object_id(one) for item in items if (one := _thread_of(item)) is not None}
    there = await threads.hold_all(scope, ids)

    async def take(scope: Scope, item: Item, names: Names) -> None:
        _take_message(scope, item, names, there)

    return take


def _take_message(scope: Scope, item: Item, names: Names, there: Container[UUID]) -> None:
    original = _thread_of(item)
    if original is None or not names.is_there(original):
        raise Skip("its thread was not imported", f"{item.original_id}, {original}")
    if names.object_id(original) not in there:
        raise Skip("its thread was deleted here", f"{item.original_id}, {original}")
    dumped = DumpedMessage.model_validate(_in_todays_words(names.translated(item)))
    row = messages.new_message(
        scope,
        thread_id=names.object_id(original),
        role=Role(dumped.role),
        content=dumped.text(),
    )
    row.tokens = count_tokens(row.content or "")
    _complete(row, dumped)
    row.id = names.object_id(item.original_id)
    row.created_at = moment(item.value["created_at"])
    # In the order of adding, which is how they are numbered.
    scope.session.add(row)


def _complete(row: Message, dumped: DumpedMessage) -> None:
    ended = dumped.completed_at or dumped.incomplete_at
    row.status = dumped.stored_status()
    row.parts = dumped.parts()
    row.attachments = [one.model_dump() for one in dumped.attachments or ()] or None
    row.labels = dumped.metadata or {}
    row.ended_at = None if ended is None else moment(ended)
    row.assistant_id = uuid_of(Prefix.ASSISTANT, dumped.assistant_id or "")
    # There is no such run, but the name it had is shown, and searched by.
    row.run_id = uuid_of(Prefix.RUN, dumped.run_id or "")


def _in_todays_words(value: JsonDict) -> JsonDict:
    message: JsonDict = from_v1(given(value, *DumpedMessage.model_fields, "file_ids"))
    if isinstance(message.get("attachments"), list):
        # An SDK's object may be of no file at all, and has nulls where nothing was given.
        message["attachments"] = [
            given(one, "file_id", "tools")
            for one in message["attachments"]
            if isinstance(one, dict) and one.get("file_id") is not None
        ]
    return message


def _thread_of(item: Item) -> str | None:
    original = item.value.get("thread_id")
    return original if isinstance(original, str) and prefix_of(original) is not None else None
