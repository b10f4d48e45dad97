"""Run steps, told from the messages of a run: what was said is one step, what was called another.

A step's id is its message's with one bit turned, so that nothing else has to be stored for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.db.base import JsonDict
from app.messages.tables import Message, MessageStatus, Role
from app.runs.statuses import RunStatus
from app.runs.tables import Run
from app.surfaces.openai.public_ids import Prefix, public_id
from app.surfaces.openai.wire.fields import seconds
from app.surfaces.openai.wire.runs import last_error, usage_out

SAID: Final = 1
CALLED: Final = 2


def step_id(message_id: UUID, kind: int) -> str:
    return public_id(Prefix.STEP, UUID(int=message_id.int ^ kind))


def steps_of(run: Run, messages: Sequence[Message]) -> list[JsonDict]:
    """All steps of a run, in their order, from its messages in theirs."""
    outputs = {one.tool_call_id: one for one in messages if one.role == Role.TOOL}
    steps: list[JsonDict] = []
    for message in messages:
        if message.role != Role.ASSISTANT:
            continue
        calls = message.tool_calls or []
        if message.content or not calls:
            steps.append(_said(run, message, usage=not calls))
        if calls:
            steps.append(_called(run, message, outputs))
    return steps


def step_frame(
    run: Run, message_id: UUID, kind: int, details: JsonDict, created_at: int | None, **rest: Any
) -> JsonDict:
    """A step with nothing but what it is; `rest` overrides."""
    return {
        "id": step_id(message_id, kind),
        "object": "thread.run.step",
        "created_at": created_at,
        "assistant_id": run.assistant_id and public_id(Prefix.ASSISTANT, run.assistant_id),
        "thread_id": public_id(Prefix.THREAD, run.thread_id),
        "run_id": public_id(Prefix.RUN, run.id),
        "type": details["type"],
        "status": "in_progress",
        "step_details": details,
        "last_error": None,
        "expires_at": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
        **rest,
    }


def said_details(message_id: UUID) -> JsonDict:
    told = {"message_id": public_id(Prefix.MESSAGE, message_id)}
    return {"type": "message_creation", "message_creation": told}


def called_details(calls: Sequence[JsonDict], outputs: Mapping[str, str | None]) -> JsonDict:
    """`calls` as they are stored: id, name, arguments."""
    told = [
        {
            "id": call["id"],
            "type": "function",
            "function": {
                "name": call["name"],
                "arguments": call["arguments"],
                "output": outputs.get(call["id"]),
            },
        }
        for call in calls
    ]
    return {"type": "tool_calls", "tool_calls": told}


def ended(status: str, moment: int | None) -> JsonDict:
    """A status with the moment at which it came."""
    key = {"cancelled": "cancelled_at", "failed": "failed_at", "expired": "expired_at"}
    return {"status": status, key.get(status, "completed_at"): moment}


def _said(run: Run, message: Message, *, usage: bool) -> JsonDict:
    word = {MessageStatus.FAILED: "failed", MessageStatus.CANCELLED: "cancelled"}
    status = "completed"
    if not message.tool_calls:
        status = word.get(MessageStatus(message.status), status)
    error = (message.error_code, message.error_message or "") if message.error_code else None
    return step_frame(
        run,
        message.id,
        SAID,
        said_details(message.id),
        seconds(message.created_at),
        **ended(status, seconds(message.ended_at or message.created_at)),
        last_error=last_error(error),
        usage=_usage(message) if usage else None,
    )


def _called(run: Run, message: Message, outputs: Mapping[str | None, Message]) -> JsonDict:
    calls = message.tool_calls or []
    given = {call["id"]: outputs[call["id"]] for call in calls if call["id"] in outputs}
    details = called_details(calls, {key: one.content for key, one in given.items()})
    when = seconds(next((one.created_at for one in given.values()), run.ended_at))
    state: JsonDict = {"expires_at": seconds(run.expires_at)}
    if message.status == MessageStatus.COMPLETED:
        state = ended("completed", when)
    elif message.status == MessageStatus.CANCELLED:
        late = run.status == RunStatus.EXPIRED
        state = ended("expired" if late else "cancelled", when)
    return step_frame(
        run,
        message.id,
        CALLED,
        details,
        seconds(message.ended_at or message.created_at),
        **state,
        usage=_usage(message) if message.status != MessageStatus.REQUIRES_ACTION else None,
    )


def _usage(message: Message) -> JsonDict:
    return usage_out(message.input_tokens or 0, message.output_tokens or 0)
