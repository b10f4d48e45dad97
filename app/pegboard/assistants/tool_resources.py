"""What tools work on: the files of code, and the vector stores that are searched. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id, uuid_of


@dataclass(frozen=True, slots=True)
class ToolResources:
    """What an assistant, a thread or a run gives its tools; None where it says nothing of one."""

    code_file_ids: tuple[UUID, ...] | None = None
    vector_store_ids: tuple[UUID, ...] | None = None

    def over(self, base: "ToolResources | None") -> "ToolResources":
        """These, and of tools of which they say nothing what `base` says."""
        if base is None:
            return self
        return ToolResources(
            base.code_file_ids if self.code_file_ids is None else self.code_file_ids,
            base.vector_store_ids if self.vector_store_ids is None else self.vector_store_ids,
        )


def to_json(resources: ToolResources) -> JsonDict:
    """As columns hold them, which is as the OpenAI API writes them."""
    stored: JsonDict = {}
    if resources.code_file_ids is not None:
        stored["code_interpreter"] = {"file_ids": _texts(Prefix.FILE, resources.code_file_ids)}
    if resources.vector_store_ids is not None:
        named = _texts(Prefix.VECTOR_STORE, resources.vector_store_ids)
        stored["file_search"] = {"vector_store_ids": named}
    return stored


def from_json(stored: Mapping[str, Any]) -> ToolResources:
    """An id that is none of ours, which only an import can have left, names nothing."""
    return ToolResources(
        _ids(Prefix.FILE, stored.get("code_interpreter"), "file_ids"),
        _ids(Prefix.VECTOR_STORE, stored.get("file_search"), "vector_store_ids"),
    )


def _texts(prefix: Prefix, ids: Iterable[UUID]) -> list[str]:
    return [public_id(prefix, one) for one in ids]


def _ids(prefix: Prefix, tool: Mapping[str, Any] | None, field: str) -> tuple[UUID, ...] | None:
    if tool is None:
        return None
    texts = tool.get(field) or ()
    return tuple(file_id for text in texts if (file_id := uuid_of(prefix, text)) is not None)
