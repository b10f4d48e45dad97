"""Run events → the events of OpenAI's streams, in their recorded order.

One open step and one open message at a time; each is created once and ended once. What is told of a
run is committed before: a client submits outputs while it still reads the stream.
"""

import json
from dataclasses import dataclass, field
from typing import assert_never
from uuid import UUID

from pegboard import clock
from pegboard.api.openai.public_ids import Prefix, public_id
from pegboard.api.openai.wire.fields import seconds
from pegboard.api.openai.wire.messages import annotation_out, text_part
from pegboard.api.openai.wire.runs import QUEUED, RunView, last_error, run_at, usage_out
from pegboard.api.openai.wire.steps import (
    CALLED,
    SAID,
    called_details,
    ended,
    said_details,
    search_call,
    search_step,
    searches,
    step_frame,
    without_content,
)
from pegboard.db.base import JsonDict
from pegboard.llm.gateway import ToolCall
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
from pegboard.runs.model.snapshots import MessageSnapshot, Retrieved, RunSnapshot
from pegboard.runs.prompt.citations import annotations_of, split_at_markers
from pegboard.runs.statuses import RunStatus
from pegboard.runs.tables import Run

DONE = b"event: done\ndata: [DONE]\n\n"


def frame(event: str, data: JsonDict) -> bytes:
    body = json.dumps(data, separators=(",", ":"), default=str)
    return f"event: {event}\ndata: {body}\n\n".encode("ascii")


@dataclass(slots=True)
class Telling:
    """Frames of one play. `message_id` is the answer being written, `speaking` once it is told.

    `text` is what was told of it, `length` characters; `held` is what may become a marker and is
    not told yet, `cited` the annotations that were told. With `content` the search tells the texts
    it found.
    """

    row: Run
    resumed: bool
    content: bool = False
    message_id: UUID | None = None
    speaking: bool = False
    begun_at: int | None = None
    text: list[str] = field(default_factory=list)
    length: int = 0
    held: str = ""
    cited: list[JsonDict] = field(default_factory=list)
    finished: MessageSnapshot | None = None
    retrieved: tuple[Retrieved, ...] = ()

    def frames(self, event: RunEvent) -> list[bytes]:
        match event:
            case RunStarted(run=run):
                self.retrieved = run.retrieved
                created = [] if self.resumed else [self._run("created", run, QUEUED)]
                return [
                    *created,
                    self._run("queued", run, QUEUED),
                    self._run("in_progress", run, RunStatus.IN_PROGRESS),
                    *([] if self.resumed else self._search(run)),
                ]
            case MessageStarted(message_id=message_id, created_at=moment):
                self.message_id = message_id
                self.begun_at = seconds(moment)
                return []
            case TextDelta(text=text):
                opened = [] if self.speaking else self._open()
                return [*opened, *self._say(text)]
            case MessageFinished(message=message):
                self.finished = message
                return []
            case RunPaused(run=run, calls=calls):
                return [
                    *self._close("completed", "completed"),
                    *self._call(calls),
                    self._run("requires_action", run, run.status, calls),
                ]
            case RunCompleted(run=run):
                whole = run.status is RunStatus.COMPLETED
                opened = [] if self.speaking or not whole else self._open()
                told = "completed" if whole else "incomplete"
                return [
                    *opened,
                    *self._close(told, "completed", reason=None if whole else "max_tokens"),
                    self._run(told, run, run.status),
                ]
            case RunFailed(run=run):
                return [
                    *self._close("incomplete", "failed", reason="run_failed"),
                    self._run("failed", run, run.status),
                ]
            case RunCancelled(run=run):
                return [
                    self._run("cancelling", run, RunStatus.CANCELLING),
                    *self._close("incomplete", "cancelled", reason="run_cancelled"),
                    self._run("cancelled", run, run.status),
                ]
            case RunExpired(run=run):
                return [
                    *self._close("incomplete", "expired", reason="run_expired"),
                    self._run("expired", run, run.status),
                ]
            case (
                MemoriesRecalled()
                | ReasoningDelta()
                | ReasoningFinished()
                | ToolCallMade()
                | RoundFinished()
            ):
                return []
            case _:
                assert_never(event)

    def _search(self, run: RunSnapshot) -> list[bytes]:
        if not searches(self.row):
            return []
        found = search_step(self.row, [one.to_json() for one in run.retrieved])
        done = found if self.content else without_content(found)
        bare = {
            **done,
            **ended("in_progress", None),
            "step_details": {"type": "tool_calls", "tool_calls": []},
            "usage": None,
        }
        call = {"index": 0, **search_call(self.row, [])}
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
        step, message = self._step(SAID), self._message("in_progress")
        return [
            frame("thread.run.step.created", step),
            frame("thread.run.step.in_progress", step),
            frame("thread.message.created", message),
            frame("thread.message.in_progress", message),
        ]

    def _say(self, text: str) -> list[bytes]:
        """A marker is told in one piece, and its annotation with it."""
        if not self.retrieved:
            return [self._delta(text)]
        pieces, self.held = split_at_markers(self.held + text)
        return [self._delta(piece) for piece in pieces]

    def _rest(self) -> list[bytes]:
        """What was held for a marker that did not come."""
        rest, self.held = self.held, ""
        return [self._delta(rest)] if rest else []

    def _delta(self, text: str) -> bytes:
        told: JsonDict = {"value": text}
        cited = [_moved(one, self.length) for one in annotations_of(text, self.retrieved)]
        if cited or not self.text:
            told["annotations"] = [
                {"index": index, **annotation_out(one)}
                for index, one in enumerate(cited, len(self.cited))
            ]
        self.text.append(text)
        self.length += len(text)
        self.cited += cited
        part = {"index": 0, "type": "text", "text": told}
        return frame(
            "thread.message.delta",
            {
                "id": public_id(Prefix.MESSAGE, self._id),
                "object": "thread.message.delta",
                "delta": {"content": [part]},
            },
        )

    def _close(self, message: str, step: str, *, reason: str | None = None) -> list[bytes]:
        """The end of what was said, if anything was."""
        if not self.speaking:
            return []
        self.speaking = False
        done = self.finished
        usage = usage_out(done.usage.input_tokens, done.usage.output_tokens) if done else None
        failure = (done.failure.code, done.failure.message) if done and done.failure else None
        ending = {**ended(step, self._ended_at), "expires_at": None}
        closed = {**self._step(SAID), **ending, "last_error": last_error(failure)}
        if not (done and done.tool_calls):
            closed["usage"] = usage
        return [
            *self._rest(),
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
            raise RuntimeError("a play begins with its message")
        return self.message_id

    @property
    def _ended_at(self) -> int | None:
        """As it is stored: what another clock would say may be the second after."""
        return seconds(self.finished.ended_at if self.finished else clock.now())

    def _step(self, kind: int) -> JsonDict:
        details = said_details(self._id) if kind == SAID else called_details([], {})
        expires = {"expires_at": seconds(self.row.expires_at)}
        return step_frame(self.row, self._id, kind, details, self.begun_at, **expires)

    def _message(self, status: str, *, reason: str | None = None) -> JsonDict:
        over = status != "in_progress"
        assistant = self.row.assistant_id
        return {
            "id": public_id(Prefix.MESSAGE, self._id),
            "object": "thread.message",
            "created_at": self.begun_at,
            "thread_id": public_id(Prefix.THREAD, self.row.thread_id),
            "role": "assistant",
            "content": [text_part("".join(self.text), self.cited)] if over else [],
            "assistant_id": assistant and public_id(Prefix.ASSISTANT, assistant),
            "run_id": public_id(Prefix.RUN, self.row.id),
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
        used = run.usage
        failure = (run.failure.code, run.failure.message) if run.failure else None
        waits = status == QUEUED and not self.resumed
        view = RunView(
            calls=calls,
            usage=(used.input_tokens, used.output_tokens, used.cached_input_tokens),
            error=failure,
            incomplete=run.incomplete,
            started_at=None if waits else seconds(self.row.started_at),
            ended_at=self._ended_at,
        )
        return frame(f"thread.run.{event}", run_at(self.row, status, view))


def _moved(annotation: JsonDict, offset: int) -> JsonDict:
    """An annotation of a piece, in the text that the piece is part of."""
    start, end = annotation["start_index"] + offset, annotation["end_index"] + offset
    return {**annotation, "start_index": start, "end_index": end}
