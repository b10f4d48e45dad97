"""The composition root: settings in, the server's parts out."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias
from uuid import UUID

import platformdirs
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.blobs.disk import DiskStore
from app.blobs.removal import LOOK_AGAIN, removals_held
from app.blobs.s3 import S3Store
from app.blobs.store import REMOVE_BLOB, BlobStore
from app.db.embedded import EmbeddedPostgres, has_cluster
from app.db.engine import check_reachable, open_engine, sessions_of
from app.db.migration import migrate
from app.db.signals import Signals
from app.documents.indexing import Indexer
from app.documents.lookup import Lookup
from app.documents.operations import INDEX_DOCUMENT
from app.documents.parsing import Parser
from app.documents.parsing.limits import Limits
from app.documents.store_files import remove_file
from app.errors import NotFound
from app.files.operations import EXPIRE_FILE
from app.idempotency.attempts import witnessed
from app.idempotency.ledger import Ledger
from app.identifiers import new_id
from app.jobs.queue import enqueue
from app.jobs.runner import Work, run_jobs
from app.llm import litellm_gateway, providers
from app.llm.choice import ChosenGateway
from app.llm.embeddings.choice import ChosenEmbedder
from app.llm.embeddings.embedder import EmbedderMissing
from app.llm.embeddings.minilm import MiniLm
from app.llm.embeddings.minilm_network import require_installed
from app.llm.embeddings.remote import RemoteEmbedder
from app.llm.gateway import Gateway, ModelName
from app.llm.labels import ModelLabels
from app.llm.litellm_gateway import LitellmGateway
from app.llm.observed import ObservedGateway, observed_embed
from app.llm.retrying import RetryingGateway
from app.llm.sandbox import SandboxGateway
from app.memories.language_model import LanguageMemoryModel
from app.memories.learning import LEARN
from app.memories.memory_model import MemoryModel
from app.memories.operations import EMBED_MEMORY
from app.memories.recall import Recall
from app.memories.remembering import Remembering
from app.memories.rules.model import RuleMemoryModel
from app.models.catalogue import Catalogue
from app.models.entries import Model
from app.models.litellm_table import read_table
from app.models.own import own_models
from app.models.serving import keep_told
from app.pulse import Pulses
from app.readings import Readings
from app.runs.briefing import Briefing
from app.runs.conversing import Conversations
from app.runs.execution import Execution
from app.runs.following import Following
from app.runs.lease import Lessee
from app.runs.pictures import Pictures
from app.runs.rescue import Policy, Rescuer
from app.runs.server_tools import NoTools
from app.settings import Auth, SandboxMode, Settings
from app.tenants import keys
from app.tenants.allowances import Allowances
from app.tenants.callers import Caller
from app.tenants.last_uses import LastUses
from app.tenants.recognition import Recogniser
from app.tenants.scope import Scopes, scopes_of
from app.trace_choice import traced
from app.web.choice import web_tools_of

_WEB_LIMITS = Limits(seconds=5, cpu_seconds=4)
"""For web pages, which a model waits for; read apart from the files that are indexed."""

log = structlog.get_logger("pegboard")


JOB_GROUPS: Final = 3
"""The groups of `job_kinds`; each listens on a connection of its own."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the doors need, made once a process.

    `scopes` are for what a request writes: they see to requests that are carried out once.
    """

    settings: Settings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    scopes: Scopes
    read_scopes: Scopes
    recognise: Callable[[str], Awaitable[Caller | None]]
    has_imported: Callable[[UUID], bool]
    allowances: Allowances
    conversations: Conversations
    execution: Execution
    following: Following
    blobs: BlobStore
    lookup: Lookup
    recall: Recall
    catalogue: Catalogue
    gateway: Gateway
    default_model: ModelName
    ledger: Ledger
    readings: Readings
    pulses: Pulses


OpenDatabase: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[AsyncEngine]]


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine on the configured Postgres, or on one of our own in the data folder; migrated."""
    async with reach_database(settings) as engine:
        await migrate(engine)
        yield engine


@asynccontextmanager
async def reach_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The same, with whatever schema it has."""
    if settings.database_url is not None:
        engine = open_engine(
            settings.database_url.get_secret_value(), pool_size=settings.database_pool
        )
        try:
            await check_reachable(engine)
            yield engine
        finally:
            await engine.dispose()
        return
    postgres = EmbeddedPostgres(data_folder(settings), binaries=settings.postgres_bin)
    address = await postgres.start()
    try:
        engine = open_engine(address.url("pegboard"), pool_size=settings.database_pool)
        try:
            yield engine
        finally:
            await engine.dispose()
    finally:
        await postgres.stop()


def holds_data(settings: Settings) -> bool:
    """Whether there may be data: opening an embedded database that is not there makes one."""
    return settings.database_url is not None or has_cluster(data_folder(settings))


def connections_at_most(settings: Settings) -> int:
    """How many connections `pegboard serve` opens to the database under full load."""
    pool = 2 * settings.database_pool
    listening = JOB_GROUPS if settings.jobs else 0
    asking = 1  # by /readyz
    return settings.workers * (pool + listening + asking)


def data_folder(settings: Settings) -> Path:
    """Where data are kept: the named folder, else the system's (as root) or the user's own."""
    if settings.data_dir is not None:
        return settings.data_dir.expanduser().absolute()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/pegboard")
    return platformdirs.user_data_path("pegboard", appauthor=False)


@dataclass(frozen=True, slots=True)
class Shelves:
    """What reading and finding documents and memories needs."""

    blobs: BlobStore
    indexer: Indexer
    lookup: Lookup
    recall: Recall
    remembering: Remembering


def shelves_of(settings: Settings, scopes: Scopes, gateway: Gateway) -> Shelves:
    blobs = blobs_of(settings)
    try:
        require_installed()
        local: MiniLm | None = MiniLm()
    except EmbedderMissing as missing:
        log.warning("no_local_embedder", fix=missing.message)
        local = None
    embedders = ChosenEmbedder(
        remote=lambda name: RemoteEmbedder(name, observed_embed(litellm_gateway.embed)),
        local=local,
        is_configured=lambda provider: (
            settings.sandbox is not SandboxMode.ALWAYS and providers.is_configured(provider)
        ),
    )
    recall = Recall(scopes=scopes, embedders=embedders)
    return Shelves(
        blobs=blobs,
        indexer=Indexer(scopes=scopes, blobs=blobs, parser=Parser(), embedders=embedders),
        lookup=Lookup(scopes=scopes, embedders=embedders),
        recall=recall,
        remembering=Remembering(
            scopes=scopes,
            recall=recall,
            model_for=lambda answered: memory_model_of(settings, gateway, answered),
        ),
    )


def memory_model_of(settings: Settings, gateway: Gateway, answered: ModelName) -> MemoryModel:
    """Who extracts facts: the configured memory model, else the one that answered.

    Where the sandbox model answers for it, rules do.
    """
    model = answered
    if settings.memory_model is not None:
        model = ModelName(settings.memory_provider or answered.provider, settings.memory_model)
    return RuleMemoryModel() if gateway.simulates(model) else LanguageMemoryModel(gateway, model)


def blobs_of(settings: Settings) -> BlobStore:
    if settings.blobs_bucket is not None:
        return S3Store(settings.blobs_bucket, prefix=settings.blobs_prefix)
    return DiskStore(data_folder(settings) / "blobs")


def ledger_of(settings: Settings, engine: AsyncEngine) -> Ledger:
    return Ledger(
        statements_of(engine),
        kept=timedelta(hours=settings.idempotency_hours),
        patience=settings.idempotency_patience,
    )


def statements_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions in which each statement is a transaction of its own.

    BEGIN and COMMIT would be two round trips more for a request that only reads.
    """
    return sessions_of(engine.execution_options(isolation_level="AUTOCOMMIT"))


def job_kinds(
    shelves: Shelves, scopes: Scopes, sessions: async_sessionmaker[AsyncSession]
) -> tuple[dict[str, Work], ...]:
    """Every kind of background work, by the name under which rooms ask for it.

    In groups with workers of their own: neither long files nor thousands of memories that wait for
    their vectors must hold up what is learnt in a moment.
    """

    async def index_document(tenant_id: str, document_id: str) -> None:
        await shelves.indexer.index(UUID(tenant_id), UUID(document_id))

    async def learn(tenant_id: str, operation_id: str) -> None:
        await shelves.remembering.learn(UUID(tenant_id), UUID(operation_id))

    async def embed_memory(tenant_id: str, memory_id: str, attempts: int = 0) -> None:
        await shelves.remembering.embed(UUID(tenant_id), UUID(memory_id), attempts=attempts)

    async def expire_file(tenant_id: str, file_id: str) -> None:
        with suppress(NotFound):
            async with scopes(UUID(tenant_id)) as scope:
                await remove_file(scope, UUID(file_id))

    async def remove_blob(key: str) -> None:
        async with sessions.begin() as session:
            if await removals_held(session):
                await enqueue(session, REMOVE_BLOB, after=LOOK_AGAIN, key=key)
                return
        await shelves.blobs.remove(key)

    return (
        {INDEX_DOCUMENT: index_document},
        {LEARN: learn, EXPIRE_FILE: expire_file, REMOVE_BLOB: remove_blob},
        {EMBED_MEMORY: embed_memory},
    )


@asynccontextmanager
async def open_resources(
    settings: Settings, *, auth: Auth, database: OpenDatabase = open_database
) -> AsyncIterator[Resources]:
    """Everything a server needs, with its background tasks; closed in good order."""
    async with traced(settings.traces), database(settings) as engine:
        sessions = sessions_of(engine)
        own_statements = statements_of(engine)
        scopes = scopes_of(sessions)
        read_scopes = scopes_of(own_statements)
        lessee = Lessee(new_id())
        signals = Signals()
        catalogue = catalogue_of(settings)
        gateway = observed(gateway_of(settings), catalogue)
        shelves = shelves_of(settings, scopes, gateway)
        kinds_of_jobs = job_kinds(shelves, scopes, sessions)
        patience = settings.document_patience
        ledger = ledger_of(settings, engine)
        asked = witnessed(scopes)
        briefing = Briefing(
            catalogue=catalogue,
            lookup=shelves.lookup,
            recall=shelves.recall,
            pictures=Pictures(scopes, shelves.blobs),
            web=web_tools_of(settings.searxng_url, Parser(_WEB_LIMITS)) or NoTools(),
            patience=patience,
        )
        execution = Execution(
            scopes=scopes,
            statement_scopes=read_scopes,
            signals=signals,
            gateway=gateway,
            briefing=briefing,
            lessee=lessee,
        )
        rescuer = Rescuer(
            sessions=sessions,
            scopes=scopes,
            execution=execution,
            catalogue=catalogue,
            lessee=lessee,
            signals=signals,
            policy=Policy(settings.rescue),
            keep_events=timedelta(hours=settings.event_hours),
        )
        readings = Readings(
            engine,
            playing=lambda: len(execution.playing()),
            jobs=[kind for kinds in kinds_of_jobs for kind in kinds],
        )
        await _keep_bootstrap_key(settings, sessions)
        pulses = Pulses()
        heartbeat = execution.keep_leases(pulses.beat_of("heartbeat"))
        rescue = rescuer.watch(pulses.beat_of("rescue"))
        recogniser = Recogniser(sessions, own_statements, open_mode=auth is Auth.OPEN)
        last_uses = LastUses(sessions)

        async def recognise(key: str) -> Caller | None:
            caller = await recogniser.caller_of(key)
            if caller is not None and auth is Auth.KEYS:
                last_uses.note(caller.key_id)
            return caller

        background = [
            pulses.watch(asyncio.create_task(heartbeat, name="heartbeat")),
            pulses.watch(asyncio.create_task(rescue, name="rescue")),
            asyncio.create_task(signals.listen(engine), name="signals"),
            asyncio.create_task(ledger.keep_leases(), name="keys"),
            asyncio.create_task(ledger.forget_forever(), name="forgetting"),
            asyncio.create_task(readings.keep_sampled(), name="readings"),
            asyncio.create_task(_warm_up(settings, catalogue), name="warm-up"),
        ]
        if settings.sandbox is not SandboxMode.ALWAYS:
            background.append(asyncio.create_task(keep_told(catalogue), name="endpoints"))
        if settings.jobs:
            background += [
                pulses.watch(asyncio.create_task(run_jobs(engine, kinds), name="jobs"))
                for kinds in kinds_of_jobs
            ]
        try:
            yield Resources(
                settings=settings,
                engine=engine,
                sessions=sessions,
                scopes=asked,
                read_scopes=read_scopes,
                recognise=recognise,
                has_imported=recogniser.has_imported,
                allowances=Allowances(own_statements),
                conversations=Conversations(
                    scopes=asked,
                    gateway=gateway,
                    catalogue=catalogue,
                    execution=execution,
                    lessee=lessee,
                    patience=patience,
                ),
                execution=execution,
                following=Following(scopes=read_scopes, execution=execution, signals=signals),
                blobs=shelves.blobs,
                lookup=shelves.lookup,
                recall=shelves.recall,
                catalogue=catalogue,
                gateway=gateway,
                pulses=pulses,
                default_model=ModelName(settings.default_provider, settings.default_model),
                ledger=ledger,
                readings=readings,
            )
        finally:
            await execution.close(grace=settings.grace_seconds)
            await recogniser.close()
            await last_uses.close()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)


def gateway_of(settings: Settings) -> Gateway:
    """Who answers, by PEGBOARD_SANDBOX."""
    if settings.sandbox is SandboxMode.ALWAYS:
        return SandboxGateway(disguised=True)
    stand_in = None if settings.sandbox is SandboxMode.OFF else SandboxGateway(disguised=False)
    real = RetryingGateway(LitellmGateway(settings.model_timeout), settings.model_retries)
    return ChosenGateway(real, stand_in, providers.is_configured)


def observed(gateway: Gateway, catalogue: Catalogue) -> Gateway:
    """The same gateway, its calls counted under the names of models that are known."""

    def is_known(model: ModelName) -> bool:
        # The sandbox model answers under the names of others.
        return (catalogue.find(model) or catalogue.named(model.name)) is not None

    return ObservedGateway(gateway, ModelLabels(is_known))


def catalogue_of(settings: Settings) -> Catalogue:
    """The known models, and those that this server has itself."""
    own = own_models(sandbox=settings.sandbox is not SandboxMode.OFF)
    names = frozenset(model.provider for model in own)

    def read() -> Iterator[Model]:
        yield from own
        yield from read_table()

    return Catalogue(read, is_configured=lambda p: p in names or providers.is_configured(p))


async def _keep_bootstrap_key(
    settings: Settings, sessions: async_sessionmaker[AsyncSession]
) -> None:
    if settings.bootstrap_key is not None:
        async with sessions.begin() as session:
            key = settings.bootstrap_key.get_secret_value()
            await keys.keep(session, key, name="bootstrap")


async def _warm_up(settings: Settings, catalogue: Catalogue) -> None:
    """Load what the first requests will want, once the server is up and has nothing to do."""
    await asyncio.to_thread(catalogue.warm_up)
    if settings.sandbox is not SandboxMode.ALWAYS and providers.configured_providers():
        await litellm_gateway.load()
