"""A user's message in, a run begun that answers it: one transaction."""

from collections.abc import Callable
from uuid import UUID

from pegboard.documents.search_scope import DocumentsNotIndexed
from pegboard.runs.model.options import RunOptions
from pegboard.runs.prompt.run_context import RunContext
from pegboard.runs.requests import targets
from pegboard.runs.requests.idle_threads import IdleThreads
from pegboard.runs.requests.new_messages import NewMessage, StoredMessage, write_message
from pegboard.runs.requests.run_request import RunRequest
from pegboard.runs.requests.starter import Starter
from pegboard.runs.requests.targets import Target
from pegboard.runs.requests.turns import Turn
from pegboard.runs.tables import Run
from pegboard.runs.thread_lock import ThreadState
from pegboard.tenants.callers import Caller


async def send_message(
    starter: Starter,
    idle_threads: IdleThreads,
    caller: Caller,
    *,
    target: Target,
    message: NewMessage,
    request: RunRequest,
) -> Turn:
    """Store a message on a thread, or on one that it opens, and start to answer it.

    While the thread is answering another message, or reading files, this one waits. Raises
    NotFound, NameRefused, ThreadBusy, DocumentsNotIndexed, LimitReached; nothing is stored then.
    """
    starter.executor.check_room(caller.tenant_id)

    async def attempt() -> Turn:
        with starter.executor.starting() as starts:
            stored, run, context = await _write(starter, caller, target, message, request, starts)
            return starter.begin(run, context, stored)

    return await idle_threads.attempt(target, attempt)


async def _write(
    starter: Starter,
    caller: Caller,
    target: Target,
    message: NewMessage,
    request: RunRequest,
    starts: Callable[[UUID], None],
) -> tuple[StoredMessage, Run, RunContext]:
    async with starter.scopes(caller.tenant_id) as scope:
        thread_state = await targets.open_for_message(scope, target)
        if thread_state.unfinished:
            raise DocumentsNotIndexed(thread_state.unfinished)
        options = _options(starter, thread_state, request)
        stored = await write_message(scope, thread_state, message)
        run = await starter.create(
            scope,
            thread_state,
            caller=caller,
            options=options,
            expires_after=request.expires_after,
            labels=request.labels,
        )
        starts(run.id)
        context = await starter.context_of(
            scope, run, options, thread_state=thread_state, attached=stored.attachments
        )
        return stored, run, context


def _options(starter: Starter, thread_state: ThreadState, request: RunRequest) -> RunOptions:
    own = thread_state.instructions if request.instructions is None else request.instructions
    parts = (own, request.additional_instructions)
    return RunOptions(
        model=starter.model_of(request.model),
        instructions="\n\n".join(part for part in parts if part),
        tools=thread_state.tools if request.tools is None else request.tools,
        passages=thread_state.tok_k,
        memory=request.memory,
        web=request.web,
        generation=request.sampling.applied(request.generation),
        streaming=request.streaming,
        max_prompt_tokens=request.max_prompt_tokens,
        max_completion_tokens=request.max_completion_tokens,
        last_messages=request.last_messages,
        extensions=request.extensions,
    )
