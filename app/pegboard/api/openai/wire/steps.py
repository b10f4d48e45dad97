"""Run steps, made from the messages of a run: a text is one step, the calls are another.

A step's id is its message's with one bit turned, so that nothing else has to be stored for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pegboard.api.openai.wire.fields import seconds
from pegboard.api.openai.wire.runs import last_error, usage_out
from pegboard.assistants.tools import file_search_of
from pegboard.db.base import JsonDict
from pegboard.llm.gateway import Usage
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.public_ids import Prefix, public_id
from pegboard.runs.model.snapshots import Retrieved
from pegboard.runs.records import RunRecord
from pegboard.runs.statuses import RunStatus

TEXT: Final = 1
CALLED: Final = 2
SEARCHED: Final = 4
CONTENT: Final = "step_details.tool_calls[*].file_search.results[*].content"
"""What is requested with `include[]` to be given the texts that a search has found."""


def step_id(message_id: UUID, kind: int) -> str:
    return public_id(Prefix.STEP, UUID(int=message_id.int ^ kind))


def steps_of(record: RunRecord, messages: Sequence[Message]) -> list[JsonDict]:
    """All steps of a run, in their order, from its messages in theirs."""
    outputs = {one.tool_call_id: one for one in messages if one.role == Role.TOOL}
    steps: list[JsonDict] = []
    if record.searches_files:
        steps.append(search_step(record, record.run.retrieved))
    for message in messages:
        if message.role != Role.ASSISTANT:
            continue
        calls = message.tool_calls or []
        if message.content or not calls:
            steps.append(_text_step(record, message, usage=not calls))
        if calls:
            steps.append(called_step(record, message, outputs))
    return steps


def search_step(record: RunRecord, retrieved: Sequence[Retrieved]) -> JsonDict:
    """The search of files, which comes before the model is asked."""
    moment = seconds(record.started_at or record.created_at)
    results = [
        _result(passage, passage.file_id) for passage in retrieved if passage.file_id is not None
    ]
    details = {"type": "tool_calls", "tool_calls": [search_call(record, results)]}
    state = ended("completed", moment)
    usage = usage_out(0, 0)
    return step_frame(record, record.run.id, SEARCHED, details, moment, **state, usage=usage)


def search_call(record: RunRecord, results: list[JsonDict]) -> JsonDict:
    body = public_id(Prefix.RUN, record.run.id).removeprefix(Prefix.RUN)
    tool = file_search_of(record.tools)
    source = (tool.source if tool else None) or {}
    ranking = (source.get("file_search") or {}).get("ranking_options") or {}
    search = {"ranking_options": ranking, "results": results}
    return {"id": f"call_{body}", "type": "file_search", "file_search": search}


def without_content(step: JsonDict) -> JsonDict:
    """A step without the texts that were found: they are sent only to who requests them."""
    if step["step_details"]["type"] != "tool_calls":
        return step
    calls = [_without_content(call) for call in step["step_details"]["tool_calls"]]
    return {**step, "step_details": {**step["step_details"], "tool_calls": calls}}


def _without_content(call: JsonDict) -> JsonDict:
    if call["type"] != "file_search":
        return call
    results = [
        {key: value for key, value in result.items() if key != "content"}
        for result in call["file_search"]["results"]
    ]
    return {**call, "file_search": {**call["file_search"], "results": results}}


def _result(passage: Retrieved, file_id: UUID) -> JsonDict:
    return {
        "file_id": public_id(Prefix.FILE, file_id),
        "file_name": passage.filename,
        "score": min(max(passage.score, 0.0), 1.0),
        "attributes": dict(passage.attributes or {}),
        "content": [{"type": "text", "text": passage.text or ""}],
    }


def step_frame(
    record: RunRecord,
    message_id: UUID,
    kind: int,
    details: JsonDict,
    created_at: int | None,
    **rest: Any,
) -> JsonDict:
    """A step with nothing but what it is; `rest` overrides."""
    run = record.run
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


def text_details(message_id: UUID) -> JsonDict:
    creation = {"message_id": public_id(Prefix.MESSAGE, message_id)}
    return {"type": "message_creation", "message_creation": creation}


def called_details(calls: Sequence[JsonDict], outputs: Mapping[str, str | None]) -> JsonDict:
    """`calls` as they are stored: id, name, arguments."""
    tool_calls = [
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
    return {"type": "tool_calls", "tool_calls": tool_calls}


def ended(status: str, moment: int | None) -> JsonDict:
    """A status with the moment at which it came."""
    key = {"cancelled": "cancelled_at", "failed": "failed_at", "expired": "expired_at"}
    return {"status": status, key.get(status, "completed_at"): moment}


def _text_step(record: RunRecord, message: Message, *, usage: bool) -> JsonDict:
    word = {MessageStatus.FAILED: "failed", MessageStatus.CANCELLED: "cancelled"}
    status = "completed"
    if not message.tool_calls:
        status = word.get(MessageStatus(message.status), status)
    error = None
    if message.error_code and status != "completed":
        error = (message.error_code, message.error_message or "")
    return step_frame(
        record,
        message.id,
        TEXT,
        text_details(message.id),
        seconds(message.created_at),
        **ended(status, seconds(message.ended_at or message.created_at)),
        last_error=last_error(error),
        usage=_usage(message) if usage else None,
    )


def called_step(
    record: RunRecord, message: Message, outputs: Mapping[str | None, Message]
) -> JsonDict:
    """The calls of a message, with the outputs that were given, by the calls' ids."""
    calls = message.tool_calls or []
    given = {call["id"]: outputs[call["id"]] for call in calls if call["id"] in outputs}
    details = called_details(calls, {key: one.content for key, one in given.items()})
    when = seconds(next((one.created_at for one in given.values()), record.ended_at))
    state: JsonDict = {"expires_at": seconds(record.expires_at)}
    if message.status == MessageStatus.COMPLETED:
        state = ended("completed", when)
    elif message.status == MessageStatus.CANCELLED:
        late = record.run.status == RunStatus.EXPIRED
        state = ended("expired" if late else "cancelled", when)
    return step_frame(
        record,
        message.id,
        CALLED,
        details,
        seconds(message.ended_at or message.created_at),
        **state,
        usage=_usage(message) if message.status != MessageStatus.REQUIRES_ACTION else None,
    )


def answer_usage(usage: Usage) -> JsonDict:
    """What an answer has used, as far as it is stored with the answer."""
    return usage_out(usage.input_tokens, usage.output_tokens, reasoning=usage.reasoning_tokens)


def _usage(message: Message) -> JsonDict:
    return answer_usage(
        Usage(
            message.input_tokens or 0,
            message.output_tokens or 0,
            reasoning_tokens=message.reasoning_tokens or 0,
        )
    )
