"""The composition root: settings in, the server's parts out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from pegboard.assistants.tools import CodeInterpreterTool
from pegboard.blobs.store import BlobStore
from pegboard.composition.database import OpenDatabase, open_database, statements_of
from pegboard.composition.database_metrics import DatabaseMetrics
from pegboard.composition.heartbeats import Heartbeats
from pegboard.composition.jobs import JOB_GROUPS, job_kinds
from pegboard.composition.knowledge import Knowledge, knowledge_of
from pegboard.composition.models import (
    catalogue_of,
    gateway_of,
    model_connections,
    observed,
    resolver_of,
    route_by,
)
from pegboard.composition.sessions import PoolSessions
from pegboard.composition.warming import Load, Warming
from pegboard.db.pools import Pools, connections_of, pools_of
from pegboard.db.signals import Signals
from pegboard.documents.attaching import Attaching
from pegboard.documents.document_search import DocumentSearch
from pegboard.documents.parsing.forked import Readers
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.parser import Parser
from pegboard.idempotency.attempts import recording_attempts
from pegboard.idempotency.ledger import Ledger
from pegboard.identifiers import new_id
from pegboard.jobs.lanes import Places
from pegboard.jobs.runner import run_jobs
from pegboard.lifecycle.cloning import Cloning
from pegboard.lifecycle.removal import Removal
from pegboard.llm import providers
from pegboard.llm.embeddings.answering import Embeddings
from pegboard.llm.gateway import Gateway, ModelName
from pegboard.llm.litellm import gateway as litellm_gateway
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.routing import Route
from pegboard.memories.recall import Recall
from pegboard.models.catalogue import Catalogue
from pegboard.models.resolution import Resolver
from pegboard.models.serving import refresh_served_models
from pegboard.runs.execution.executor import ExecutionLimits, Executor
from pegboard.runs.execution.recovery import Policy, Rescuer
from pegboard.runs.following.followers import Following
from pegboard.runs.following.tails import Tails
from pegboard.runs.leases import LeaseHolder
from pegboard.runs.model.server_tools import NoTools
from pegboard.runs.prompt.builder import PromptBuilder
from pegboard.runs.prompt.images import Pictures
from pegboard.runs.requests.conversations import Conversations
from pegboard.runs.requests.create_run import RefusedTools
from pegboard.runs.requests.starter import Starter
from pegboard.runs.stream import log_writer
from pegboard.runs.stream.log_writer import LogWriter
from pegboard.server_tools.web.choice import web_tools_of
from pegboard.settings import Auth, CodeInterpreter, SandboxMode, Settings
from pegboard.telemetry.loop_lag import LoopLag
from pegboard.telemetry.trace_choice import traced
from pegboard.tenants import keys
from pegboard.tenants.authentication import Authenticator
from pegboard.tenants.callers import Caller
from pegboard.tenants.last_uses import LastUses
from pegboard.tenants.open_streams import OpenStreams
from pegboard.tenants.rate_limits import RateLimiter
from pegboard.tenants.scope import Scopes

_FOR_STREAMS = log_writer.CONNECTIONS + 1
"""Connections for what runs log, and one for those who follow runs of other processes."""

_WEB_LIMITS = Limits(seconds=20, cpu_seconds=4)
"""For web pages, which a model waits for; read apart from the files that are indexed."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the APIs need, made once a process.

    `scopes` are for what a request writes: they see to requests that are carried out once.
    """

    settings: Settings
    engine: AsyncEngine
    scopes: Scopes
    read_scopes: Scopes
    recognise: Callable[[str], Awaitable[Caller | None]]
    has_met: Callable[[str], bool]
    has_imported: Callable[[UUID], bool]
    rate_limiter: RateLimiter
    open_streams: OpenStreams
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
        pools_of(engine, size=settings.database_pool, streams=_FOR_STREAMS) as pools,
        model_connections(settings) as connections,
    ):
        requests = PoolSessions.on(pools.requests)
        work = PoolSessions.on(pools.work)
        streams = PoolSessions.on(pools.streams)
        keys_only = PoolSessions.on(pools.keys)
        vital = PoolSessions.on(pools.vital)
        lease_holder = LeaseHolder(new_id())
        signals = Signals()
        catalogue = catalogue_of(settings)
        gateway = observed(gateway_of(settings, connections), catalogue)
        resolver = resolver_of(settings, catalogue)
        readers = Readers()
        knowledge = knowledge_of(settings, work.scopes, gateway, signals, readers)
        kinds_of_jobs = job_kinds(knowledge, work.scopes, work.sessions)
        patience = settings.document_patience
        ledger = ledger_of(settings, pools)
        request_scopes = recording_attempts(requests.scopes)
        attaching = Attaching(
            scopes=request_scopes,
            read_scopes=requests.statement_scopes,
            blobs=knowledge.blobs,
            most_pending=settings.max_pending_documents,
        )
        prompt_builder = PromptBuilder(
            catalogue=catalogue,
            lookup=knowledge.lookup,
            recall=knowledge.recall,
            pictures=Pictures(work.scopes, knowledge.blobs),
            web=web_tools_of(settings.searxng_url, Parser(_WEB_LIMITS, start=readers.start))
            or NoTools(),
            patience=patience,
        )
        executor = Executor(
            scopes=work.scopes,
            statement_scopes=work.statement_scopes,
            lease_sessions=vital.sessions,
            log_writer=LogWriter(streams.statements),
            signals=signals,
            gateway=gateway,
            prompt_builder=prompt_builder,
            lease_holder=lease_holder,
            limits=execution_limits_of(settings),
        )
        tails = Tails(sessions=streams.statements, executor=executor, signals=signals)
        rescuer = Rescuer(
            sessions=vital.sessions,
            scopes=vital.scopes,
            executor=executor,
            catalogue=catalogue,
            lease_holder=lease_holder,
            signals=signals,
            policy=Policy(settings.rescue),
            keep_events=timedelta(hours=settings.event_hours),
        )
        database_metrics = DatabaseMetrics(
            pools.vital,
            pools=pools.all,
            runs_in_progress=lambda: len(executor.run_ids()),
            jobs=[kind for kinds in kinds_of_jobs for kind in kinds],
        )
        await _keep_bootstrap_key(settings, keys_only.sessions)
        heartbeats = Heartbeats()
        loop_lag = LoopLag()
        warming = _warming(settings, catalogue, knowledge, connections)
        authenticator = Authenticator(
            keys_only.sessions, keys_only.statements, open_mode=auth is Auth.OPEN
        )
        last_uses = LastUses(keys_only.sessions)

        async def recognise(key: str) -> Caller | None:
            caller = await authenticator.caller_of(key)
            if caller is not None and auth is Auth.KEYS:
                last_uses.note(caller.key_id)
            return caller

        background = [
            heartbeats.watch(
                asyncio.create_task(
                    executor.keep_leases(heartbeats.beat_of("heartbeat")), name="heartbeat"
                )
            ),
            heartbeats.watch(
                asyncio.create_task(rescuer.watch(heartbeats.beat_of("rescue")), name="rescue")
            ),
            heartbeats.watch(asyncio.create_task(loop_lag.watch(), name="loop-lag")),
            asyncio.create_task(signals.listen(engine), name="signals"),
            heartbeats.watch(asyncio.create_task(tails.read_on(), name="tails")),
            asyncio.create_task(ledger.keep_leases(), name="keys"),
            asyncio.create_task(ledger.forget_forever(), name="forgetting"),
            asyncio.create_task(database_metrics.keep_sampled(), name="database-metrics"),
            asyncio.create_task(warming.warm_up(), name="warm-up"),
        ]
        if settings.sandbox is not SandboxMode.ALWAYS:
            background.append(
                asyncio.create_task(refresh_served_models(catalogue), name="endpoints")
            )
        if settings.jobs:
            places = Places(settings.jobs_at_once, settings.jobs_per_tenant)
            background += [
                heartbeats.watch(asyncio.create_task(run_jobs(engine, kinds, places), name="jobs"))
                for kinds in kinds_of_jobs
            ]
        try:
            yield Resources(
                settings=settings,
                engine=engine,
                scopes=request_scopes,
                read_scopes=requests.statement_scopes,
                recognise=recognise,
                has_met=authenticator.has_met,
                has_imported=authenticator.has_imported,
                rate_limiter=RateLimiter(keys_only.statements),
                open_streams=OpenStreams(
                    per_tenant=settings.max_streams_per_tenant, in_all=settings.max_streams
                ),
                conversations=Conversations(
                    Starter(
                        scopes=request_scopes,
                        attaching=attaching,
                        gateway=gateway,
                        catalogue=catalogue,
                        resolver=resolver,
                        executor=executor,
                        lease_holder=lease_holder,
                    ),
                    refused_tools=refused_tools_of(settings),
                    patience=patience,
                ),
                attaching=attaching,
                removal=Removal(request_scopes, abandon=executor.abandon),
                cloning=Cloning(request_scopes, requests.statement_scopes, knowledge.blobs),
                executor=executor,
                following=Following(
                    scopes=requests.statement_scopes, executor=executor, tails=tails
                ),
                blobs=knowledge.blobs,
                lookup=knowledge.lookup,
                recall=knowledge.recall,
                catalogue=catalogue,
                resolver=resolver,
                gateway=gateway,
                embeddings=knowledge.embeddings,
                heartbeats=heartbeats,
                loop_lag=loop_lag,
                warming=warming,
                default_model=ModelName(settings.default_provider, settings.default_model),
                ledger=ledger,
                database_metrics=database_metrics,
            )
        finally:
            await executor.close(grace=settings.grace_seconds)
            await authenticator.close()
            await last_uses.close()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            readers.close()


def ledger_of(settings: Settings, pools: Pools) -> Ledger:
    return Ledger(
        statements_of(pools.requests),
        lease_sessions=statements_of(pools.vital),
        retention=timedelta(hours=settings.idempotency_hours),
        patience=settings.idempotency_patience,
    )


def connections_at_most(settings: Settings) -> int:
    """How many connections `pegboard serve` opens to the database under full load."""
    pools = connections_of(settings.database_pool, streams=_FOR_STREAMS)
    listening = 1 + (JOB_GROUPS if settings.jobs else 0)
    asking = 1  # by /readyz
    return settings.workers * (pools + listening + asking)


def execution_limits_of(settings: Settings) -> ExecutionLimits:
    """As many runs are worked on as leave jobs half of the connections that they share."""
    working = max(1, settings.database_pool // 2)
    return ExecutionLimits(
        working=working,
        working_per_tenant=max(1, working // 2),
        runs_per_tenant=settings.runs_per_tenant,
    )


def refused_tools_of(settings: Settings) -> RefusedTools:
    """Nothing here runs code; no run pretends to, unless the operator has it dropped."""
    dropped = settings.code_interpreter is CodeInterpreter.DROP
    return () if dropped else (CodeInterpreterTool,)


async def _keep_bootstrap_key(
    settings: Settings, sessions: async_sessionmaker[AsyncSession]
) -> None:
    if settings.bootstrap_key is not None:
        async with sessions.begin() as session:
            key = settings.bootstrap_key.get_secret_value()
            await keys.keep(session, key, name="bootstrap")


def _warming(
    settings: Settings, catalogue: Catalogue, knowledge: Knowledge, connections: Connections
) -> Warming:
    """The embedder and what asks providers only where a real user may be waiting, and there is use
    for them."""

    async def read_table() -> None:
        await asyncio.to_thread(catalogue.warm_up)

    loads: dict[str, Load] = {"the table of models": read_table}
    for_users = settings.sandbox is not SandboxMode.ALWAYS
    if for_users:
        routes = {route_by(settings, one) for one in providers.configured_providers()}
        if Route.DIRECT in routes:
            loads["the direct path to models"] = connections.load
        if Route.LITELLM in routes:
            loads["litellm"] = litellm_gateway.load
        if knowledge.local_embedder is not None:
            loads["the embedding model"] = knowledge.local_embedder.load
    return Warming(loads, awaited=for_users)
