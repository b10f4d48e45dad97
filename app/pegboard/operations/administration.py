"""What an operator does to the store from the command line."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from pegboard.composition.database import open_directly, statements_of
from pegboard.composition.knowledge import blobs_of
from pegboard.db.availability import is_away
from pegboard.db.engine import DatabaseUnreachable, sessions_of
from pegboard.errors import AppError, ErrorKind
from pegboard.operations.importing.dump import Dump
from pegboard.operations.importing.import_context import ImportContext
from pegboard.operations.importing.openai import import_dump
from pegboard.operations.importing.report import Report
from pegboard.operations.progress import Progress
from pegboard.operations.stuck_runs import StuckRun, stuck_runs
from pegboard.server.bind_safety import exposure_of
from pegboard.settings import Auth, Settings
from pegboard.tenants import keys
from pegboard.tenants.authentication import Authenticator
from pegboard.tenants.keys import Grant
from pegboard.tenants.permissions import Permission
from pegboard.tenants.scope import scopes_of
from pegboard.tenants.tables import ApiKey


class UnknownKey(AppError):
    kind = ErrorKind.UNAUTHENTICATED
    code = "unknown_key"


async def create_key(
    settings: Settings, *, name: str, tenant_id: UUID | None, grant: Grant
) -> tuple[str, ApiKey]:
    """A new key in clear, once, and what is stored of it."""
    key = keys.mint()
    async with open_directly(settings) as engine, sessions_of(engine).begin() as session:
        return key, await keys.keep(session, key, name=name, tenant_id=tenant_id, grant=grant)


async def list_keys(settings: Settings) -> Sequence[ApiKey]:
    async with open_directly(settings) as engine, sessions_of(engine)() as session:
        return await keys.list_keys(session)


async def change_key(
    settings: Settings, key_id: UUID, *, name: str | None, change: Callable[[Grant], Grant]
) -> ApiKey:
    """Give a key another grant, and another name where there is one. Raises NotFound."""
    async with open_directly(settings) as engine, sessions_of(engine).begin() as session:
        stored = await keys.get(session, key_id)
        stored.name = stored.name if name is None else name
        keys.set_grant(stored, change(keys.grant_of(stored)))
        return stored


async def revoke_key(settings: Settings, key_id: UUID) -> ApiKey:
    async with open_directly(settings) as engine, sessions_of(engine).begin() as session:
        return await keys.revoke(session, key_id)


async def import_openai(
    settings: Settings, folder: Path, *, owner: UUID | str, progress: Progress
) -> Report:
    """Import a dump for a tenant, or for the one that a key belongs to.

    In open mode any key will do, as for the server. Raises NoDump, UnknownKey, NotFound,
    ImportRunning and DatabaseUnreachable; all but the last before anything was imported.
    """
    report = Report()
    with Dump(folder) as dump:
        async with open_directly(settings) as engine:
            sessions = sessions_of(engine)
            if isinstance(owner, str):
                open_mode = exposure_of(settings).auth is Auth.OPEN
                authenticator = Authenticator(sessions, statements_of(engine), open_mode=open_mode)
                caller = await authenticator.caller_of(owner)
                if caller is None:
                    raise UnknownKey("The key is not one that this server accepts")
                caller.require(Permission.WRITE)
                tenant_id = caller.tenant_id
            else:
                tenant_id = owner
            context = ImportContext(
                tenant_id=tenant_id,
                scopes=scopes_of(sessions),
                blobs=blobs_of(settings),
                dump=dump,
                report=report,
                max_line=settings.max_body,
                max_file=settings.max_upload,
                progress=progress,
            )
            try:
                await import_dump(context, engine)
            except (SQLAlchemyError, ConnectionError) as error:
                if not is_away(error):
                    raise
                raise DatabaseUnreachable(
                    "The database went away. What was imported until then stays; the same "
                    "command goes on from there."
                ) from error
    return report


async def list_stuck(settings: Settings, *, older_than: timedelta) -> Sequence[StuckRun]:
    async with open_directly(settings) as engine, sessions_of(engine)() as session:
        return await stuck_runs(session, older_than=older_than)
