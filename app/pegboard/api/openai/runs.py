"""`/threads/{thread_id}/runs`: create, follow, answer and end runs.

A run is executed in the background: the answer shows one that is queued, or is its stream.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final, TypedDict
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from pegboard.api.http.numbered_frames import After
from pegboard.api.http.rendering import json_response
from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentCaller, CurrentTenant, Reading, Server, Writing
from pegboard.api.http.stream_claims import claim_stream
from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.messages import new_messages
from pegboard.api.openai.missing import Missing
from pegboard.api.openai.paging import cut_page, page_of
from pegboard.api.openai.run_encoder import AssistantsEncoder, frame
from pegboard.api.openai.run_faults import cannot_cancel, in_openais_words
from pegboard.api.openai.wire.documented import RunShape, StepShape
from pegboard.api.openai.wire.lists import ListOut, page_response
from pegboard.api.openai.wire.messages import MessageIn
from pegboard.api.openai.wire.runs import (
    EXPIRES_AFTER,
    QUEUED,
    RunChange,
    RunIn,
    ThreadAndRunIn,
    ToolOutputsIn,
    run_out,
    tool_choice_of,
)
from pegboard.api.openai.wire.steps import CONTENT, steps_of, without_content
from pegboard.api.openai.wire.threads import ThreadIn, ThreadOut
from pegboard.api.openai.wire.tool_resources import ToolResourcesIn, wanted_resources
from pegboard.api.openai.wire.tools import MOST_OF_RUN, tools_of
from pegboard.api.run_streams import stream_again, stream_of_turn
from pegboard.assistants.sampling import Sampling
from pegboard.assistants.tools import CodeInterpreterTool
from pegboard.composition.resources import Resources
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page
from pegboard.llm.gateway import GenerationOptions
from pegboard.messages import queries as messages
from pegboard.public_ids import Prefix
from pegboard.runs import records
from pegboard.runs.model.options import Extensions
from pegboard.runs.records import RunRecord
from pegboard.runs.requests.run_request import RunRequest
from pegboard.runs.requests.submit_tool_outputs import Overrides, ToolOutput
from pegboard.runs.requests.targets import NewThread, Target
from pegboard.runs.requests.turns import Turn
from pegboard.runs.statuses import ACTIVE, RunStatus
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads

router = APIRouter(tags=["Runs"], route_class=StrictRoute)
log = structlog.get_logger("pegboard.openai")
RunPage = Annotated[Page, Depends(page_of(Prefix.RUN))]
StepPage = Annotated[Page, Depends(page_of(Prefix.STEP))]


_ECHOED: Final = (
    "temperature",
    "top_p",
    "reasoning_effort",
    "max_prompt_tokens",
    "max_completion_tokens",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
)
Include = Annotated[tuple[str, ...], Query(alias="include[]")]
_POLL_AFTER_MS: Final = "300"


class _RunIds(TypedDict):
    thread_id: UUID
    run_id: UUID


@router.post("/threads/runs", response_model=None, responses={200: {"model": RunShape}})
async def create_thread_and_run(
    body: ThreadAndRunIn,
    request: Request,
    caller: CurrentCaller,
    server: Server,
    include: Include = (),
) -> Response:
    """Open a thread with its messages and begin a run on it."""
    if body.stream:
        claim_stream(request)
    thread = body.thread or ThreadIn()
    target = NewThread(
        labels=thread.metadata,
        tool_resources=wanted_resources(thread.tool_resources),
    )
    messages = [*(thread.messages or ()), *(body.additional_messages or ())]
    run_request = _run_request(body, body.tool_resources)
    turn = await _created(server, caller, target, body, messages, run_request)
    if not body.stream:
        return _queued(turn)
    async with server.read_scopes(caller.tenant_id) as scope:
        made = ThreadOut.of(await threads.get(scope, target.id))
    created = frame("thread.created", made.model_dump(mode="json"))
    encoder = _encoder(turn.record, server, include)
    return await stream_of_turn(turn, encoder, server, preface=[created])


@router.post("/threads/{thread_id}/runs", response_model=None, responses={200: {"model": RunShape}})
async def create_run(
    thread_id: str,
    body: RunIn,
    request: Request,
    caller: CurrentCaller,
    server: Server,
    include: Include = (),
) -> Response:
    """Begin a run; its additional messages are added to the thread first."""
    if body.stream:
        claim_stream(request)
    target = id_of("Thread", thread_id, param="thread_id")
    messages = body.additional_messages or ()
    turn = await _created(server, caller, target, body, messages, _run_request(body))
    if body.stream:
        return await stream_of_turn(turn, _encoder(turn.record, server, include), server)
    return _queued(turn)


@router.get(
    "/threads/{thread_id}/runs", response_model=None, responses={200: {"model": ListOut[RunShape]}}
)
async def list_runs(thread_id: str, scope: Reading, page: RunPage) -> Response:
    wanted = id_of("Thread", thread_id, param="thread_id")
    runs = await records.page(scope, wanted, page)
    return await page_response([run_out(run) for run in runs.rows], has_more=runs.has_more)


@router.get(
    "/threads/{thread_id}/runs/{run_id}", response_model=None, responses={200: {"model": RunShape}}
)
async def get_run(thread_id: str, run_id: str, scope: Reading) -> Response:
    record = await records.get(scope, **_ids(thread_id, run_id))
    return json_response(run_out(record), headers={"openai-poll-after-ms": _POLL_AFTER_MS})


@router.post(
    "/threads/{thread_id}/runs/{run_id}", response_model=None, responses={200: {"model": RunShape}}
)
async def modify_run(thread_id: str, run_id: str, body: RunChange, scope: Writing) -> Response:
    ids = _ids(thread_id, run_id)
    if "metadata" in body.model_fields_set:
        record = await records.relabel(scope, **ids, labels=body.metadata or {})
    else:
        record = await records.get(scope, **ids)
    return json_response(run_out(record))


@router.post(
    "/threads/{thread_id}/runs/{run_id}/cancel",
    response_model=None,
    responses={200: {"model": RunShape}},
)
async def cancel_run(
    thread_id: str, run_id: str, tenant_id: CurrentTenant, server: Server
) -> Response:
    ids = _ids(thread_id, run_id)
    async with server.read_scopes(tenant_id) as scope:
        record = await records.get(scope, **ids)
    if record.run.status not in ACTIVE:
        raise cannot_cancel(record.run.status)
    if not await server.conversations.cancel(tenant_id, **ids):
        async with server.read_scopes(tenant_id) as scope:
            raise cannot_cancel((await records.get(scope, **ids)).run.status)
    cancelling = {"status": RunStatus.CANCELLING, "required_action": None}
    return json_response({**run_out(record), **cancelling})


@router.post(
    "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
    response_model=None,
    responses={200: {"model": RunShape}},
)
async def submit_tool_outputs(
    thread_id: str,
    run_id: str,
    body: ToolOutputsIn,
    request: Request,
    caller: CurrentCaller,
    server: Server,
) -> Response:
    """Submit the outputs of all calls that the run waits for; it goes on."""
    if body.stream:
        claim_stream(request)
    ids = _ids(thread_id, run_id)
    outputs = [ToolOutput(one.tool_call_id, one.output or "") for one in body.tool_outputs]
    with in_openais_words():
        turn = await server.conversations.submit_tool_outputs(
            caller,
            **ids,
            outputs=outputs,
            overrides=Overrides(),
            streaming=bool(body.stream),
        )
    if not body.stream:
        return _queued(turn)
    return await stream_of_turn(turn, _encoder(turn.record, server), server)


@router.get("/threads/{thread_id}/runs/{run_id}/stream", response_model=None)
async def follow_run(
    thread_id: str, run_id: str, after: After, request: Request, scope: Reading, server: Server
) -> Response:
    """The stream of a run, from behind the first `after` frames on, until the run settles.

    This server's own: OpenAI has no such call.
    """
    claim_stream(request)
    record = await records.get(scope, **_ids(thread_id, run_id))
    return await stream_again(record.run, after, _encoder(record, server), server)


@router.get(
    "/threads/{thread_id}/runs/{run_id}/steps",
    response_model=None,
    responses={200: {"model": ListOut[StepShape]}},
)
async def list_steps(
    thread_id: str, run_id: str, scope: Reading, page: StepPage, include: Include = ()
) -> Response:
    steps = await _steps(scope, thread_id, run_id)
    return json_response(cut_page([_step_out(step, include) for step in steps], page, Prefix.STEP))


@router.get(
    "/threads/{thread_id}/runs/{run_id}/steps/{step_id}",
    response_model=None,
    responses={200: {"model": StepShape}},
)
async def get_step(
    thread_id: str, run_id: str, step_id: str, scope: Reading, include: Include = ()
) -> JsonDict:
    steps = await _steps(scope, thread_id, run_id)
    for step in steps:
        if step["id"] == step_id:
            return _step_out(step, include)
    raise Missing("Run step", step_id)


def _encoder(
    record: RunRecord, server: Resources, include: Sequence[str] = ()
) -> AssistantsEncoder:
    return AssistantsEncoder(record, server.read_scopes, with_texts=CONTENT in include)


def _step_out(step: JsonDict, include: Sequence[str]) -> JsonDict:
    return step if CONTENT in include else without_content(step)


def _run_request(body: RunIn, resources: ToolResourcesIn | None = None) -> RunRequest:
    """Raises BadParameter, and Missing for what is no id."""
    choice = body.tool_choice
    if isinstance(choice, dict) and choice.get("type") == "code_interpreter":
        raise BadParameter(
            "This server cannot run code.", param="tool_choice", code="unsupported_tool"
        )
    echo = {name: getattr(body, name) for name in _ECHOED if getattr(body, name) is not None}
    truncation = body.truncation_strategy
    if truncation is not None:
        echo["truncation_strategy"] = truncation.model_dump()
    return RunRequest(
        model=body.model,
        instructions=body.instructions,
        additional_instructions=body.additional_instructions,
        tools=None if body.tools is None else tools_of(body.tools, most=MOST_OF_RUN),
        tool_resources=wanted_resources(resources),
        sampling=Sampling(
            body.temperature, body.top_p, body.reasoning_effort, body.response_format
        ),
        generation=GenerationOptions(
            tool_choice=tool_choice_of(choice),
            parallel_tool_calls=body.parallel_tool_calls is not False,
        ),
        streaming=bool(body.stream),
        max_prompt_tokens=body.max_prompt_tokens,
        max_completion_tokens=body.max_completion_tokens,
        last_messages=truncation.last_messages if truncation else None,
        labels=body.metadata,
        expires_after=timedelta(seconds=EXPIRES_AFTER),
        extensions=Extensions(echo, (body.metadata or {}).get("sandbox")),
    )


def _headers(record: RunRecord) -> dict[str, str]:
    if not any(isinstance(tool, CodeInterpreterTool) for tool in record.tools):
        return {}
    log.info("tool_dropped", tool="code_interpreter", run_id=str(record.run.id))
    return {"x-pegboard-dropped-tools": "code_interpreter"}


async def _created(
    server: Resources,
    caller: Caller,
    target: Target,
    body: RunIn,
    messages: Sequence[MessageIn],
    request: RunRequest,
) -> Turn:
    with in_openais_words():
        return await server.conversations.create_run(
            caller,
            target=target,
            assistant_id=id_of("Assistant", body.assistant_id, param="assistant_id"),
            messages=new_messages(messages),
            request=request,
        )


def _queued(turn: Turn) -> Response:
    """A run as it was when it was requested: clients wait for one that is not over yet."""
    record = turn.record
    queued = {**run_out(record), "status": QUEUED, "usage": None}
    if turn.first == 0:
        queued["started_at"] = None
    return json_response(queued, headers=_headers(record))


async def _steps(scope: Scope, thread_id: str, run_id: str) -> list[JsonDict]:
    record = await records.get(scope, **_ids(thread_id, run_id))
    return steps_of(record, await messages.of_run(scope, record.run.thread_id, record.run.id))


def _ids(thread_id: str, run_id: str) -> _RunIds:
    """Raises Missing for what is no id."""
    return {
        "thread_id": id_of("Thread", thread_id, param="thread_id"),
        "run_id": id_of("Run", run_id, param="run_id"),
    }
