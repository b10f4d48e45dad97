"""A run in a process' hands, with all that was read for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pegboard.documents import operations as documents
from pegboard.documents.tables import UNFINISHED, Document
from pegboard.identifiers import new_id
from pegboard.messages import queries as messages
from pegboard.models.catalogue import Catalogue
from pegboard.runs.leases import Lease, LeaseHolder
from pegboard.runs.model.events import RunEvent
from pegboard.runs.model.items import ReasoningItem
from pegboard.runs.model.options import RunOptions
from pegboard.runs.model.snapshots import RunSnapshot
from pegboard.runs.prompt import context
from pegboard.runs.prompt.context import PreparedPrompt
from pegboard.runs.prompt.history import ReasoningByMessage
from pegboard.runs.stored import items_of, snapshot_of
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run that this process has leased, and what was read for it.

    `look_up`: there are documents to search. `awaited`: those of the message, still to be indexed.
    What this execution uses is recorded under its `execution_id`, once. Its events are logged from
    number `first` on, under its `lease`; `logged` is what a process that is gone has logged of it.
    """

    run: RunSnapshot
    options: RunOptions
    prepared: PreparedPrompt
    lease: Lease
    first: int = 0
    logged: tuple[RunEvent, ...] = ()
    look_up: bool = False
    awaited: tuple[UUID, ...] = ()
    execution_id: UUID = field(default_factory=new_id)


async def run_context_of(
    scope: Scope,
    run: Run,
    options: RunOptions,
    *,
    lease_holder: LeaseHolder,
    catalogue: Catalogue,
    has_documents: bool = False,
    attached: Sequence[Document] | None = (),
    logged: tuple[RunEvent, ...] = (),
) -> RunContext:
    """Read what the model is to know for a run that this process has leased.

    `has_documents`: the thread can draw on some that are indexed; `attached` came with its
    message, and are looked for where they are None. `logged` is what an earlier process has logged.
    """
    window = catalogue.window_of(options.model)
    reasoning = await _reasoning_of(scope, run) if run.rounds else {}
    prepared = await context.gather(
        scope, thread_id=run.thread_id, window=window, reasoning=reasoning
    )
    if attached is None:
        question_id = prepared.question_id
        attached = () if question_id is None else await documents.of_message(scope, question_id)
    stores = options.vector_store_ids
    return RunContext(
        snapshot_of(run),
        options,
        prepared,
        lease_holder.lease_of(run),
        first=run.events + len(logged),
        logged=logged,
        look_up=has_documents or bool(attached) or bool(stores),
        awaited=await _unfinished(scope, run, attached, stores),
    )


async def _unfinished(
    scope: Scope, run: Run, attached: Sequence[Document], stores: Sequence[UUID]
) -> tuple[UUID, ...]:
    """The documents that are waited for: those of the message and of the stores, in a first round.

    A run that goes on after a pause has waited for them before.
    """
    if run.rounds:
        return ()
    own = tuple(document.id for document in attached if document.status in UNFINISHED)
    return (*own, *(await documents.unfinished_in_stores(scope, stores) if stores else ()))


async def _reasoning_of(scope: Scope, run: Run) -> ReasoningByMessage:
    """What led to the calls that a run waited for: some providers want it back with the outputs."""
    answers = await messages.answers_of_run(scope, run.thread_id, run.id)
    return {
        answer.id: tuple(
            block
            for item in items_of(answer)
            if isinstance(item, ReasoningItem)
            for block in item.blocks
        )
        for answer in answers
    }
