"""Run events as the frames of a Backboard stream. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any, Final, Self, assert_never

from pegboard.api.backboard.wire.messages import tool_calls_out
from pegboard.api.backboard.wire.replies import (
    context_usage_out,
    figures_of,
    files_of,
    memories_out,
)
from pegboard.messages.tables import Role
from pegboard.runs.model.events import (
    MemoriesRecalled,
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    ReasoningFinished,
    RoundFinished,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunExpired,
    RunFailed,
    RunPaused,
    RunStarted,
    TextDelta,
    ToolCallMade,
)
from pegboard.runs.model.snapshots import MessageSnapshot, RunSnapshot
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.turns import PendingAction, Turn

MOST_TOLD: Final = 32_768
"""Characters up to which a stream repeats all that was said with each piece."""


def frame(kind: str, **fields: Any) -> bytes:
    """One event on one line. ASCII only: clients split lines at U+2028 and its like as well."""
    body = json.dumps({"type": kind, **fields}, separators=(",", ":"), default=str)
    return f"data: {body}\n\n".encode("ascii")


@dataclass(slots=True)
class Telling:
    """Frames of one turn. Every frame says which thread, assistant and run it belongs to."""

    run: RunSnapshot
    resumed: bool
    message: StoredMessage | None
    told: str = ""
    reasoning: str = ""
    finished: MessageSnapshot | None = None
    _piece_head: str = field(init=False)

    @classmethod
    def of(cls, turn: Turn) -> Self:
        return cls(turn.run, turn.message is None, turn.message)

    def __post_init__(self) -> None:
        whole = self._frame("content_streaming").decode("ascii")
        self._piece_head = whole.rstrip("\n").removesuffix("}")

    def opening(self) -> list[bytes]:
        """What is told before the model says anything."""
        if self.resumed:
            return [self._frame("run_continuing", phase="tool_outputs_received")]
        if self.message is None:  # deleted since
            return []
        row = self.message.row
        return [
            self._frame("message_received", phase="received"),
            self._frame(
                "user_message", message_id=row.id, content=row.content or "", role=Role.USER
            ),
        ]

    def frames(self, event: RunEvent) -> list[bytes]:
        match event:
            case RunStarted(run=run, message_id=message_id):
                if self.resumed:
                    return []
                model = {"provider": run.model.provider, "model_name": run.model.name}
                return [self._frame("run_started", message_id=message_id, **model)]
            case MemoriesRecalled(memories=memories):
                if self.resumed:
                    return []
                return [self._frame("memory_retrieved", memories=memories_out(memories))]
            case MessageStarted(message_id=message_id):
                return [self._frame("message_start", message_id=message_id)]
            case ReasoningDelta(text=text):
                self.reasoning += text
                short = len(self.reasoning) <= MOST_TOLD
                so_far = {"accumulated_reasoning": self.reasoning} if short else {}
                return [self._frame("reasoning_streaming", content=text, **so_far)]
            case ReasoningFinished():
                return [self._frame("reasoning_ended")]
            case TextDelta(text=text):
                return [self._piece(text)]
            case ToolCallMade(call=call):
                (told,) = tool_calls_out([call]) or []
                return [
                    self._frame("tool_call_start", tool_call_id=call.id, name=call.name),
                    self._frame("tool_call_ready", tool_call=told),
                ]
            case RoundFinished():
                return []
            case MessageFinished(message=message):
                self.finished = message
                return []
            case RunPaused(run=run, calls=calls):
                return [
                    self._frame(
                        "tool_submit_required",
                        message="Tool outputs are required to go on",
                        tool_calls=tool_calls_out(calls),
                        message_id=self.finished and self.finished.id,
                        **figures_of(run),
                    )
                ]
            case RunCompleted(run=run):
                return [self._run_ended(run)]
            case RunFailed(run=run):
                said = run.failure.message if run.failure else "The run failed"
                code = run.failure.code if run.failure else None
                return [self._frame("run_failed", error=said, message=said, code=code)]
            case RunExpired():
                said = "The run's time was up"
                return [self._frame("run_failed", error=said, message=said, code="run_expired")]
            case RunCancelled():
                return [self._frame("run_cancelled", message="The run was cancelled")]
            case _:
                assert_never(event)

    def _piece(self, text: str) -> bytes:
        """A piece of text, with all the text so far while that is short.

        Built from what is escaped already: a long answer would otherwise be escaped anew for each
        of its words. No client reads the accumulated text, and it would make a stream grow with
        the square of its answer.
        """
        escaped = json.dumps(text)
        self.told += escaped[1:-1]
        so_far = f',"accumulated_content":"{self.told}"' if len(self.told) <= MOST_TOLD else ""
        return f'{self._piece_head},"content":{escaped}{so_far}}}\n\n'.encode("ascii")

    def _run_ended(self, run: RunSnapshot) -> bytes:
        message = self.finished
        content = message.content if message else None
        return self._frame(
            "run_ended",
            status="completed",
            message_id=message and message.id,
            content=content,
            final_content=content,
            reasoning=message and message.reasoning,
            model_provider=run.model.provider,
            model_name=run.model.name,
            memory_operation_id=run.memory_operation_id,
            retrieved_memories=memories_out(run.recalled),
            retrieved_files=files_of(run),
            context_usage=context_usage_out(run.context_usage),
            **figures_of(run),
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
    """The pending action told again."""
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
