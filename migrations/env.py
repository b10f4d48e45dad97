"""How Alembic reaches the database: over the connection it is handed, or over the setting's URL."""

import asyncio
import importlib
import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection

import pegboard
from pegboard.db.base import Base
from pegboard.db.engine import open_engine

for tables in Path(pegboard.__path__[0]).glob("*/tables.py"):
    importlib.import_module(f"pegboard.{tables.parent.name}.tables")


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """The queue's library looks after its own tables."""
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_name=is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    engine = open_engine(os.environ["PEGBOARD_DATABASE_URL"], pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(connect_and_migrate())
