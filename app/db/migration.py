"""Bring the schema up to date, once, however many servers start together."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

# `migrations` lies beside `app`, in a checkout and in an installed wheel alike.
_SCRIPTS = Path(__file__).parents[2] / "migrations"
_LOCK = 7_238_104_551
"""Any number that other programs on the same database are unlikely to lock."""


async def migrate(engine: AsyncEngine) -> None:
    """Run the missing migrations. The first to come holds the lock; the others find it done."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        await connection.commit()
        try:
            await connection.run_sync(_upgrade)
            await connection.commit()
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the database has just the schema that this program was written for."""
    async with engine.connect() as connection:
        return await connection.run_sync(_present_revision) == _newest_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _present_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()
