"""End a run because its caller says so, wherever it is executed."""

import asyncio
from typing import Final
from uuid import UUID

from pegboard.errors import NotFound
from pegboard.runs import queries
from pegboard.runs.execution import cancellation
from pegboard.runs.execution.executor import Executor
from pegboard.runs.statuses import ACTIVE, RunStatus
from pegboard.runs.thread_lock import lock_thread
from pegboard.slots import waiting
from pegboard.tenants.scope import Scope, Scopes

CANCELLING_SECONDS: Final = 5.0
"""How long a cancellation waits for the process that executes the run."""

_POLL: Final = 0.1


async def cancel_run(
    scopes: Scopes, executor: Executor, tenant_id: UUID, *, thread_id: UUID, run_id: UUID
) -> bool:
    """Whether the run is cancelled, or about to be; False where it had ended otherwise.

    Returns once it is ended, with the text so far stored, or after some seconds where another
    process executes it. Raises NotFound.
    """
    async with scopes(tenant_id) as scope:
        await lock_thread(scope, thread_id)
        status = await _status(scope, thread_id, run_id)
        if status is RunStatus.REQUIRES_ACTION:
            return await cancellation.cancel_paused(scope, thread_id=thread_id, run_id=run_id)
        if status not in ACTIVE:
            return status is RunStatus.CANCELLED
        await cancellation.request(scope, run_id)
    async with waiting():
        await executor.cancel(run_id)
    deadline = asyncio.get_running_loop().time() + CANCELLING_SECONDS
    while True:
        async with scopes(tenant_id) as scope:
            status = await _status(scope, thread_id, run_id)
        if status not in ACTIVE:
            return status is RunStatus.CANCELLED
        if asyncio.get_running_loop().time() > deadline:
            return True
        async with waiting():
            await asyncio.sleep(_POLL)


async def _status(scope: Scope, thread_id: UUID, run_id: UUID) -> RunStatus:
    run = await queries.get(scope, thread_id=thread_id, run_id=run_id)
    if run is None:
        raise NotFound("Run", run_id)
    return RunStatus(run.status)
