"""Open, find, list and remove threads."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import update

from pegboard import clock
from pegboard.assistants import operations as assistants
from pegboard.assistants.tool_resources import ToolResources
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page, Rows, rows_of
from pegboard.identifiers import new_id
from pegboard.tenants.scope import Scope
from pegboard.threads.tables import Thread


async def open_thread(
    scope: Scope,
    *,
    assistant_id: UUID | None,
    labels: JsonDict | None = None,
    thread_id: UUID | None = None,
    tool_resources: ToolResources | None = None,
) -> Thread:
    """Begin a conversation with an assistant of the same tenant, who stays until this transaction
    ends, or with nobody yet. Raises NotFound."""
    if assistant_id is not None:
        await assistants.hold(scope, assistant_id)
    moment = clock.now()
    thread = Thread(
        id=thread_id or new_id(),
        tenant_id=scope.tenant_id,
        assistant_id=assistant_id,
        labels=labels,
        tool_resources=tool_resources,
        created_at=moment,
        updated_at=moment,
    )
    scope.session.add(thread)
    return thread


async def get(scope: Scope, thread_id: UUID) -> Thread:
    return await scope.get(Thread, thread_id, noun="Thread")


async def hold_all(scope: Scope, thread_ids: Collection[UUID]) -> set[UUID]:
    """Those of these threads that are there, and stay until this transaction ends."""
    ids = await scope.session.scalars(
        scope.select_columns(Thread, Thread.id)
        .where(Thread.id.in_(thread_ids))
        .order_by(Thread.id)
        .with_for_update(read=True, key_share=True)
    )
    return set(ids)


async def list_page(
    scope: Scope, *, skip: int, limit: int, assistant_id: UUID | None = None
) -> Sequence[Thread]:
    """Threads in the order of their creation, of one assistant or of all."""
    page = scope.select(Thread).order_by(Thread.id).offset(skip).limit(limit)
    if assistant_id is not None:
        page = page.where(Thread.assistant_id == assistant_id)
    return (await scope.session.scalars(page)).all()


async def page(scope: Scope, requested: Page) -> Rows[Thread]:
    return await rows_of(scope.session, scope.select(Thread), requested, key=Thread.id)


async def change(scope: Scope, thread_id: UUID, changes: dict[str, Any]) -> Thread:
    """Set `labels` and `tool_resources` where they are given."""
    thread = await get(scope, thread_id)
    for field, value in changes.items():
        setattr(thread, field, value)
    thread.updated_at = clock.now()
    return thread


async def release(scope: Scope, assistant_id: UUID) -> None:
    """Make an assistant's threads those of nobody, so that they outlive it."""
    await scope.session.execute(
        update(Thread)
        .where(Thread.assistant_id == assistant_id, Thread.tenant_id == scope.tenant_id)
        .values(assistant_id=None)
        .execution_options(synchronize_session=False)
    )


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
