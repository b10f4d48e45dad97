"""A run that is requested by itself, on a thread as it is: one transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from uuid import UUID

from pegboard.assistants import operations as assistants
from pegboard.assistants import sampling, tool_resources
from pegboard.assistants.tables import Assistant
from pegboard.assistants.tool_resources import ToolResources
from pegboard.assistants.tools import ToolDefinition, Tools, file_search_of
from pegboard.documents import stores
from pegboard.documents.attaching import Copies
from pegboard.documents.wanted_resources import copied_files, resolve
from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import ModelName
from pegboard.runs import queries
from pegboard.runs.model.options import Extensions, RunOptions
from pegboard.runs.prompt.run_context import RunContext
from pegboard.runs.requests import admission, message_files, targets
from pegboard.runs.requests.add_messages import write_messages
from pegboard.runs.requests.new_messages import NewMessage
from pegboard.runs.requests.run_request import RunRequest
from pegboard.runs.requests.starter import Starter
from pegboard.runs.requests.targets import Target
from pegboard.runs.requests.turns import Turn
from pegboard.runs.tables import Run
from pegboard.tenants.callers import Caller
from pegboard.tenants.limits import UNLIMITED
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads

USUAL_RESULTS: Final = 20
"""How many passages a search of files gives where the tool does not say."""

RefusedTools: TypeAlias = Collection[type[ToolDefinition]]
"""Kinds of tools that this server does not have, and does not pretend to."""


class NothingToAnswer(AppError):
    code = "invalid_thread"

    def __init__(self) -> None:
        super().__init__(
            "Run creation requires a Thread with a user message or an assistant with instructions."
        )


class UnsupportedTool(AppError):
    """A tool is wanted that this server refuses to run without."""

    kind = ErrorKind.UNSUPPORTED
    code = "unsupported_tool"

    def __init__(self, tool: ToolDefinition) -> None:
        super().__init__(f"This server has no {type(tool).__name__}")
        self.tool = tool


async def create_run(
    starter: Starter,
    caller: Caller,
    *,
    target: Target,
    assistant_id: UUID,
    messages: Sequence[NewMessage],
    request: RunRequest,
    refused_tools: RefusedTools,
) -> Turn:
    """Begin a run of an assistant on a thread as it is, with `messages` added to it first.

    Raises NotFound, RunActive, ThreadBusy, NothingToAnswer, UnsupportedTool, UnsupportedPicture,
    UnknownResponseFormat, NameRefused, StoreExpired, TooManyPending, LimitReached; nothing has
    changed then.
    """
    starter.executor.check_room(caller.tenant_id)
    if caller.limits != UNLIMITED:  # before bytes are copied for it
        async with starter.scopes(caller.tenant_id) as scope:
            await admission.check(scope, caller)
    with starter.executor.starting() as starts:
        run, context = await _write(
            starter, caller, target, assistant_id, messages, request, refused_tools, starts
        )
        return starter.begin(run, context)


async def _write(
    starter: Starter,
    caller: Caller,
    target: Target,
    assistant_id: UUID,
    messages: Sequence[NewMessage],
    request: RunRequest,
    refused_tools: RefusedTools,
    starts: Callable[[UUID], None],
) -> tuple[Run, RunContext]:
    async with starter.attaching.transaction(
        caller.tenant_id,
        targets.copied_for(target),
        message_files.searched(messages),
        copied_files(request.tool_resources),
    ) as (scope, copies):
        thread_state = await targets.open_for_run(scope, target, copies)
        assistant = await assistants.get(scope, assistant_id)
        tools = (assistant.tools or ()) if request.tools is None else request.tools
        _check(tools, refused_tools)
        await write_messages(scope, thread_state, messages, copies)
        options = await _options(
            starter, scope, thread_state.thread_id, assistant, tools, request, copies
        )
        run = await starter.create(
            scope,
            replace(thread_state, assistant_id=assistant.id),
            caller=caller,
            options=options,
            expires_after=request.expires_after,
            labels=request.labels,
        )
        starts(run.id)
        return run, await starter.context_of(scope, run, options, thread_state=thread_state)


def _check(tools: Tools, refused: RefusedTools) -> None:
    for tool in tools:
        if type(tool) in refused:
            raise UnsupportedTool(tool)


async def _options(
    starter: Starter,
    scope: Scope,
    thread_id: UUID,
    assistant: Assistant,
    tools: Tools,
    request: RunRequest,
    copies: Copies,
) -> RunOptions:
    # What is named and missing is told before what is wrong with what is there.
    own_resources = await resolve(scope, request.tool_resources, copies)
    base = assistant.system_prompt if request.instructions is None else request.instructions
    parts = (base, request.additional_instructions)
    instructions = "\n\n".join(part for part in parts if part)
    if not instructions and not await queries.has_user_message(scope, thread_id):
        raise NothingToAnswer
    search = file_search_of(tools)
    thread = await threads.get(scope, thread_id)
    named = _stores_of(assistant.tool_resources, thread.tool_resources, own_resources)
    model = request.model or assistant.model
    return RunOptions(
        model=starter.model_of(model),
        instructions=instructions,
        tools=tools,
        passages=assistant.tok_k if search is None else search.most_results or USUAL_RESULTS,
        least_rating=0.0 if search is None else search.least_rating,
        vector_store_ids=await stores.searchable(scope, named) if search and named else (),
        cite=search is not None,
        memory=request.memory,
        web=request.web,
        generation=request.sampling.over(assistant.sampling).applied(request.generation),
        streaming=request.streaming,
        max_prompt_tokens=request.max_prompt_tokens,
        max_completion_tokens=request.max_completion_tokens,
        last_messages=request.last_messages,
        extensions=_completed(
            request,
            assistant,
            model,
            (own_resources or ToolResources()).over(assistant.tool_resources),
        ),
    )


def _stores_of(*resources: ToolResources | None) -> list[UUID]:
    """The vector stores that these name, each once."""
    named = (one.vector_store_ids or () for one in resources if one is not None)
    return list(dict.fromkeys(store_id for ids in named for store_id in ids))


def _completed(
    request: RunRequest,
    assistant: Assistant,
    model: ModelName | str | None,
    resources: ToolResources,
) -> Extensions:
    """The extensions; what an API echoes is given also where it came from the assistant."""
    own = {} if assistant.sampling is None else sampling.to_json(assistant.sampling)
    echo = {
        **own,
        **request.extensions.echo,
        "model": model.name if isinstance(model, ModelName) else model,
        "tool_resources": tool_resources.to_json(resources),
    }
    return replace(request.extensions, echo=echo)
