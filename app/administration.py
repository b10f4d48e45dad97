"""What an operator does to the store from the command line."""

from collections.abc import Callable, Sequence
from uuid import UUID

from app.db.engine import sessions_of
from app.settings import Settings
from app.tenants import keys
from app.tenants.keys import Grant
from app.tenants.tables import ApiKey
from app.wiring import open_database


async def create_key(
    settings: Settings, *, name: str, tenant_id: UUID | None, grant: Grant
) -> tuple[str, ApiKey]:
    """A new key in clear, once, and what is stored of it."""
    key = keys.mint()
    async with open_database(settings) as engine, sessions_of(engine).begin() as session:
        return key, await keys.keep(session, key, name=name, tenant_id=tenant_id, grant=grant)


async def list_keys(settings: Settings) -> Sequence[ApiKey]:
    async with open_database(settings) as engine, sessions_of(engine)() as session:
        return await keys.list_keys(session)


async def change_key(
    settings: Settings, key_id: UUID, *, name: str | None, change: Callable[[Grant], Grant]
) -> ApiKey:
    """Give a key another grant, and another name where there is one. Raises NotFound."""
    async with open_database(settings) as engine, sessions_of(engine).begin() as session:
        stored = await keys.get(session, key_id)
        stored.name = stored.name if name is None else name
        keys.set_grant(stored, change(keys.grant_of(stored)))
        return stored


async def revoke_key(settings: Settings, key_id: UUID) -> ApiKey:
    async with open_database(settings) as engine, sessions_of(engine).begin() as session:
        return await keys.revoke(session, key_id)
