"""What every request needs that sets a run going in this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy.exc import IntegrityError

from pegboard import clock
from pegboard.db.base import JsonDict
from pegboard.db.inserting import insert_row
from pegboard.documents.attaching import Attaching
from pegboard.documents.tables import Document
from pegboard.identifiers import new_id
from pegboard.llm.gateway import Gateway, ModelName
from pegboard.models.catalogue import Catalogue
from pegboard.models.resolution import Resolver
from pegboard.runs.execution.executor import Executor
from pegboard.runs.leases import LeaseHolder
from pegboard.runs.model.options import RunOptions, to_json
from pegboard.runs.prompt.run_context import RunContext, run_context_of
from pegboard.runs.records import record_of
from pegboard.runs.requests.admission import admit
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.targets import ThreadBusy
from pegboard.runs.requests.turns import Turn
from pegboard.runs.statuses import INITIAL
from pegboard.runs.tables import Run
from pegboard.runs.thread_lock import ThreadState
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scope, Scopes


@dataclass(frozen=True, slots=True)
class Starter:
    """Creates runs in a caller's transaction, and begins them once it is committed."""

    scopes: Scopes
    attaching: Attaching
    gateway: Gateway
    catalogue: Catalogue
    resolver: Resolver
    executor: Executor
    lease_holder: LeaseHolder

    def model_of(self, wanted: ModelName | str | None) -> ModelName:
        """The model that is meant; where none is named, the default one. Raises NameRefused."""
        if isinstance(wanted, ModelName):
            return wanted
        return self.resolver.default if wanted is None else self.resolver.resolve(wanted)

    async def create(
        self,
        scope: Scope,
        thread_state: ThreadState,
        *,
        caller: Caller,
        options: RunOptions,
        expires_after: timedelta | None = None,
        labels: JsonDict | None = None,
    ) -> Run:
        """Create a run that this process executes at once.

        Raises ThreadBusy where another request was quicker: a thread has one active run at most;
        and LimitReached where the caller has enough of them.
        """
        await admit(scope, caller)
        moment = clock.now()
        reported = self.gateway.answers_as(options.model)
        run = Run(
            id=new_id(),
            tenant_id=scope.tenant_id,
            created_at=moment,
            thread_id=thread_state.thread_id,
            assistant_id=thread_state.assistant_id,
            key_id=caller.key_id,
            status=INITIAL,
            options=to_json(options),
            model_provider=reported.provider,
            model_name=reported.name,
            attempts=0,
            events=0,
            rounds=0,
            input_tokens=0,
            output_tokens=0,
            cached_input_tokens=0,
            cache_write_input_tokens=0,
            cost_usd=Decimal(0),
            reasoning_tokens=0,
            context_usage=None,
            retrieved=None,
            recalled=None,
            memory_operation_id=None,
            error_code=None,
            error_message=None,
            started_at=moment,
            ended_at=None,
            expires_at=expires_after and moment + expires_after,
            labels=labels,
            **self.lease_holder.held(),
        )
        try:
            await insert_row(scope.session, run)
        except IntegrityError as error:
            if "uq_runs_active_thread_id" in str(error.orig):
                raise ThreadBusy(thread_state.thread_id) from error
            raise
        return run

    async def context_of(
        self,
        scope: Scope,
        run: Run,
        options: RunOptions,
        *,
        thread_state: ThreadState,
        attached: Sequence[Document] = (),
    ) -> RunContext:
        """All that the run is to read; `attached` are new documents of its message."""
        return await run_context_of(
            scope,
            run,
            options,
            lease_holder=self.lease_holder,
            catalogue=self.catalogue,
            has_documents=thread_state.has_documents,
            attached=attached,
        )

    def begin(self, run: Run, context: RunContext, message: StoredMessage | None = None) -> Turn:
        feed = self.executor.begin(context)
        return Turn(context.run, record_of(run), feed, context.first, message)
