"""The end of a stretch of a run, stored: with its log, its answer, its usage and what is learnt."""

import asyncio
from typing import Final

import structlog

from pegboard.db.availability import is_passing
from pegboard.runs import queries
from pegboard.runs.execution.extraction import extraction_of
from pegboard.runs.execution.recording import Spent, record, record_usage
from pegboard.runs.model.events import Facts
from pegboard.runs.model.snapshots import RunSnapshot
from pegboard.runs.prompt.run_context import RunContext
from pegboard.runs.stream.event_log import LogEntry, RunLost
from pegboard.tenants.scope import Scopes

_LATE_SECONDS: Final = 1.0
"""How long to wait before an end that could not be recorded is recorded again."""

log = structlog.get_logger("pegboard.runs")


class SettledRuns:
    def __init__(self, *, scopes: Scopes, statement_scopes: Scopes) -> None:
        """Each statement in one of the `statement_scopes` is a transaction of its own."""
        self._scopes = scopes
        self._statement_scopes = statement_scopes

    async def store(self, context: RunContext, facts: Facts, entry: LogEntry) -> None:
        """Store facts in one transaction. Raises RunLost; what was used is recorded even then."""
        tenant_id, extraction = context.run.tenant_id, extraction_of(context, facts)
        spent = Spent(context.execution_id, since=context.run.usage)
        try:
            async with self._scopes(tenant_id) as scope:
                await record(
                    scope,
                    facts,
                    entry=entry,
                    lease=context.lease,
                    spent=spent,
                    assistant_id=context.run.assistant_id,
                    extraction=extraction,
                )
        except RunLost:
            # Perhaps it is gone with its thread; what it has used was used all the same.
            async with self._scopes(tenant_id) as scope:
                await record_usage(scope, facts, spent)
            raise

    async def store_late(self, context: RunContext, facts: Facts, entry: LogEntry) -> None:
        """Store an end that was published before it could be stored, as soon as that is possible.

        Until then the run stays in this process' hands: released, it would be begun once more by
        whoever finds it, though its caller has seen its end.
        """
        while True:
            await asyncio.sleep(_LATE_SECONDS)
            try:
                await self.store(context, facts, entry)
            except RunLost:
                return
            except Exception as error:
                if not is_passing(error):
                    log.exception("run_not_recorded")
                    return
            else:
                return

    async def exists(self, run: RunSnapshot) -> bool:
        """Whether the run is there still; it goes with its thread."""
        async with self._statement_scopes(run.tenant_id) as scope:
            row = await queries.get(scope, thread_id=run.thread_id, run_id=run.id)
        return row is not None
