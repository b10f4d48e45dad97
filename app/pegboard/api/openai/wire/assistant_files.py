"""The files of assistants and of messages, as version 1 showed them."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel

from pegboard.api.openai.wire.fields import seconds
from pegboard.api.openai.wire.lists import Identified
from pegboard.files.tables import File
from pegboard.public_ids import Prefix, public_id


class AssistantFileIn(BaseModel):
    file_id: str


class AssistantFileOut(Identified):
    """`created_at` is the file's: when it was attached is not kept."""

    object: str
    created_at: int | None
    assistant_id: str

    @classmethod
    def of(cls, assistant_id: UUID, file: File) -> Self:
        return cls(
            id=public_id(Prefix.FILE, file.id),
            object="assistant.file",
            created_at=seconds(file.created_at),
            assistant_id=public_id(Prefix.ASSISTANT, assistant_id),
        )
