"""Messages in, as a thread is filled before a run is created: one transaction."""

from collections.abc import Sequence
from uuid import UUID

from pegboard.documents.attaching import Attaching, Copies
from pegboard.messages.tables import Message
from pegboard.runs.requests import message_files, targets
from pegboard.runs.requests.new_messages import NewMessage, write_message
from pegboard.runs.requests.targets import Target
from pegboard.runs.thread_lock import ThreadState
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads


async def add_messages(
    attaching: Attaching, tenant_id: UUID, target: Target, messages: Sequence[NewMessage]
) -> Sequence[Message]:
    """Put messages on a new thread, or on one that has no run going.

    Raises NotFound, RunActive, UnsupportedPicture, StoreExpired, TooManyPending; nothing has
    changed then.
    """
    async with attaching.transaction(
        tenant_id, targets.copied_for(target), message_files.searched(messages)
    ) as (scope, copies):
        thread_state = await targets.open_for_run(scope, target, copies)
        return await write_messages(scope, thread_state, messages, copies)


async def write_messages(
    scope: Scope, thread_state: ThreadState, messages: Sequence[NewMessage], copies: Copies
) -> Sequence[Message]:
    """Store messages, and put their files where the thread's runs search.

    Raises NotFound and UnsupportedPicture for their files, and StoreExpired.
    """
    await message_files.check(scope, messages)
    added = [(await write_message(scope, thread_state, new)).row for new in messages]
    if added:
        await threads.touch(scope, thread_state.thread_id)
    await message_files.attach(scope, thread_state.thread_id, messages, copies)
    return added
