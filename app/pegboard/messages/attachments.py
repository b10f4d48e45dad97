"""Files that come with a message, and what is to be done with them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from pegboard.assistants import tools
from pegboard.assistants.tools import FileSearchTool, Tools
from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id


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
