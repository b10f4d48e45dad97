"""A message in that nobody answers: one transaction."""

from dataclasses import replace

from pegboard.identifiers import new_id
from pegboard.llm.gateway import ModelName
from pegboard.memories.learning import ExtractionRequest, open_operation
from pegboard.memories.modes import MemoryUse
from pegboard.runs.requests import targets
from pegboard.runs.requests.idle_threads import IdleThreads
from pegboard.runs.requests.new_messages import NewMessage, StoredMessage, write_message
from pegboard.runs.requests.targets import Target
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scopes
from pegboard.threads import operations as threads
from pegboard.usage.budgets import check_tokens


async def store_message(
    scopes: Scopes,
    idle_threads: IdleThreads,
    caller: Caller,
    *,
    target: Target,
    message: NewMessage,
    memory: MemoryUse,
    model: ModelName,
) -> StoredMessage:
    """Store a message on a thread, or on one that it opens.

    Where memory is written, `model` extracts from it what is to be remembered. Raises NotFound,
    ThreadBusy, LimitReached; nothing is stored then.
    """

    async def attempt() -> StoredMessage:
        async with scopes(caller.tenant_id) as scope:
            thread_state = await targets.open_for_message(scope, target)
            stored = await write_message(scope, thread_state, message)
            await threads.touch(scope, thread_state.thread_id)
            if not memory.writes or thread_state.assistant_id is None:
                return stored
            await check_tokens(scope, caller)
            extraction = ExtractionRequest(
                operation_id=new_id(),
                assistant_id=thread_state.assistant_id,
                thread_id=thread_state.thread_id,
                message_id=stored.row.id,
                answer_id=None,
                model=model,
                careful=memory.careful,
                key_id=caller.key_id,
            )
            await open_operation(scope, extraction)
            return replace(stored, memory_operation_id=extraction.operation_id)

    return await idle_threads.attempt(target, attempt)
