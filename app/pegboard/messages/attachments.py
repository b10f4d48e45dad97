"""Files that come with a message, and what is to be done with them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pegboard.assistants import tools
from pegboard.assistants.tools import FileSearchTool, Tools
from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id, uuid_of


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, and the tools that are to work on it."""

    file_id: UUID
    tools: Tools = ()

    @property
    def is_searched(self) -> bool:
        return any(isinstance(tool, FileSearchTool) for tool in self.tools)


def to_json(attachments: Iterable[Attachment]) -> list[JsonDict]:
    """As columns hold them, which is as OpenAI's API writes them."""
    return [
        {"file_id": public_id(Prefix.FILE, one.file_id), "tools": tools.to_json(one.tools)}
        for one in attachments
    ]


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    """What is stored, without files that are none of ours, which only an import can have left."""
    attached = ((uuid_of(Prefix.FILE, one["file_id"]), one.get("tools") or ()) for one in stored)
    return tuple(
        Attachment(file_id, tools.from_json(given))
        for file_id, given in attached
        if file_id is not None
    )
