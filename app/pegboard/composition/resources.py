"""The composition root: settings in, the server's parts out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.blobs.store import BlobStore
from pegboard.composition.access import Access, keep_bootstrap_key
from pegboard.composition.background import start_background
from pegboard.composition.database import OpenDatabase, open_database, statements_of
from pegboard.composition.database_metrics import DatabaseMetrics
from pegboard.composition.heartbeats import Heartbeats
from pegboard.composition.jobs import JOB_GROUPS, job_kinds
from pegboard.composition.knowledge import knowledge_of
from pegboard.composition.loads import warming_of
from pegboard.composition.models import (
    catalogue_of,
    gateway_of,
    model_connections,
    observed,
    resolver_of,
)
from pegboard.composition.runs import STREAM_CONNECTIONS, runs_of
from pegboard.composition.sessions import Sessions
from pegboard.composition.warming import Warming
from pegboard.db.pools import Pools, connections_of, pools_of
from pegboard.db.signals import Signals
from pegboard.documents.attaching import Attaching
from pegboard.documents.document_search import DocumentSearch
from pegboard.documents.parsing.forked import Readers
from pegboard.idempotency.attempts import recording_attempts
from pegboard.idempotency.ledger import Ledger
from pegboard.lifecycle.cloning import Cloning
from pegboard.lifecycle.removal import Removal
from pegboard.llm.embeddings.answering import Embeddings
from pegboard.llm.gateway import Gateway, ModelName
from pegboard.memories.recall import Recall
from pegboard.models.catalogue import Catalogue
from pegboard.models.resolution import Resolver
from pegboard.runs.execution.executor import Executor
from pegboard.runs.following.followers import Following
from pegboard.runs.requests.conversations import Conversations
from pegboard.settings import Auth, Settings
from pegboard.telemetry.loop_lag import LoopLag
from pegboard.telemetry.trace_choice import traced
from pegboard.tenants.scope import Scopes


@dataclass(frozen=True, slots=True)
class Resources:
    """What the APIs need, made once a process.

    `scopes` are for what a request writes: they see to requests that are carried out once.
    """

    settings: Settings
    engine: AsyncEngine
    scopes: Scopes
    read_scopes: Scopes
    access: Access
    conversations: Conversations
    attaching: Attaching
    removal: Removal
    cloning: Cloning
    executor: Executor
    following: Following
    blobs: BlobStore
    lookup: DocumentSearch
    recall: Recall
    catalogue: Catalogue
    resolver: Resolver
    gateway: Gateway
    embeddings: Embeddings
    default_model: ModelName
    ledger: Ledger
    database_metrics: DatabaseMetrics
    heartbeats: Heartbeats
    loop_lag: LoopLag
    warming: Warming


@asynccontextmanager
async def open_resources(
    settings: Settings, *, auth: Auth, database: OpenDatabase = open_database
) -> AsyncIterator[Resources]:
    """Everything a server needs, with its background tasks; closed in good order."""
    async with (
        traced(settings.traces),
        database(settings) as engine,
        pools_of(engine, size=settings.database_pool, streams=STREAM_CONNECTIONS) as pools,
        model_connections(settings) as connections,
    ):
        sessions = Sessions.on(pools)
        signals, readers = Signals(), Readers()
        heartbeats, loop_lag = Heartbeats(), LoopLag()
        catalogue = catalogue_of(settings)
        resolver = resolver_of(settings, catalogue)
        gateway = observed(gateway_of(settings, connections), catalogue)
        knowledge = knowledge_of(settings, sessions.work.scopes, gateway, signals, readers)
        ledger = _ledger_of(settings, pools)
        request_scopes = recording_attempts(sessions.requests.scopes)
        read_scopes = sessions.requests.statement_scopes
        attaching = Attaching(
            scopes=request_scopes,
            read_scopes=read_scopes,
            blobs=knowledge.blobs,
            most_pending=settings.max_pending_documents,
        )
        runs = runs_of(
            settings,
            sessions,
            request_scopes,
            signals=signals,
            gateway=gateway,
            catalogue=catalogue,
            resolver=resolver,
            knowledge=knowledge,
            attaching=attaching,
            readers=readers,
        )
        job_groups = job_kinds(knowledge, sessions.work.scopes, sessions.work.sessions)
        database_metrics = DatabaseMetrics(
            pools.vital,
            pools=pools.all,
            runs_in_progress=lambda: len(runs.executor.run_ids()),
            jobs=[kind for kinds in job_groups for kind in kinds],
        )
        warming = warming_of(settings, catalogue, knowledge, connections)
        await keep_bootstrap_key(settings, sessions.keys.sessions)
        access = Access.of(settings, sessions.keys, auth=auth)
        background = start_background(
            settings,
            engine,
            runs=runs,
            job_groups=job_groups,
            signals=signals,
            ledger=ledger,
            catalogue=catalogue,
            database_metrics=database_metrics,
            heartbeats=heartbeats,
            loop_lag=loop_lag,
            warming=warming,
        )
        try:
            yield Resources(
                settings=settings,
                engine=engine,
                scopes=request_scopes,
                read_scopes=read_scopes,
                access=access,
                conversations=runs.conversations,
                attaching=attaching,
                removal=Removal(request_scopes, abandon=runs.executor.abandon),
                cloning=Cloning(request_scopes, read_scopes, knowledge.blobs),
                executor=runs.executor,
                following=runs.following,
                blobs=knowledge.blobs,
                lookup=knowledge.lookup,
                recall=knowledge.recall,
                catalogue=catalogue,
                resolver=resolver,
                gateway=gateway,
                embeddings=knowledge.embeddings,
                default_model=ModelName(settings.default_provider, settings.default_model),
                ledger=ledger,
                database_metrics=database_metrics,
                heartbeats=heartbeats,
                loop_lag=loop_lag,
                warming=warming,
            )
        finally:
            await runs.executor.close(grace=settings.grace_seconds)
            await access.close()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            readers.close()


def connections_at_most(settings: Settings) -> int:
    """How many connections `pegboard serve` opens to the database under full load."""
    pools = connections_of(settings.database_pool, streams=STREAM_CONNECTIONS)
    listening = 1 + (JOB_GROUPS if settings.jobs else 0)
    asking = 1  # by /readyz
    return settings.workers * (pools + listening + asking)


def _ledger_of(settings: Settings, pools: Pools) -> Ledger:
    return Ledger(
        statements_of(pools.requests),
        lease_sessions=statements_of(pools.vital),
        retention=timedelta(hours=settings.idempotency_hours),
        patience=settings.idempotency_patience,
    )
