"""Everything that decides how a turn begins, in one question to the database.

The rooms' own functions would ask four times. A message's time is mostly round trips, so this is
the one place that reads across rooms; what it reads it changes through them.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from pegboard.assistants import tools
from pegboard.assistants.operations import DEFAULT_TOK_K
from pegboard.assistants.tools import Tools
from pegboard.documents.tables import UNFINISHED, DocumentStatus
from pegboard.errors import NotFound
from pegboard.runs.statuses import ACTIVE, RunStatus
from pegboard.tenants.scope import Scope

_OPENING: Final = text("""
    SELECT thread.assistant_id, assistant.system_prompt, assistant.tools, assistant.tok_k,
           run.id AS run_id, run.status AS run_status,
           library.embedded_by, library.unfinished
    FROM threads thread
    LEFT JOIN assistants assistant ON assistant.id = thread.assistant_id
    LEFT JOIN runs run ON run.thread_id = thread.id AND run.status = ANY(:active)
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT document.embedded_by)
                   FILTER (WHERE document.status = :indexed) AS embedded_by,
               array_agg(document.filename)
                   FILTER (WHERE document.status = ANY(:unfinished)
                           AND document.thread_id IS NOT NULL) AS unfinished
        FROM documents document
        WHERE document.thread_id = thread.id
           OR (document.assistant_id = thread.assistant_id AND document.thread_id IS NULL)
    ) library ON true
    WHERE thread.id = :thread_id AND thread.tenant_id = :tenant_id
    -- Who begins a turn has the thread to himself until he commits: its messages are stored in the
    -- order in which they are answered. Whoever changes a run locks its thread first, as this does.
    FOR NO KEY UPDATE OF thread
""")


@dataclass(frozen=True, slots=True)
class ThreadState:
    """A thread as a new message finds it. `unfinished` names its files still to be indexed."""

    thread_id: UUID
    assistant_id: UUID | None
    instructions: str | None
    tools: Tools
    tok_k: int
    active_run: tuple[UUID, RunStatus] | None
    has_documents: bool
    unfinished: tuple[str, ...]


async def lock_thread(scope: Scope, thread_id: UUID) -> ThreadState:
    """Raises NotFound for a thread that is missing or another tenant's."""
    rows = await scope.session.execute(
        _OPENING,
        {
            "thread_id": thread_id,
            "tenant_id": scope.tenant_id,
            "active": list(ACTIVE),
            "indexed": DocumentStatus.INDEXED,
            "unfinished": list(UNFINISHED),
        },
    )
    row = rows.mappings().first()
    if row is None:
        raise NotFound("Thread", thread_id)
    active = row["run_id"]
    return ThreadState(
        thread_id=thread_id,
        assistant_id=row["assistant_id"],
        instructions=row["system_prompt"],
        tools=tools.from_json(row["tools"] or ()),
        tok_k=row["tok_k"] or DEFAULT_TOK_K,
        active_run=None if active is None else (active, RunStatus(row["run_status"])),
        has_documents=bool(row["embedded_by"]),
        unfinished=tuple(row["unfinished"] or ()),
    )
