"""Whether a Postgres answers, found out by asking it."""

import asyncio

import asyncpg

from pegboard.db.embedded.address import Address

DATABASE = "pegboard"

# What a Postgres says, or leaves unsaid, that is starting, stopping or not there.
_NOT_YET = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
)


async def answers(address: Address) -> bool:
    """Whether the database is there and can be used, for those who did not start it."""
    try:
        connection = await _connect(address, DATABASE)
        await connection.close(timeout=2)
    except (*_NOT_YET, asyncpg.InvalidCatalogNameError, asyncpg.InvalidPasswordError):
        return False
    return True


async def answers_with_database(address: Address) -> bool:
    """Whether it can be used, for its owner: the database is made if it is missing."""
    try:
        connection = await _connect(address, "postgres")
        try:
            query = "select 1 from pg_database where datname = $1"
            if await connection.fetchval(query, DATABASE) is None:
                await connection.execute(f'create database "{DATABASE}"')
        finally:
            await connection.close(timeout=2)
    except _NOT_YET:
        return False
    return True


async def _connect(address: Address, database: str) -> asyncpg.Connection:
    async with asyncio.timeout(5):
        return await asyncpg.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            database=database,
            ssl=False,
        )
