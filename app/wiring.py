"""The composition root: settings in, the server's parts out."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import platformdirs
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.blobs.disk import DiskStore
from app.blobs.s3 import S3Store
from app.blobs.store import REMOVE_BLOB, BlobStore
from app.db.embedded import EmbeddedPostgres
from app.db.engine import check_reachable, open_engine, sessions_of
from app.db.migration import migrate
from app.documents.indexing import Indexer
from app.documents.lookup import Lookup
from app.documents.operations import INDEX_DOCUMENT
from app.documents.parsing import Parser
from app.documents.parsing.limits import Limits
from app.documents.store_files import remove_file
from app.errors import NotFound
from app.files.operations import EXPIRE_FILE
from app.identifiers import new_id
from app.jobs.runner import Work, run_jobs
from app.llm import litellm_gateway, providers
from app.llm.choice import ChosenGateway
from app.llm.embeddings.choice import ChosenEmbedder
from app.llm.embeddings.embedder import EmbedderMissing
from app.llm.embeddings.minilm import MiniLm
from app.llm.embeddings.minilm_network import require_installed
from app.llm.embeddings.remote import RemoteEmbedder
from app.llm.gateway import Gateway, ModelName
from app.llm.litellm_gateway import LitellmGateway
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
from app.runs.conversing import Conversations
from app.runs.execution import Execution
from app.runs.lease import Lessee
from app.runs.pictures import Pictures
from app.runs.rescue import rescue_forever
from app.runs.server_tools import NoTools
from app.settings import Auth, SandboxMode, Settings
from app.tenants import keys
from app.tenants.allowances import Allowances
from app.tenants.callers import Caller
from app.tenants.last_uses import LastUses
from app.tenants.recognition import Recogniser
from app.tenants.scope import Scopes, scopes_of
from app.web.choice import web_tools_of

GRACE_SECONDS = 10.0
"""How long runs in flight may take to end once the server was told to stop."""

_WEB_LIMITS = Limits(seconds=5, cpu_seconds=4)
"""For web pages, which a model waits for; read apart from the files that are indexed."""

log = structlog.get_logger("pegboard")


@dataclass(frozen=True, slots=True)
class Resources:
    """What the doors need, made once a process."""

    settings: Settings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    scopes: Scopes
    read_scopes: Scopes
    recognise: Callable[[str], Awaitable[Caller | None]]
    allowances: Allowances
    conversations: Conversations
    blobs: BlobStore
    lookup: Lookup
    recall: Recall
    catalogue: Catalogue
    gateway: Gateway
    default_model: ModelName


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine on the configured Postgres, or on one of our own in the data folder; migrated."""
    if settings.database_url is not None:
        engine = open_engine(
            settings.database_url.get_secret_value(), pool_size=settings.database_pool
        )
        try:
            await check_reachable(engine)
            await migrate(engine)
            yield engine
        finally:
            await engine.dispose()
        return
    postgres = EmbeddedPostgres(data_folder(settings), binaries=settings.postgres_bin)
    address = await postgres.start()
    try:
        engine = open_engine(address.url("pegboard"), pool_size=settings.database_pool)
        try:
            await migrate(engine)
            yield engine
        finally:
            await engine.dispose()
    finally:
        await postgres.stop()


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
        remote=lambda name: RemoteEmbedder(name, litellm_gateway.embed),
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


def job_kinds(shelves: Shelves, scopes: Scopes) -> tuple[dict[str, Work], ...]:
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
        await shelves.blobs.remove(key)

    return (
        {INDEX_DOCUMENT: index_document},
        {LEARN: learn, EXPIRE_FILE: expire_file, REMOVE_BLOB: remove_blob},
        {EMBED_MEMORY: embed_memory},
    )


@asynccontextmanager
async def open_resources(settings: Settings, *, auth: Auth) -> AsyncIterator[Resources]:
    """Everything a server needs, with its background tasks; closed in good order."""
    async with open_database(settings) as engine:
        sessions = sessions_of(engine)
        # One statement is a transaction of its own: BEGIN and COMMIT would be two round trips more
        # for a request that only reads.
        own_statements = sessions_of(engine.execution_options(isolation_level="AUTOCOMMIT"))
        scopes = scopes_of(sessions)
        lessee = Lessee(new_id())
        gateway = gateway_of(settings)
        shelves = shelves_of(settings, scopes, gateway)
        catalogue = catalogue_of(settings)
        patience = settings.document_patience
        execution = Execution(
            scopes=scopes,
            gateway=gateway,
            catalogue=catalogue,
            lookup=shelves.lookup,
            recall=shelves.recall,
            pictures=Pictures(scopes, shelves.blobs),
            web=web_tools_of(settings.searxng_url, Parser(_WEB_LIMITS)) or NoTools(),
            lessee=lessee,
            patience=patience,
        )
        await _keep_bootstrap_key(settings, sessions)
        recogniser = Recogniser(sessions, own_statements, open_mode=auth is Auth.OPEN)
        last_uses = LastUses(sessions)

        async def recognise(key: str) -> Caller | None:
            caller = await recogniser.caller_of(key)
            if caller is not None and auth is Auth.KEYS:
                last_uses.note(caller.key_id)
            return caller

        background = [
            asyncio.create_task(execution.keep_leases(), name="heartbeat"),
            asyncio.create_task(rescue_forever(sessions), name="rescue"),
            asyncio.create_task(_warm_up(settings, catalogue), name="warm-up"),
        ]
        if settings.sandbox is not SandboxMode.ALWAYS:
            background.append(asyncio.create_task(keep_told(catalogue), name="endpoints"))
        if settings.jobs:
            background += [
                asyncio.create_task(run_jobs(engine, kinds), name="jobs")
                for kinds in job_kinds(shelves, scopes)
            ]
        try:
            yield Resources(
                settings=settings,
                engine=engine,
                sessions=sessions,
                scopes=scopes,
                read_scopes=scopes_of(own_statements),
                recognise=recognise,
                allowances=Allowances(own_statements),
                conversations=Conversations(
                    scopes=scopes,
                    gateway=gateway,
                    catalogue=catalogue,
                    execution=execution,
                    lessee=lessee,
                    patience=patience,
                ),
                blobs=shelves.blobs,
                lookup=shelves.lookup,
                recall=shelves.recall,
                catalogue=catalogue,
                gateway=gateway,
                default_model=ModelName(settings.default_provider, settings.default_model),
            )
        finally:
            await execution.close(grace=GRACE_SECONDS)
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
    real = LitellmGateway(timeout=settings.model_timeout, retries=settings.model_retries)
    return ChosenGateway(real, stand_in, providers.is_configured)


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
