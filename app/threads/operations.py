"""Open, find, list and remove threads."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import update

from app import clock
from app.assistants import operations as assistants
from app.db.base import JsonDict
from app.identifiers import new_id
from app.tenants.scope import Scope
from app.threads.tables import Thread


async def open_thread(
    scope: Scope,
    *,
    assistant_id: UUID | None,
    labels: JsonDict | None = None,
    thread_id: UUID | None = None,
) -> Thread:
    """Begin a conversation with an assistant of the same tenant, or with nobody yet."""
    if assistant_id is not None:
        await assistants.get(scope, assistant_id)
    moment = clock.now()
    thread = Thread(
        id=thread_id or new_id(),
        tenant_id=scope.tenant_id,
        assistant_id=assistant_id,
        labels=labels,
        created_at=moment,
        updated_at=moment,
    )
    scope.session.add(thread)
    return thread


async def get(scope: Scope, thread_id: UUID) -> Thread:
    return await scope.get(Thread, thread_id, noun="Thread")


async def list_page(
    scope: Scope, *, skip: int, limit: int, assistant_id: UUID | None = None
) -> Sequence[Thread]:
    """Threads in the order of their creation, of one assistant or of all."""
    page = scope.select(Thread).order_by(Thread.id).offset(skip).limit(limit)
    if assistant_id is not None:
        page = page.where(Thread.assistant_id == assistant_id)
    return (await scope.session.scalars(page)).all()


async def touch(scope: Scope, thread_id: UUID) -> None:
    """Note that something was said on the thread."""
    await scope.session.execute(
        update(Thread)
        .where(Thread.id == thread_id, Thread.tenant_id == scope.tenant_id)
        .values(updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )


async def remove(scope: Scope, thread_id: UUID) -> Thread:
    """Remove a thread with its messages, runs and documents."""
    thread = await get(scope, thread_id)
    await scope.session.delete(thread)
    return thread
