"""What an answer consists of, in the order in which it came to be. Pure.

An item is told from its beginning to its end by the events of its run; where it is kept, it is what
`folding.ItemFold` makes of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter

from pegboard.db.base import JsonList
from pegboard.llm.gateway import Reasoning, ToolCall
from pegboard.messages.parts import Part, RefusalPart, TextPart


class ItemStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A place in a text that cites a file: `marker` stands from `start` to `end`, in characters.

    `quote` is the beginning of the passage that is cited.
    """

    marker: str
    start: int
    end: int
    file_id: UUID
    quote: str


@dataclass(frozen=True, slots=True)
class MessageItem:
    """What the model says in one go: a text, or that it refuses to give one."""

    text: str = ""
    refusal: str = ""
    annotations: tuple[Annotation, ...] = ()
    status: ItemStatus = ItemStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class ReasoningItem:
    """What the model thinks in one go, block by block."""

    blocks: tuple[Reasoning, ...] = ()
    status: ItemStatus = ItemStatus.COMPLETED

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class FunctionCallItem:
    """A call for the client to make: whole, and checked."""

    call: ToolCall
    status: ItemStatus = ItemStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class ServerToolCallItem:
    """A call that this server makes itself; `output` is what it returned, or why it failed."""

    call: ToolCall
    output: str | None = None
    status: ItemStatus = ItemStatus.COMPLETED


Item: TypeAlias = MessageItem | ReasoningItem | FunctionCallItem | ServerToolCallItem

_WORDS: Final[dict[type[Item], str]] = {
    MessageItem: "message",
    ReasoningItem: "reasoning",
    FunctionCallItem: "function_call",
    ServerToolCallItem: "server_tool_call",
}
_SHAPES: Final[dict[str, TypeAdapter[Any]]] = {
    word: TypeAdapter(shape) for shape, word in _WORDS.items()
}


def with_status(item: Item, status: ItemStatus) -> Item:
    return item if item.status is status else replace(item, status=status)


def text_of(items: Iterable[Item]) -> str:
    """All that was said, a refusal as well."""
    return "".join(item.text + item.refusal for item in items if isinstance(item, MessageItem))


def refusal_of(items: Iterable[Item]) -> str:
    return "".join(item.refusal for item in items if isinstance(item, MessageItem))


def reasoning_of(items: Iterable[Item]) -> str:
    return "".join(item.text for item in items if isinstance(item, ReasoningItem))


def calls_of(items: Iterable[Item]) -> tuple[ToolCall, ...]:
    """The calls that the client has to make."""
    return tuple(item.call for item in items if isinstance(item, FunctionCallItem))


def item_to_json(item: Item) -> dict[str, Any]:
    """An item with its `type`; what is as usual is left out."""
    word = _WORDS[type(item)]
    data = _SHAPES[word].dump_python(item, mode="json", exclude_defaults=True)
    return {"type": word, **data}


def item_from_json(data: dict[str, Any]) -> Item:
    """Raises KeyError or ValidationError for what is no item of this version."""
    fields = {key: value for key, value in data.items() if key != "type"}
    item: Item = _SHAPES[data["type"]].validate_python(fields)
    return item


def to_json(items: Iterable[Item]) -> JsonList:
    return [item_to_json(item) for item in items]


def from_json(stored: Iterable[Any]) -> tuple[Item, ...]:
    """The items of this version; one that a later version has written is left out."""
    return tuple(item_from_json(one) for one in stored if one.get("type") in _SHAPES)


def is_more_than_plain(items: Sequence[Item]) -> bool:
    """Whether the items say more than their text, their reasoning and their calls do.

    Annotations are kept beside the text, and whether it is whole by the status of the answer.
    """
    bare = tuple(
        replace(item, annotations=(), status=ItemStatus.COMPLETED)
        if isinstance(item, MessageItem)
        else with_status(item, ItemStatus.COMPLETED)
        for item in items
    )
    return bare != plain(text_of(items), reasoning_of(items), calls_of(items))


def parts_of(items: Sequence[Item]) -> list[Part] | None:
    """The content of an answer that refuses, as a message keeps it; None where it is a text."""
    refusal = refusal_of(items)
    if not refusal:
        return None
    text = "".join(item.text for item in items if isinstance(item, MessageItem))
    return [*([TextPart(text)] if text else []), RefusalPart(refusal)]


def plain(
    content: str | None, reasoning: str | None, calls: Iterable[ToolCall]
) -> tuple[Item, ...]:
    """The items of an answer of which no more is known than these three."""
    thought = (ReasoningItem((Reasoning(reasoning),)),) if reasoning else ()
    spoken = (MessageItem(content),) if content else ()
    return (*thought, *spoken, *map(FunctionCallItem, calls))
