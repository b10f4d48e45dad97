"""The answer being written: what the model says goes in, events come out.

Everything that is said of the answer passes through its fold, so the draft holds nothing that is
not in its events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar, assert_never
from uuid import UUID

from pegboard import clock
from pegboard.identifiers import new_id
from pegboard.llm.gateway import (
    NO_USAGE,
    Reasoning,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCall,
    ToolCallPiece,
    Usage,
)
from pegboard.messages.tables import MessageStatus
from pegboard.runs.model.citations import annotations_of
from pegboard.runs.model.events import (
    AnswerFinished,
    Facts,
    ItemFinished,
    ItemStarted,
    ReasoningDelta,
    RefusalDelta,
    RunEvent,
    TextDelta,
)
from pegboard.runs.model.folding import ItemFold
from pegboard.runs.model.items import (
    FunctionCallItem,
    Item,
    ItemStatus,
    MessageItem,
    ReasoningItem,
    ServerToolCallItem,
    text_of,
    with_status,
)
from pegboard.runs.model.progress import answer_begun
from pegboard.runs.model.snapshots import AnswerSnapshot, Failure, Retrieved, RunSnapshot
from pegboard.strict_json import storable

_CALL_ID: Final = "call_"

_ItemEvent = TypeVar(
    "_ItemEvent", ItemStarted, ItemFinished, TextDelta, RefusalDelta, ReasoningDelta
)


@dataclass(slots=True)
class _CallPieces:
    """A call that is being written: long arguments come in very many pieces."""

    id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class AnswerDraft:
    """`id` and `created_at` are the answer's; `usage` sums the model calls that wrote it."""

    def __init__(self, events: Sequence[RunEvent], cited: Sequence[Retrieved]) -> None:
        """`events`: what an earlier process has published of the answer, if one has.

        `cited` are the passages that the text may cite.
        """
        begun = answer_begun(events)
        self.id: UUID = new_id() if begun is None else begun.message_id
        self.created_at: datetime = clock.now() if begun is None else begun.created_at
        self.usage: Usage = NO_USAGE
        self._cited = cited
        self._fold = ItemFold.of(events)
        self._open: tuple[int, type[Item]] | None = None
        self._blocks: list[Reasoning] = []
        self._block: list[str] = []
        self._round = self._fold.next_index
        self._calls: dict[int, _CallPieces] = {}

    def begin_round(self) -> None:
        """From here on the model answers anew."""
        self._calls = {}
        self._round = self._fold.next_index

    def add(self, delta: TextPiece | RefusalPiece | ReasoningPiece | ToolCallPiece) -> Facts:
        """A piece of the round's answer. The calls follow when they are complete."""
        match delta:
            case TextPiece(text=text):
                return self._say(TextDelta, storable(text))
            case RefusalPiece(text=text):
                return self._say(RefusalDelta, storable(text))
            case ReasoningPiece():
                return self._think(delta)
            case ToolCallPiece():
                facts = self._finish_open()
                self._add_call_piece(delta)
                return facts
            case _:
                assert_never(delta)

    def end_round(self) -> Facts:
        """The model has said all that it was going to say in this round."""
        return self._finish_open()

    @property
    def has_calls(self) -> bool:
        """Whether the round's answer has any call, right or wrong."""
        return bool(self._calls)

    def made_calls(self) -> tuple[ToolCall, ...]:
        """The round's calls in order, each with an id of its own, as outputs are told apart by it.

        A function without parameters is called with no text at all.
        """
        made: dict[str, ToolCall] = {}
        for _, call in sorted(self._calls.items()):
            call_id = storable(call.id)
            if not call_id or call_id in made:
                call_id = f"{_CALL_ID}{new_id().hex}"
            arguments = storable("".join(call.arguments)).strip()
            made[call_id] = ToolCall(call_id, storable(call.name), arguments or "{}")
        return tuple(made.values())

    def round_text(self) -> str:
        return text_of(self._of_round())

    def round_reasoning(self) -> tuple[Reasoning, ...]:
        thought = (item.blocks for item in self._of_round() if isinstance(item, ReasoningItem))
        return tuple(block for blocks in thought for block in blocks)

    def begin_server_calls(self, calls: Sequence[ToolCall]) -> tuple[int, Facts]:
        """The index of the first of them, and that they have begun."""
        first = self._fold.next_index
        return first, tuple(
            self._folded(
                ItemStarted(index, ServerToolCallItem(call, status=ItemStatus.IN_PROGRESS))
            )
            for index, call in enumerate(calls, first)
        )

    def finish_server_calls(
        self, first: int, calls: Sequence[ToolCall], outputs: Sequence[str]
    ) -> Facts:
        ended = zip(calls, outputs, strict=True)
        return tuple(
            self._folded(ItemFinished(index, ServerToolCallItem(call, output)))
            for index, (call, output) in enumerate(ended, first)
        )

    def pass_on(self, calls: Sequence[ToolCall]) -> Facts:
        """Calls that the client has to make."""
        facts: list[RunEvent] = []
        for index, call in enumerate(calls, self._fold.next_index):
            bare = FunctionCallItem(replace(call, arguments=""), ItemStatus.IN_PROGRESS)
            facts += (
                self._folded(ItemStarted(index, bare)),
                self._folded(ItemFinished(index, FunctionCallItem(call))),
            )
        return tuple(facts)

    def finished(
        self, run: RunSnapshot, status: MessageStatus, failure: Failure | None = None
    ) -> Facts:
        """The end of the answer; what is open is shown as ended before it was complete."""
        unfinished = self._fold.break_off()
        answer = AnswerSnapshot(
            id=self.id,
            run_id=run.id,
            thread_id=run.thread_id,
            status=status,
            items=self._fold.items(),
            model=run.model,
            usage=self.usage,
            created_at=self.created_at,
            ended_at=clock.now(),
            failure=failure,
        )
        return (*unfinished, AnswerFinished(answer))

    def _say(self, kind: type[TextDelta] | type[RefusalDelta], text: str) -> Facts:
        index, facts = self._opened(MessageItem)
        event = TextDelta(index, text) if kind is TextDelta else RefusalDelta(index, text)
        self._fold.add(event)
        return (*facts, event)

    def _think(self, piece: ReasoningPiece) -> Facts:
        index, facts = self._opened(ReasoningItem)
        if piece.text:
            text = storable(piece.text)
            self._block.append(text)
            facts = (*facts, self._folded(ReasoningDelta(index, text)))
        if piece.signature is not None or piece.encrypted is not None:
            self._end_block(piece.signature, piece.encrypted)
        return facts

    def _end_block(self, signature: str | None = None, encrypted: str | None = None) -> None:
        self._blocks.append(Reasoning("".join(self._block), signature, encrypted))
        self._block = []

    def _opened(self, kind: type[MessageItem] | type[ReasoningItem]) -> tuple[int, Facts]:
        """The index of an item of that kind that is open, and the facts of its beginning."""
        if self._open is not None and self._open[1] is kind:
            return self._open[0], ()
        facts = self._finish_open()
        index = self._fold.next_index
        self._open = (index, kind)
        return index, (
            *facts,
            self._folded(ItemStarted(index, kind(status=ItemStatus.IN_PROGRESS))),
        )

    def _finish_open(self) -> Facts:
        if self._open is None:
            return ()
        (index, _), self._open = self._open, None
        item = with_status(self._fold.item(index), ItemStatus.COMPLETED)
        if isinstance(item, ReasoningItem):
            if self._block:
                self._end_block()
            item, self._blocks = replace(item, blocks=tuple(self._blocks)), []
        elif isinstance(item, MessageItem) and self._cited:
            item = replace(item, annotations=annotations_of(item.text, self._cited))
        return (self._folded(ItemFinished(index, item)),)

    def _add_call_piece(self, piece: ToolCallPiece) -> None:
        call = self._calls.get(piece.index)
        if call is None:
            call = _CallPieces(piece.id or f"{_CALL_ID}{new_id().hex}")
            self._calls[piece.index] = call
        call.name = call.name or piece.name or ""
        call.arguments.append(piece.arguments)

    def _of_round(self) -> tuple[Item, ...]:
        return self._fold.items(since=self._round)

    def _folded(self, event: _ItemEvent) -> _ItemEvent:
        self._fold.add(event)
        return event
