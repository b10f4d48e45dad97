"""The kinds of objects that are imported: where they stand, how they are known, what is kept."""

import re
from dataclasses import dataclass
from typing import Any, Final

from pegboard import clock
from pegboard.operations.importing.report import Skip
from pegboard.public_ids import Prefix

_DAY: Final = 86_400
_ID: Final = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """`word` is what the objects say of themselves, `group` the field by which they hang together.

    `fields` are those that are kept, or that follow from what is.
    """

    name: str
    list_name: str
    word: str
    prefix: Prefix
    fields: frozenset[str]
    group: str | None = None

    def check(self, value: Any) -> None:
        """Raise Skip for what is no object of this kind with an id and a time."""
        if not isinstance(value, dict):
            raise Skip("not a JSON object")
        if value.get("object") != self.word:
            raise Skip(f"not an object of kind {self.word!r}", repr(value.get("object"))[:80])
        original_id = value.get("id")
        if not isinstance(original_id, str) or not self._is_id(original_id):
            raise Skip(f"no id that begins with {self.prefix!s}", repr(original_id)[:80])
        second = value.get("created_at")
        if not isinstance(second, int) or isinstance(second, bool) or second < 0:
            raise Skip("no created_at in Unix seconds", original_id)
        if second > clock.now().timestamp() + _DAY:
            raise Skip("made in the future", original_id)

    def _is_id(self, text: str) -> bool:
        body = text.removeprefix(self.prefix)
        return body != text and _ID.fullmatch(body) is not None


_ALL: Final = frozenset({"id", "object", "created_at", "metadata"})

FILES: Final = ObjectKind(
    name="files",
    list_name="files.jsonl",
    word="file",
    prefix=Prefix.FILE,
    fields=_ALL | {"bytes", "filename", "purpose", "status", "status_details", "expires_at"},
)
VECTOR_STORES: Final = ObjectKind(
    name="vector stores",
    list_name="vector_stores.jsonl",
    word="vector_store",
    prefix=Prefix.VECTOR_STORE,
    fields=_ALL
    | {"name", "description", "file_counts", "last_active_at", "status", "usage_bytes"}
    | {"expires_after", "expires_at", "file_ids", "files"},
)
ASSISTANTS: Final = ObjectKind(
    name="assistants",
    list_name="assistants.jsonl",
    word="assistant",
    prefix=Prefix.ASSISTANT,
    fields=_ALL
    | {"name", "description", "model", "instructions", "tools", "tool_resources", "file_ids"}
    | {"temperature", "top_p", "response_format", "reasoning_effort"},
)
THREADS: Final = ObjectKind(
    name="threads",
    list_name="threads.jsonl",
    word="thread",
    prefix=Prefix.THREAD,
    fields=_ALL | {"tool_resources"},
)
MESSAGES: Final = ObjectKind(
    name="messages",
    list_name="messages.jsonl",
    word="thread.message",
    prefix=Prefix.MESSAGE,
    fields=_ALL
    | {"thread_id", "assistant_id", "run_id", "role", "content", "attachments", "file_ids"}
    | {"status", "incomplete_details", "completed_at", "incomplete_at"},
    group="thread_id",
)
STORE_FILES: Final = "vector store files"
"""Not a list of its own: these stand with their stores."""
