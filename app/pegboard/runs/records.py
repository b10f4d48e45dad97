"""Stored runs as APIs tell of them: read here, so that no row leaves the room."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pegboard.assistants import tools
from pegboard.assistants.tools import Tools
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page, Rows
from pegboard.errors import NotFound
from pegboard.llm.gateway import ToolCall
from pegboard.messages.tables import Message
from pegboard.runs import queries
from pegboard.runs.model.options import echo_of
from pegboard.runs.model.snapshots import RunSnapshot
from pegboard.runs.prompt.history import calls_of
from pegboard.runs.statuses import RunStatus
from pegboard.runs.stored import snapshot_of
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it stands, and what is stored of its request.

    `labels` is the caller's metadata, `echo` what the API that took the request tells of it.
    `searches_files` by a tool of the run, which an API shows.
    `pending_calls` are those whose outputs a paused run waits for, of the message
    `pending_message_id`.
    """

    run: RunSnapshot
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    labels: JsonDict | None
    instructions: str
    tools: Tools
    echo: JsonDict
    searches_files: bool = False
    pending_calls: tuple[ToolCall, ...] = ()
    pending_message_id: UUID | None = None


def record_of(row: Run, pending: Message | None = None) -> RunRecord:
    """Options are read one by one: of a run that could not be executed there is a record too."""
    return RunRecord(
        run=snapshot_of(row),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
        labels=row.labels,
        instructions=row.options.get("instructions", ""),
        tools=tools.from_json(row.options.get("tools") or ()),
        echo=echo_of(row.options),
        searches_files=bool(row.options.get("cite")),
        pending_calls=() if pending is None else calls_of(pending.tool_calls),
        pending_message_id=None if pending is None else pending.id,
    )


async def get(scope: Scope, *, thread_id: UUID, run_id: UUID) -> RunRecord:
    """Raises NotFound for the thread, and for a run that is none of it."""
    row = await _row(scope, thread_id=thread_id, run_id=run_id)
    return record_of(row, await _pending(scope, row))


async def page(scope: Scope, thread_id: UUID, page: Page) -> Rows[RunRecord]:
    """The runs of a thread. Raises NotFound."""
    await threads.get(scope, thread_id)
    rows = await queries.page(scope, thread_id, page)
    records = [record_of(row, await _pending(scope, row)) for row in rows.rows]
    return Rows(records, rows.has_more)


async def relabel(scope: Scope, *, thread_id: UUID, run_id: UUID, labels: JsonDict) -> RunRecord:
    """Replace a run's labels. Raises NotFound."""
    row = await _row(scope, thread_id=thread_id, run_id=run_id)
    row.labels = labels
    return record_of(row, await _pending(scope, row))


async def _row(scope: Scope, *, thread_id: UUID, run_id: UUID) -> Run:
    await threads.get(scope, thread_id)
    row = await queries.get(scope, thread_id=thread_id, run_id=run_id)
    if row is None:
        raise NotFound("Run", run_id)
    return row


async def _pending(scope: Scope, row: Run) -> Message | None:
    if row.status != RunStatus.REQUIRES_ACTION:
        return None
    return await queries.waiting_message(scope, thread_id=row.thread_id, run_id=row.id)
