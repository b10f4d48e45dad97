"""Run events → the events of OpenAI's streams, in their recorded order.

One open step and one open message at a time; each is created once and ended once. What is sent of a
run is committed before: a client submits outputs while it still reads the stream.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never
from uuid import UUID

from pegboard import clock
from pegboard.api.openai.message_content import MessageContent
from pegboard.api.openai.wire.fields import seconds
from pegboard.api.openai.wire.runs import QUEUED, RunView, last_error, run_at
from pegboard.api.openai.wire.steps import (
    CALLED,
    TEXT,
    answer_usage,
    called_details,
    called_step,
    ended,
    search_call,
    search_step,
    step_frame,
    text_details,
    without_content,
)
from pegboard.db.base import JsonDict
from pegboard.llm.gateway import ToolCall
from pegboard.messages import queries as messages
from pegboard.messages.tables import Role
from pegboard.public_ids import Prefix, public_id
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
from pegboard.runs.model.snapshots import CONTENT_FILTER, AnswerSnapshot, RunSnapshot
from pegboard.runs.records import RunRecord
from pegboard.runs.statuses import RunStatus
from pegboard.tenants.scope import Scopes


def frame(event: str, data: JsonDict) -> bytes:
    body = json.dumps(data, separators=(",", ":"), default=str)
    return f"event: {event}\ndata: {body}\n\n".encode("ascii")


@dataclass(slots=True)
class AssistantsEncoder:
    """Frames of one run. With `with_texts` the search of files shows the texts of its matches.

    `message_id` is the answer being written, `speaking` once it is sent.
    """

    record: RunRecord
    read_scopes: Scopes
    with_texts: bool = False
    is_resumed: bool = False
    message_id: UUID | None = None
    speaking: bool = False
    begun_at: int | None = None
    content: MessageContent = field(default_factory=MessageContent)
    answer: AnswerSnapshot | None = None

    @property
    def run_name(self) -> str:
        return public_id(Prefix.RUN, self.record.run.id)

    async def opening(self) -> Sequence[bytes]:
        return ()

    async def resumed(self) -> Sequence[bytes]:
        """The step whose calls were answered before the run went on."""
        waited = self.answer
        self.is_resumed, self.answer = True, None
        if waited is None:
            return ()
        async with self.read_scopes(self.record.run.tenant_id) as scope:
            written = await messages.of_run(scope, self.record.run.thread_id, self.record.run.id)
        message = next(one for one in written if one.id == waited.id)
        outputs = {one.tool_call_id: one for one in written if one.role == Role.TOOL}
        step = called_step(self.record, message, outputs)
        return (frame("thread.run.step.completed", step),)

    def closing(self) -> bytes:
        return b"event: done\ndata: [DONE]\n\n"

    def frames(self, event: RunEvent) -> Sequence[bytes]:
        match event:
            case TextDelta(text=text):
                opened = () if self.speaking else self._open()
                return (*opened, *self._deltas(self.content.add_text(text)))
            case RefusalDelta(text=text):
                opened = () if self.speaking else self._open()
                return (*opened, *self._deltas(self.content.add_refusal(text)))
            case RunStarted(run=run):
                return self._started(run)
            case AnswerStarted(message_id=message_id, created_at=moment):
                self.message_id = message_id
                self.begun_at = seconds(moment)
                return ()
            case AnswerFinished(message=answer):
                self.answer = answer
                return ()
            case RunSettled():
                return self._settled(event)
            case (
                MemoriesRecalled()
                | ItemStarted()
                | ReasoningDelta()
                | ItemFinished()
                | RoundFinished()
                | UnknownEvent()
            ):
                return ()
            case _:
                assert_never(event)

    def _started(self, run: RunSnapshot) -> Sequence[bytes]:
        self.content = MessageContent(run.retrieved)
        created = () if self.is_resumed else (self._run("created", run, QUEUED),)
        return (
            *created,
            self._run("queued", run, QUEUED),
            self._run("in_progress", run, RunStatus.IN_PROGRESS),
            *(() if self.is_resumed else self._search(run)),
        )

    def _settled(self, event: RunSettled) -> Sequence[bytes]:
        run = event.run
        match run.status:
            case RunStatus.REQUIRES_ACTION:
                return (
                    *self._close("completed", "completed"),
                    *self._call(event.calls),
                    self._run("requires_action", run, run.status, event.calls),
                )
            case RunStatus.COMPLETED:
                opened = () if self.speaking else self._open()
                return (
                    *opened,
                    *self._close("completed", "completed"),
                    self._run("completed", run, run.status),
                )
            case RunStatus.INCOMPLETE:
                reason = CONTENT_FILTER if run.incomplete == CONTENT_FILTER else "max_tokens"
                return (
                    *self._close("incomplete", "completed", reason=reason),
                    self._run("incomplete", run, run.status),
                )
            case RunStatus.CANCELLED:
                return (
                    self._run("cancelling", run, RunStatus.CANCELLING),
                    *self._close("incomplete", "cancelled", reason="run_cancelled"),
                    self._run("cancelled", run, run.status),
                )
            case RunStatus.EXPIRED:
                return (
                    *self._close("incomplete", "expired", reason="run_expired"),
                    self._run("expired", run, run.status),
                )
            case _:
                return (
                    *self._close("incomplete", "failed", reason="run_failed"),
                    self._run("failed", run, run.status),
                )

    def _search(self, run: RunSnapshot) -> list[bytes]:
        if not self.record.searches_files:
            return []
        step = search_step(self.record, run.retrieved)
        done = step if self.with_texts else without_content(step)
        bare = {
            **done,
            **ended("in_progress", None),
            "step_details": {"type": "tool_calls", "tool_calls": []},
            "usage": None,
        }
        call = {"index": 0, **search_call(self.record, [])}
        delta = {
            "id": done["id"],
            "object": "thread.run.step.delta",
            "delta": {"step_details": {"type": "tool_calls", "tool_calls": [call]}},
        }
        return [
            frame("thread.run.step.created", bare),
            frame("thread.run.step.in_progress", bare),
            frame("thread.run.step.delta", delta),
            frame("thread.run.step.completed", done),
        ]

    def _open(self) -> list[bytes]:
        """The step and the message that the first word begins."""
        self.speaking = True
        step, message = self._step(TEXT), self._message("in_progress")
        return [
            frame("thread.run.step.created", step),
            frame("thread.run.step.in_progress", step),
            frame("thread.message.created", message),
            frame("thread.message.in_progress", message),
        ]

    def _deltas(self, parts: Sequence[JsonDict]) -> list[bytes]:
        return [
            frame(
                "thread.message.delta",
                {
                    "id": public_id(Prefix.MESSAGE, self._id),
                    "object": "thread.message.delta",
                    "delta": {"content": [part]},
                },
            )
            for part in parts
        ]

    def _close(self, message: str, step: str, *, reason: str | None = None) -> list[bytes]:
        """The end of the text, if there was any."""
        if not self.speaking:
            return []
        self.speaking = False
        answer = self.answer
        broken = answer.failure if answer and step != "completed" else None
        failure = (broken.code, broken.message) if broken else None
        ending = {**ended(step, self._ended_at), "expires_at": None}
        closed = {**self._step(TEXT), **ending, "last_error": last_error(failure)}
        if not (answer and answer.tool_calls):
            closed["usage"] = answer and answer_usage(answer.usage)
        return [
            *self._deltas(self.content.rest()),
            frame(f"thread.message.{message}", self._message(message, reason=reason)),
            frame(f"thread.run.step.{step}", closed),
        ]

    def _call(self, calls: tuple[ToolCall, ...]) -> list[bytes]:
        self.begun_at = self._ended_at
        bare = self._step(CALLED)
        pieces = [
            {
                "index": index,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments, "output": None},
            }
            for index, call in enumerate(calls)
        ]
        delta = {
            "id": bare["id"],
            "object": "thread.run.step.delta",
            "delta": {"step_details": {"type": "tool_calls", "tool_calls": pieces}},
        }
        return [
            frame("thread.run.step.created", bare),
            frame("thread.run.step.in_progress", bare),
            frame("thread.run.step.delta", delta),
        ]

    @property
    def _id(self) -> UUID:
        if self.message_id is None:
            raise RuntimeError("an execution begins with its answer")
        return self.message_id

    @property
    def _ended_at(self) -> int | None:
        """As it is stored: what another clock would say may be the second after."""
        return seconds(self.answer.ended_at if self.answer else clock.now())

    def _step(self, kind: int) -> JsonDict:
        details = text_details(self._id) if kind == TEXT else called_details([], {})
        expires = {"expires_at": seconds(self.record.expires_at)}
        return step_frame(self.record, self._id, kind, details, self.begun_at, **expires)

    def _message(self, status: str, *, reason: str | None = None) -> JsonDict:
        over = status != "in_progress"
        assistant = self.record.run.assistant_id
        return {
            "id": public_id(Prefix.MESSAGE, self._id),
            "object": "thread.message",
            "created_at": self.begun_at,
            "thread_id": public_id(Prefix.THREAD, self.record.run.thread_id),
            "role": "assistant",
            "content": self.content.parts() if over else [],
            "assistant_id": assistant and public_id(Prefix.ASSISTANT, assistant),
            "run_id": public_id(Prefix.RUN, self.record.run.id),
            "attachments": [],
            "metadata": {},
            "status": status,
            "incomplete_details": {"reason": reason} if reason else None,
            "completed_at": self._ended_at if status == "completed" else None,
            "incomplete_at": self._ended_at if status == "incomplete" else None,
        }

    def _run(
        self, event: str, run: RunSnapshot, status: str, calls: tuple[ToolCall, ...] = ()
    ) -> bytes:
        failure = (run.failure.code, run.failure.message) if run.failure else None
        waits = status == QUEUED and not self.is_resumed
        view = RunView(
            calls=calls,
            usage=run.usage,
            error=failure,
            incomplete=run.incomplete,
            started_at=None if waits else seconds(self.record.started_at),
            ended_at=self._ended_at,
        )
        return frame(f"thread.run.{event}", run_at(self.record, status, view))
