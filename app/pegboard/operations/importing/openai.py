"""A dump of OpenAI's assistants, threads, messages, files and vector stores → the same here."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pegboard.errors import AppError, ErrorKind
from pegboard.operations.importing.assistants import take_assistant
from pegboard.operations.importing.dump import NotPlain
from pegboard.operations.importing.files import take_file
from pegboard.operations.importing.import_context import ImportContext
from pegboard.operations.importing.kinds import (
    ASSISTANTS,
    FILES,
    MESSAGES,
    THREADS,
    VECTOR_STORES,
    ObjectKind,
)
from pegboard.operations.importing.lines import Item, items_of
from pegboard.operations.importing.messages import prepare_messages
from pegboard.operations.importing.report import Skip
from pegboard.operations.importing.retrieval import give_store
from pegboard.operations.importing.stores import fill_store, take_store
from pegboard.operations.importing.threads import prepare_threads
from pegboard.originals import operations as originals
from pegboard.tenants import keys

_TOGETHER: Final = 500
"""Threads or messages in one transaction: enough that its end costs little."""
_LOOK: Final = text("ANALYZE assistants, threads, messages, files, documents, original_ids")


class ImportRunning(AppError):
    kind = ErrorKind.CONFLICT
    code = "import_running"


async def import_dump(context: ImportContext, engine: AsyncEngine) -> None:
    """Import all that is not here yet, and note in the context's report what became of it.

    Raises ImportRunning, and NotFound for a tenant that does not exist.
    """
    async with _alone(engine, context.tenant_id) as connection:
        async with context.scopes(context.tenant_id) as scope:
            await keys.note_import(scope.session, context.tenant_id)
        await _import(context)
        async with context.scopes(context.tenant_id) as scope:
            context.report.mentioned = await originals.count_mentioned(scope)
        context.report.unknown = tuple(context.dump.unknown())
        # Postgres plans by what it last knew of a table. Until it looks by itself, minutes later,
        # the list of a thread's messages took ten times as long after 100,000 of them.
        await connection.execute(_LOOK)


async def _import(context: ImportContext) -> None:
    """In this order: what others refer to comes first."""
    report = context.report
    with _items(context, FILES) as items:
        for item in items:
            await take_file(context, item, report.of(FILES.name))
    with _items(context, VECTOR_STORES) as items:
        for item in items:
            await context.take_one(item, report.of(VECTOR_STORES.name), take_store)
            await fill_store(context, item)
    with _items(context, ASSISTANTS) as items:
        for item in items:
            await context.take_one(item, report.of(ASSISTANTS.name), take_assistant)
            await give_store(context, item)
    with _items(context, THREADS) as items:
        counts = report.of(THREADS.name)
        await context.take_all(items, counts, prepare_threads, together=_TOGETHER)
    with _items(context, MESSAGES) as items:
        counts = report.of(MESSAGES.name)
        await context.take_all(items, counts, prepare_messages, together=_TOGETHER)


@contextmanager
def _items(context: ImportContext, kind: ObjectKind) -> Iterator[Iterator[Item]]:
    """The objects of one list; none where there is no such list, or no plain file."""
    counts = context.report.of(kind.name)
    try:
        file = context.dump.open_list(kind.list_name)
    except NotPlain:
        counts.skip(kind.list_name, Skip("no plain file"))
        file = None
    if file is None:
        yield iter(())
        return
    with file:
        yield items_of(file, kind, counts, longest=context.max_line, progress=context.progress)


@asynccontextmanager
async def _alone(engine: AsyncEngine, tenant_id: UUID) -> AsyncIterator[AsyncConnection]:
    """Nobody else imports for this tenant meanwhile; a lock that dies with its connection."""
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        name = {"name": f"import {tenant_id}"}
        free = await connection.scalar(
            text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), name
        )
        if not free:
            raise ImportRunning(f"Another import for the tenant {tenant_id} is running")
        try:
            yield connection
        finally:
            await connection.execute(
                text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name
            )
