"""Events of a scenario → the frames of both APIs: the one place that knows how encoders are called.

What an encoder reads besides the events, the run's row and its thread's messages, is made up here.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.api.backboard import replies
from pegboard.api.backboard import run_encoder as backboard
from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.faults import RunBrokeOff
from pegboard.api.openai.profiles import Profile
from pegboard.api.openai.profiles.downgrading import downgrade, downgrade_event
from pegboard.api.openai.run_encoder import AssistantsEncoder
from pegboard.api.run_streams import RunEventEncoder, encoded, once
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.runs.model.event_json import from_json
from pegboard.runs.model.events import AnswerFinished, RunEvent, RunSettled
from pegboard.runs.records import record_of
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.turns import PendingAction, Turn
from pegboard.runs.stored import snapshot_of
from pegboard.runs.stream.feed import Feed
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope, Scopes
from tests.runs.engine import steps
from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scripted_gateway import BEGINNING, Watch
from tests.runs.engine.steps import (
    ASSISTANT,
    MODEL,
    QUESTION,
    RUN,
    TENANT,
    THREAD,
    TOOLS,
    USER_TEXT,
    logged,
    perform,
)

Frame: TypeAlias = dict[str, Any]
NamedFrame: TypeAlias = tuple[str, Any]
FIRST_LOGS: Final = Path(steps.__file__).parent / "first_logs"
_ANSWERED_AFTER: Final = timedelta(seconds=60)


class PerformedScenario:
    """A performed scenario, as its encoders find it."""

    def __init__(self, scenario: Scenario, executions: Sequence[Sequence[RunEvent]]) -> None:
        self._scenario = scenario
        self.executions = executions
        self._row = _row(scenario)
        self._question = _message(
            id=QUESTION, role=Role.USER, content=USER_TEXT, status=MessageStatus.COMPLETED
        )

    @classmethod
    async def of(cls, scenario: Scenario) -> "PerformedScenario":
        performed = await perform(scenario)
        executions = [
            [event for facts in execution for event in facts] for execution in performed.executions
        ]
        return cls(scenario, executions)

    @classmethod
    def of_first_log(cls, scenario: Scenario) -> "PerformedScenario":
        """The same out of a log of the first version, whatever becomes of events since."""
        executions = json.loads((FIRST_LOGS / f"{scenario.name}.json").read_text())
        return cls(scenario, [from_json(events) for events in executions])

    async def backboard_streams(self) -> list[list[Frame]]:
        return [[*map(_frame, frames)] for frames in await self._streams(self._backboard)]

    async def backboard_again(self, *, at_once: bool) -> list[Frame]:
        return [*map(_frame, await _all(encoded(self._backboard(), self._batches(at_once))))]

    def _backboard(self) -> RunEventEncoder:
        message = StoredMessage(self._question, (), ASSISTANT)
        return backboard.BackboardEncoder(snapshot_of(self._row), message)

    async def _streams(self, encoder_of: Callable[[], RunEventEncoder]) -> list[list[bytes]]:
        """The frames of each execution, as it is streamed to who has begun it or taken it up."""
        streams = []
        for number, events in enumerate(self.executions):
            encoder = encoder_of()
            if number:
                before = [event for earlier in self.executions[:number] for event in earlier]
                await _all(encoded(encoder, once(before)))
            opening = await (encoder.resumed() if number else encoder.opening())
            frames = [frame for event in events for frame in encoder.frames(event)]
            streams.append([*opening, *frames])
        return streams

    def backboard_answers(self) -> list[Frame]:
        """The answer of each execution, or the error that it is raised as."""
        answers = []
        for number, events in enumerate(self.executions):
            try:
                answer = replies.reply(self._turn(number), events, Client())
            except RunBrokeOff as broken:
                raised = {"kind": broken.kind, "code": broken.code, "message": broken.message}
                answers.append({"raised": {**raised, "retry_after": broken.retry_after}})
            else:
                answers.append(answer.model_dump(mode="json"))
        return answers

    def backboard_pending(self) -> list[dict[str, Any]]:
        """What is answered of each pause to those who request it once more."""
        pending = []
        for events in self.executions:
            paused = events[-1]
            if isinstance(paused, RunSettled) and not paused.is_final:
                action = PendingAction(paused.run, _finished(events)[0].message)
                frames = [*map(_frame, backboard.pending_frames(action))]
                answer = replies.pending_reply(action).model_dump(mode="json")
                pending.append({"streamed": frames, "answered": answer})
        return pending

    async def openai_streams(self, *, content: bool = False) -> list[list[NamedFrame]]:
        def encoder() -> RunEventEncoder:
            return AssistantsEncoder(record_of(self._row), self._scopes, with_texts=content)

        return [[*map(_named_frame, frames)] for frames in await self._streams(encoder)]

    async def openai_again(self, *, at_once: bool) -> list[NamedFrame]:
        encoder = AssistantsEncoder(record_of(self._row), self._scopes)
        return [*map(_named_frame, await _all(encoded(encoder, self._batches(at_once))))]

    def _turn(self, number: int) -> Turn:
        first = sum(map(len, self.executions[:number]))
        message = StoredMessage(self._question, (), ASSISTANT) if number == 0 else None
        return Turn(snapshot_of(self._row), record_of(self._row), Feed(first), first, message)

    def _batches(self, at_once: bool) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The events as they come out of the log: all in one, or one by one."""
        read = logged([event for events in self.executions for event in events])
        return once(read) if at_once else _one_by_one(read)

    @property
    def _scopes(self) -> Scopes:
        session = cast("AsyncSession", _Stored(self._question, self._written()))

        @asynccontextmanager
        async def scope(tenant_id: UUID) -> AsyncIterator[Scope]:
            yield Scope(tenant_id, session)

        return scope

    def _written(self) -> list[Message]:
        """What the run has left on its thread, the outputs of its calls among it."""
        written = []
        for number, events in enumerate(self.executions):
            for finished in _finished(events):
                answer = finished.message
                outputs = self._scenario.outputs[number] if answer.tool_calls else {}
                calls = [
                    {"id": call.id, "name": call.name, "arguments": call.arguments}
                    for call in answer.tool_calls
                ]
                written.append(
                    _message(
                        id=answer.id,
                        role=Role.ASSISTANT,
                        content=answer.content,
                        status=MessageStatus.COMPLETED if outputs else answer.status,
                        tool_calls=calls or None,
                        created_at=answer.created_at,
                        ended_at=answer.ended_at,
                        input_tokens=answer.usage.input_tokens,
                        output_tokens=answer.usage.output_tokens,
                        reasoning_tokens=answer.usage.reasoning_tokens,
                    )
                )
                written += [
                    _message(
                        role=Role.TOOL,
                        content=output,
                        tool_call_id=call_id,
                        status=MessageStatus.COMPLETED,
                        created_at=answer.ended_at + timedelta(seconds=1),
                    )
                    for call_id, output in outputs.items()
                ]
        return written


class _Stored:
    """A session that finds the thread's question and what its run has written."""

    def __init__(self, question: Message, written: list[Message]) -> None:
        self._question = question
        self._written = written

    async def scalar(self, _: object) -> Message:
        return self._question

    async def scalars(self, _: object) -> "_Stored":
        return self

    def all(self) -> list[Message]:
        return self._written


def unanswered() -> dict[str, Any]:
    """What Backboard answers to a message that is only stored."""
    stored = StoredMessage(
        _message(id=QUESTION, role=Role.USER, content=USER_TEXT, status=MessageStatus.COMPLETED),
        (),
        ASSISTANT,
        RUN,
    )
    return {
        "streamed": [*map(_frame, backboard.stored_frames(stored))],
        "answered": replies.stored_reply(stored, Client()).model_dump(mode="json"),
    }


def as_version_1(frames: Sequence[NamedFrame]) -> list[NamedFrame]:
    return [(downgrade_event(name), downgrade(data, Profile.V1)) for name, data in frames]


def later() -> Watch:
    """A moment at which all runs are over."""
    return Watch(BEGINNING + _ANSWERED_AFTER)


def _row(scenario: Scenario) -> Run:
    tools: list[dict[str, Any]] = [
        {
            "type": "function",
            "function": {"name": name, "description": f"The {name}", "parameters": TOOLS[name]},
        }
        for name in scenario.tools
    ]
    if "retrieved" in scenario.given:
        tools.append({"type": "file_search"})
    return Run(
        id=RUN,
        tenant_id=TENANT,
        thread_id=THREAD,
        assistant_id=ASSISTANT,
        created_at=BEGINNING,
        started_at=BEGINNING,
        ended_at=None,
        expires_at=BEGINNING + timedelta(seconds=600),
        status="in_progress",
        options={
            "instructions": "Be brief.",
            "tools": tools,
            "cite": "retrieved" in scenario.given,
            "asked": {"model": MODEL.name, "temperature": 0.5},
        },
        model_provider=MODEL.provider,
        model_name=MODEL.name,
        rounds=0,
        input_tokens=0,
        output_tokens=0,
        cached_input_tokens=0,
        cache_write_input_tokens=0,
        reasoning_tokens=0,
        labels={"purpose": "test"},
    )


def _message(**fields: Any) -> Message:
    known = {"tenant_id": TENANT, "thread_id": THREAD, "created_at": BEGINNING}
    return Message(**{**known, **fields})


def _finished(events: Sequence[RunEvent]) -> list[AnswerFinished]:
    return [event for event in events if isinstance(event, AnswerFinished)]


async def _one_by_one(events: Sequence[RunEvent]) -> AsyncGenerator[Sequence[RunEvent], None]:
    for event in events:
        yield [event]


async def _all(parts: AsyncGenerator[Iterable[bytes], None]) -> list[bytes]:
    return [frame async for part in parts for frame in part]


def _frame(data: bytes) -> Frame:
    text = data.decode("ascii")
    assert text.startswith("data: ")
    assert text.endswith("\n\n")
    assert text.count("\n") == 2
    frame: Frame = json.loads(text.removeprefix("data: "))
    return frame


def _named_frame(frame: bytes) -> NamedFrame:
    name, data, *rest = frame.decode("ascii").split("\n")
    assert rest == ["", ""]
    assert name.startswith("event: ")
    assert data.startswith("data: ")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))
