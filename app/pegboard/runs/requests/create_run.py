"""A run that is asked for by itself, on a thread as it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from pegboard.assistants import operations as assistants
from pegboard.assistants import tool_resources
from pegboard.assistants.tool_resources import ToolResources
from pegboard.assistants.tools import Tools, file_search_of
from pegboard.db.base import JsonDict
from pegboard.documents import stores
from pegboard.documents.attaching import Copies
from pegboard.documents.wanted_resources import WantedResources, resolve
from pegboard.errors import AppError, Kind
from pegboard.llm.gateway import GenerationOptions, ModelName
from pegboard.messages.tables import Message
from pegboard.runs import queries
from pegboard.runs.model.options import Extensions, RunOptions
from pegboard.runs.requests import create, message_files
from pegboard.runs.requests.create import NewMessage, NewThread
from pegboard.runs.thread_lock import ThreadState, lock_thread
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads

USUAL_RESULTS: Final = 20
"""How many passages a search of files gives where the tool does not say."""


class RunActive(AppError):
    """A run of the thread is not over, and nothing may be added beside it."""

    kind = Kind.CONFLICT
    code = "run_active"

    def __init__(self, thread_id: UUID, run_id: UUID) -> None:
        super().__init__("The thread has an active run")
        self.thread_id = thread_id
        self.run_id = run_id


class NothingToAnswer(AppError):
    code = "invalid_thread"

    def __init__(self) -> None:
        super().__init__(
            "Run creation requires a Thread with a user message or an assistant with instructions."
        )


@dataclass(frozen=True, slots=True)
class ThreadRunRequest:
    """What the caller wants of a run; None leaves the assistant's own.

    `asked` are the fields that an API echoes, those of the assistant not among them; the API says
    which model a name means, and what the fields ask of an answer. `refuse` raises for tools that
    cannot be served.
    """

    assistant_id: UUID
    name_model: Callable[[str | None], ModelName]
    generation: Callable[[JsonDict], GenerationOptions]
    model: str | None = None
    instructions: str | None = None
    additional_instructions: str | None = None
    tools: Tools | None = None
    messages: Sequence[NewMessage] = ()
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    last_messages: int | None = None
    labels: JsonDict | None = None
    asked: JsonDict = field(default_factory=dict)
    expires_after: timedelta | None = None
    script: object = None
    streaming: bool = True
    refuse: Callable[[Tools], None] | None = None
    tool_resources: WantedResources | None = None


async def open_thread(scope: Scope, place: UUID | NewThread, copies: Copies) -> ThreadState:
    """The thread, on which no run is going. Raises NotFound and RunActive."""
    if isinstance(place, NewThread):
        await threads.open_thread(
            scope,
            assistant_id=None,
            labels=place.labels,
            thread_id=place.id,
            tool_resources=await resolve(scope, place.tool_resources, copies),
        )
        await scope.session.flush()
        return await lock_thread(scope, place.id)
    return await hold_idle(scope, place)


async def hold_idle(scope: Scope, thread_id: UUID) -> ThreadState:
    """A thread on which no run is going, nor begins in this transaction.

    Raises NotFound and RunActive.
    """
    thread_state = await lock_thread(scope, thread_id)
    if thread_state.active_run is not None:
        raise RunActive(thread_state.thread_id, thread_state.active_run[0])
    return thread_state


async def add_messages(
    scope: Scope, thread_state: ThreadState, messages: Sequence[NewMessage], copies: Copies
) -> Sequence[Message]:
    """Store messages, and put their files where the thread's runs search.

    Raises NotFound and UnsupportedPicture for their files.
    """
    await message_files.check(scope, messages)
    added = []
    for new in messages:
        stored = await create.store_message(scope, thread_state, new)
        added.append(stored.row)
    if added:
        await threads.touch(scope, thread_state.thread_id)
    await message_files.attach(scope, thread_state.thread_id, messages, copies)
    return added


async def prepare(
    scope: Scope, thread_state: ThreadState, request: ThreadRunRequest, copies: Copies
) -> RunOptions:
    """Add the request's messages, and say what is in effect for its run."""
    assistant = await assistants.get(scope, request.assistant_id)
    tools = (assistant.tools or ()) if request.tools is None else request.tools
    if request.refuse is not None:
        request.refuse(tools)
    await add_messages(scope, thread_state, request.messages, copies)
    base = assistant.system_prompt if request.instructions is None else request.instructions
    parts = (base, request.additional_instructions)
    instructions = "\n\n".join(part for part in parts if part)
    if not instructions and not await queries.has_user_message(scope, thread_state.thread_id):
        raise NothingToAnswer
    search = file_search_of(tools)
    thread = await threads.get(scope, thread_state.thread_id)
    own_resources = await resolve(scope, request.tool_resources, copies)
    resources = (assistant.tool_resources, thread.tool_resources, own_resources)
    named = dict.fromkeys(
        store for one in resources if one is not None for store in one.vector_store_ids or ()
    )
    sampling = {
        key: value for key, value in (assistant.sampling or {}).items() if value is not None
    }
    model = request.model or assistant.model
    effective = (own_resources or ToolResources()).over(assistant.tool_resources)
    asked = {
        **sampling,
        **request.asked,
        "model": model,
        "tool_resources": tool_resources.to_json(effective),
    }
    return RunOptions(
        model=request.name_model(model),
        instructions=instructions,
        tools=tools,
        passages=assistant.tok_k if search is None else search.most_results or USUAL_RESULTS,
        least_rating=0.0 if search is None else search.least_rating,
        vector_store_ids=await stores.searchable(scope, list(named)) if search and named else (),
        cite=search is not None,
        generation=request.generation(asked),
        streaming=request.streaming,
        max_prompt_tokens=request.max_prompt_tokens,
        max_completion_tokens=request.max_completion_tokens,
        last_messages=request.last_messages,
        extensions=Extensions(asked, request.script),
    )
