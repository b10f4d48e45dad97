"""The composition root: settings in, the server's parts out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.blobs.store import BlobStore
from app.db.engine import sessions_of
from app.db.signals import Signals
from app.documents.lookup import Lookup
from app.documents.parsing.limits import Limits
from app.documents.parsing.parser import Parser
from app.idempotency.attempts import witnessed
from app.idempotency.ledger import Ledger
from app.identifiers import new_id
from app.jobs.lanes import Places
from app.jobs.runner import run_jobs
from app.llm import litellm_gateway, providers
from app.llm.gateway import Gateway, ModelName
from app.memories.recall import Recall
from app.models.catalogue import Catalogue
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
from app.wiring.database import OpenDatabase, open_database, statements_of
from app.wiring.jobs import JOB_GROUPS, job_kinds
from app.wiring.models import catalogue_of, gateway_of, observed
from app.wiring.shelves import shelves_of

_WEB_LIMITS = Limits(seconds=5, cpu_seconds=4)
"""For web pages, which a model waits for; read apart from the files that are indexed."""


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
        shelves = shelves_of(settings, scopes, gateway, signals)
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
            places = Places(settings.jobs_at_once, settings.jobs_per_tenant)
            background += [
                pulses.watch(asyncio.create_task(run_jobs(engine, kinds, places), name="jobs"))
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


def ledger_of(settings: Settings, engine: AsyncEngine) -> Ledger:
    return Ledger(
        statements_of(engine),
        kept=timedelta(hours=settings.idempotency_hours),
        patience=settings.idempotency_patience,
    )


def connections_at_most(settings: Settings) -> int:
    """How many connections `pegboard serve` opens to the database under full load."""
    pool = 2 * settings.database_pool
    listening = JOB_GROUPS if settings.jobs else 0
    asking = 1  # by /readyz
    return settings.workers * (pool + listening + asking)


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
