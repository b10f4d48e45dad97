"""The events of one answer → its items. Pure.

The engine writes through it, an answer that broke off is put together by it, and what is stored is
what it holds: so what was published, what is published again and what is stored are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from pegboard.llm.gateway import Reasoning
from pegboard.runs.model.events import (
    ItemFinished,
    ItemStarted,
    ReasoningDelta,
    RefusalDelta,
    RunEvent,
    TextDelta,
)
from pegboard.runs.model.items import Item, ItemStatus, MessageItem, ReasoningItem, with_status


@dataclass(slots=True)
class ItemFold:
    """Items by their index; of those that are open, the pieces of their texts."""

    _items: dict[int, Item] = field(default_factory=dict)
    _texts: dict[int, list[str]] = field(default_factory=dict)
    _refusals: dict[int, list[str]] = field(default_factory=dict)
    next_index: int = 0
    """Behind the last item."""

    @classmethod
    def of(cls, events: Iterable[RunEvent]) -> Self:
        fold = cls()
        for event in events:
            fold.add(event)
        return fold

    def add(self, event: RunEvent) -> None:
        """Take in an event; those that are no item's are passed over.

        A piece of an item that nobody began, or that had ended, begins or continues it: the logs of
        the first version are not divided into items.
        """
        match event:
            case TextDelta(index=index, text=text):
                self._open(index, MessageItem())
                self._texts.setdefault(index, []).append(text)
            case ItemStarted(index=index, item=item):
                self._put(index, with_status(item, ItemStatus.IN_PROGRESS))
            case RefusalDelta(index=index, text=text):
                self._open(index, MessageItem())
                self._refusals.setdefault(index, []).append(text)
            case ReasoningDelta(index=index, text=text):
                self._open(index, ReasoningItem())
                self._texts.setdefault(index, []).append(text)
            case ItemFinished(index=index, item=item):
                self._finish(index, item)

    def items(self, *, since: int = 0) -> tuple[Item, ...]:
        """The items in their order, from an index on; the open ones with what there is of them."""
        return tuple(self.item(index) for index in sorted(self._items) if index >= since)

    def break_off(self) -> tuple[ItemFinished, ...]:
        """End what is open before it is complete; the events that say so."""
        ends = tuple(
            ItemFinished(index, with_status(self.item(index), ItemStatus.INCOMPLETE))
            for index in sorted(self._items)
            if self._items[index].status is ItemStatus.IN_PROGRESS
        )
        for end in ends:
            self.add(end)
        return ends

    def item(self, index: int) -> Item:
        """Raises KeyError."""
        item = self._items[index]
        text = "".join(self._texts.get(index, ()))
        if isinstance(item, MessageItem) and item.status is ItemStatus.IN_PROGRESS:
            refusal = "".join(self._refusals.get(index, ()))
            return replace(item, text=text, refusal=refusal)
        if isinstance(item, ReasoningItem) and item.status is ItemStatus.IN_PROGRESS and text:
            return replace(item, blocks=(Reasoning(text),))
        return item

    def _open(self, index: int, empty: Item) -> None:
        item = self._items.get(index)
        if item is None:
            self._put(index, with_status(empty, ItemStatus.IN_PROGRESS))
        elif item.status is not ItemStatus.IN_PROGRESS:
            if isinstance(item, MessageItem | ReasoningItem):
                self._texts[index] = [item.text]
            self._items[index] = with_status(item, ItemStatus.IN_PROGRESS)

    def _finish(self, index: int, item: Item) -> None:
        before = self._items.get(index)
        bare = isinstance(item, ReasoningItem) and not item.blocks
        if bare and before is not None:  # as logs of the first version write its end
            item = with_status(self.item(index), item.status)
        self._put(index, item)
        self._texts.pop(index, None)
        self._refusals.pop(index, None)

    def _put(self, index: int, item: Item) -> None:
        self._items[index] = item
        self.next_index = max(self.next_index, index + 1)
