"""What an operator does to the store from the command line."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.db.engine import sessions_of
from app.runs.stuck import StuckRun, stuck_runs
from app.settings import Settings
from app.tenants import keys
from app.tenants.tables import ApiKey
from app.wiring import open_database


async def create_key(
    settings: Settings, *, name: str, tenant_id: UUID | None
) -> tuple[str, ApiKey]:
    """A new key in clear, once, and what is stored of it."""
    key = keys.mint()
    async with open_database(settings) as engine, sessions_of(engine).begin() as session:
        return key, await keys.keep(session, key, name=name, tenant_id=tenant_id, minted=True)


async def list_keys(settings: Settings) -> Sequence[ApiKey]:
    async with open_database(settings) as engine, sessions_of(engine)() as session:
        return await keys.list_keys(session)


async def revoke_key(settings: Settings, key_id: UUID) -> ApiKey:
    async with open_database(settings) as engine, sessions_of(engine).begin() as session:
        return await keys.revoke(session, key_id)


async def list_stuck(settings: Settings, *, older_than: timedelta) -> Sequence[StuckRun]:
    async with open_database(settings) as engine, sessions_of(engine)() as session:
        return await stuck_runs(session, older_than=older_than)
