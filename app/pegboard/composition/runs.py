"""The rooms of runs, put together: what begins them, executes, follows and recovers them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pegboard.assistants.tools import CodeInterpreterTool
from pegboard.composition.knowledge import Knowledge
from pegboard.composition.sessions import Sessions
from pegboard.db.signals import Signals
from pegboard.documents.attaching import Attaching
from pegboard.documents.parsing.forked import Readers
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.parser import Parser
from pegboard.identifiers import new_id
from pegboard.llm.gateway import Gateway
from pegboard.models.catalogue import Catalogue
from pegboard.models.resolution import Resolver
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
from pegboard.settings import CodeInterpreter, Settings
from pegboard.tenants.scope import Scopes

STREAM_CONNECTIONS: Final = log_writer.CONNECTIONS + 1
"""Connections for what runs log, and one for those who follow runs of other processes."""

_WEB_LIMITS: Final = Limits(seconds=20, cpu_seconds=4)
"""For web pages, which a model waits for; read apart from the files that are indexed."""


@dataclass(frozen=True, slots=True)
class Runs:
    executor: Executor
    tails: Tails
    rescuer: Rescuer
    following: Following
    conversations: Conversations


def runs_of(
    settings: Settings,
    sessions: Sessions,
    request_scopes: Scopes,
    *,
    signals: Signals,
    gateway: Gateway,
    catalogue: Catalogue,
    resolver: Resolver,
    knowledge: Knowledge,
    attaching: Attaching,
    readers: Readers,
) -> Runs:
    """`request_scopes` are for what a request writes."""
    lease_holder = LeaseHolder(new_id())
    executor = Executor(
        scopes=sessions.work.scopes,
        statement_scopes=sessions.work.statement_scopes,
        lease_sessions=sessions.vital.sessions,
        log_writer=LogWriter(sessions.streams.statements),
        signals=signals,
        gateway=gateway,
        prompt_builder=PromptBuilder(
            catalogue=catalogue,
            lookup=knowledge.lookup,
            recall=knowledge.recall,
            pictures=Pictures(sessions.work.scopes, knowledge.blobs),
            web=web_tools_of(settings.searxng_url, Parser(_WEB_LIMITS, start=readers.start))
            or NoTools(),
            patience=settings.document_patience,
        ),
        lease_holder=lease_holder,
        limits=_limits_of(settings),
    )
    tails = Tails(sessions=sessions.streams.statements, executor=executor, signals=signals)
    return Runs(
        executor=executor,
        tails=tails,
        rescuer=Rescuer(
            sessions=sessions.vital.sessions,
            scopes=sessions.vital.scopes,
            executor=executor,
            catalogue=catalogue,
            lease_holder=lease_holder,
            signals=signals,
            policy=Policy(settings.rescue),
            keep_events=timedelta(hours=settings.event_hours),
        ),
        following=Following(
            scopes=sessions.requests.statement_scopes, executor=executor, tails=tails
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
            refused_tools=_refused_tools_of(settings),
            patience=settings.document_patience,
        ),
    )


def _limits_of(settings: Settings) -> ExecutionLimits:
    """As many runs are worked on as leave jobs half of the connections that they share."""
    working = max(1, settings.database_pool // 2)
    return ExecutionLimits(
        working=working,
        working_per_tenant=max(1, working // 2),
        runs_per_tenant=settings.runs_per_tenant,
    )


def _refused_tools_of(settings: Settings) -> RefusedTools:
    """Nothing here runs code; no run pretends to, unless the operator has it dropped."""
    dropped = settings.code_interpreter is CodeInterpreter.DROP
    return () if dropped else (CodeInterpreterTool,)
