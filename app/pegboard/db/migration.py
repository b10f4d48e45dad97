"""Bring the schema up to date, once, however many servers start together."""

from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pegboard.errors import AppError, ErrorKind

_PACKAGE: Final = Path(__file__).parents[1]
_SOURCE_ROOT: Final = _PACKAGE.parent
_INSTALLED: Final = _PACKAGE / "migrations"
_SCRIPTS: Final = _INSTALLED if _INSTALLED.is_dir() else _SOURCE_ROOT.parent / "migrations"
"""A wheel has them in the package; a checkout beside the source root."""

_LOCK = 7_238_104_551
"""Any number that other programs on the same database are unlikely to lock."""


class SchemaUnknown(AppError):
    """The database is of a newer version than this program, or of something else."""

    kind = ErrorKind.CONFLICT
    code = "schema_unknown"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database has the schema {revision}, which Pegboard {version('pegboard')} does "
            f"not know (its newest is {newest_revision()}): it was made by a newer Pegboard. Use "
            "that version, or a backup that was taken before"
        )


async def migrate(engine: AsyncEngine) -> None:
    """Run the missing migrations. The first to come holds the lock; the others find it done.

    Raises SchemaUnknown.
    """
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        await connection.commit()
        try:
            require_known(await present_revision(connection))
            await connection.run_sync(_upgrade)
            await connection.commit()
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})


async def upgrade_within(connection: AsyncConnection, revision: str) -> None:
    """Run migrations up to `revision` (or `head`) as part of the connection's transaction.

    Other servers that come to migrate wait for its end.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    await connection.run_sync(_upgrade, revision)


async def present_revision(connection: AsyncConnection) -> str | None:
    """The revision of the schema, or None where there is none."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def require_known(revision: str | None) -> None:
    if revision is not None and revision not in known_revisions():
        raise SchemaUnknown(revision)


@cache
def newest_revision() -> str:
    """The schema that this program was written for."""
    return known_revisions()[-1]


@cache
def known_revisions() -> tuple[str, ...]:
    """Every schema that this program can bring up to date, oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(script.revision for script in scripts)[::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection, revision: str = "head") -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
