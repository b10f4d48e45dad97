"""Run events as the frames of a Backboard stream. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from pegboard.api.backboard.wire.messages import tool_calls_out
from pegboard.api.backboard.wire.replies import (
    context_usage_out,
    figures_of,
    files_of,
    further_figures_of,
    memories_out,
)
from pegboard.messages.tables import Role
from pegboard.runs.model.events import (
    AnswerFinished,
    AnswerStarted,
    ItemFinished,
    ItemStarted,
    MemoriesRecalled,
    ReasoningDelta,
    RefusalDelta,
    RoundFinished,
    RunEvent,
    RunSettled,
    RunStarted,
    TextDelta,
    UnknownEvent,
)
from pegboard.runs.model.items import (
    FunctionCallItem,
    Item,
    ItemStatus,
    MessageItem,
    ReasoningItem,
    ServerToolCallItem,
)
from pegboard.runs.model.snapshots import RUN_EXPIRED, AnswerSnapshot, RunSnapshot
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.turns import PendingAction
from pegboard.runs.statuses import RunStatus

LONGEST_ACCUMULATED: Final = 32_768
"""Characters up to which a stream repeats all that was said with each piece."""


def frame(kind: str, **fields: Any) -> bytes:
    """One event on one line. ASCII only: clients split lines at U+2028 and its like as well."""
    body = json.dumps({"type": kind, **fields}, separators=(",", ":"), default=str)
    return f"data: {body}\n\n".encode("ascii")


@dataclass(slots=True)
class BackboardEncoder:
    """Frames of one run. Every frame says which thread, assistant and run it belongs to.

    `message` is the user's that the run answers; None where it is gone. `text` and `reasoning` are
    what the present execution has sent so far, escaped and as it is.
    """

    run: RunSnapshot
    message: StoredMessage | None
    is_resumed: bool = False
    text: str = ""
    reasoning: str = ""
    is_reasoning: bool = False
    answer: AnswerSnapshot | None = None
    _piece_head: str = field(init=False)

    def __post_init__(self) -> None:
        frame_without_text = self._frame("content_streaming").decode("ascii")
        self._piece_head = frame_without_text.rstrip("\n").removesuffix("}")

    @property
    def run_name(self) -> str:
        return str(self.run.id)

    async def opening(self) -> Sequence[bytes]:
        if self.message is None:  # deleted since
            return ()
        row = self.message.row
        return (
            self._frame("message_received", phase="received"),
            self._frame(
                "user_message", message_id=row.id, content=row.content or "", role=Role.USER
            ),
        )

    async def resumed(self) -> Sequence[bytes]:
        self.is_resumed = True
        self.text = self.reasoning = ""
        self.answer = None
        return (self._frame("run_continuing", phase="tool_outputs_received"),)

    def closing(self) -> bytes:
        return b""

    def frames(self, event: RunEvent) -> Sequence[bytes]:
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text):
                return (self._piece(text),)
            case RunStarted(run=run, message_id=message_id):
                if self.is_resumed:
                    return ()
                model = {"provider": run.model.provider, "model_name": run.model.name}
                return (self._frame("run_started", message_id=message_id, **model),)
            case MemoriesRecalled(memories=memories):
                if self.is_resumed:
                    return ()
                return (self._frame("memory_retrieved", memories=memories_out(memories)),)
            case AnswerStarted(message_id=message_id):
                return (self._frame("message_start", message_id=message_id),)
            case ReasoningDelta(text=text):
                return (self._reasoning_piece(text),)
            case ItemFinished(item=item):
                return self._item_frames(item)
            case AnswerFinished(message=answer):
                self.answer = answer
                return ()
            case RunSettled():
                return (self._settled(event),)
            case ItemStarted() | RoundFinished() | UnknownEvent():
                return ()
            case _:
                assert_never(event)

    def _item_frames(self, item: Item) -> Sequence[bytes]:
        match item:
            case FunctionCallItem(call=call):
                (call_out,) = tool_calls_out([call]) or []
                return (
                    self._frame("tool_call_start", tool_call_id=call.id, name=call.name),
                    self._frame("tool_call_ready", tool_call=call_out),
                )
            case ReasoningItem(status=ItemStatus.COMPLETED) if self.is_reasoning:
                self.is_reasoning = False
                return (self._frame("reasoning_ended"),)
            case ReasoningItem() | MessageItem() | ServerToolCallItem():
                return ()
            case _:
                assert_never(item)

    def _settled(self, event: RunSettled) -> bytes:
        run = event.run
        match run.status:
            case RunStatus.REQUIRES_ACTION:
                return self._frame(
                    "tool_submit_required",
                    message="Tool outputs are required to go on",
                    tool_calls=tool_calls_out(event.calls),
                    message_id=self.answer and self.answer.id,
                    **figures_of(run),
                )
            case RunStatus.COMPLETED | RunStatus.INCOMPLETE:
                return self._run_ended(run)
            case RunStatus.EXPIRED:
                return self._run_failed("The run's time was up", RUN_EXPIRED)
            case RunStatus.CANCELLED:
                return self._frame("run_cancelled", message="The run was cancelled")
            case RunStatus.FAILED if run.failure is not None:
                return self._run_failed(run.failure.message, run.failure.code)
            case _:
                return self._run_failed("The run failed", None)

    def _run_failed(self, message: str, code: str | None) -> bytes:
        return self._frame("run_failed", error=message, message=message, code=code)

    def _reasoning_piece(self, text: str) -> bytes:
        self.is_reasoning = True
        self.reasoning += text
        is_short = len(self.reasoning) <= LONGEST_ACCUMULATED
        so_far = {"accumulated_reasoning": self.reasoning} if is_short else {}
        return self._frame("reasoning_streaming", content=text, **so_far)

    def _piece(self, text: str) -> bytes:
        """A piece of text, with all the text so far while that is short.

        Built from what is escaped already: a long answer would otherwise be escaped anew for each
        of its words. No client reads the accumulated text, and it would make a stream grow with
        the square of its answer.
        """
        escaped = json.dumps(text)
        self.text += escaped[1:-1]
        is_short = len(self.text) <= LONGEST_ACCUMULATED
        so_far = f',"accumulated_content":"{self.text}"' if is_short else ""
        return f'{self._piece_head},"content":{escaped}{so_far}}}\n\n'.encode("ascii")

    def _run_ended(self, run: RunSnapshot) -> bytes:
        answer = self.answer
        content = answer.content if answer else None
        return self._frame(
            "run_ended",
            status="completed",
            message_id=answer and answer.id,
            content=content,
            final_content=content,
            reasoning=answer and answer.reasoning,
            model_provider=run.model.provider,
            model_name=run.model.name,
            memory_operation_id=run.memory_operation_id,
            retrieved_memories=memories_out(run.recalled),
            retrieved_files=files_of(run),
            context_usage=context_usage_out(run.context_usage),
            **figures_of(run),
            **further_figures_of(run),
        )

    def _frame(self, kind: str, **fields: Any) -> bytes:
        return frame(
            kind,
            run_id=self.run.id,
            thread_id=self.run.thread_id,
            assistant_id=self.run.assistant_id,
            **fields,
        )


def pending_frames(pending: PendingAction) -> list[bytes]:
    """The pending action, sent again."""
    run = pending.run
    place = {"run_id": run.id, "thread_id": run.thread_id, "assistant_id": run.assistant_id}
    return [
        frame("run_continuing", phase="awaiting_tool_outputs", **place),
        frame(
            "tool_submit_required",
            message="Tool outputs are required to go on",
            tool_calls=tool_calls_out(pending.message.tool_calls),
            message_id=pending.message.id,
            **place,
            **figures_of(run),
        ),
    ]


def stored_frames(stored: StoredMessage) -> list[bytes]:
    """The whole stream of a message that is not answered."""
    row = stored.row
    place = {
        "thread_id": row.thread_id,
        "assistant_id": stored.assistant_id,
        "message_id": row.id,
    }
    return [
        frame("user_message", content=row.content or "", role=Role.USER, **place),
        frame("message_saved", memory_operation_id=stored.memory_operation_id, **place),
        frame(
            "run_ended",
            status="completed",
            content=None,
            memory_operation_id=stored.memory_operation_id,
            **place,
        ),
    ]
