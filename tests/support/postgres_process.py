"""A Postgres for one test process: prints its address, and ends when standard input is closed."""

import asyncio
import sys
from pathlib import Path

from pegboard.db.embedded import EmbeddedPostgres


async def run(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder, durable=False)
    address = await postgres.start()
    print(address.url("postgres"), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await postgres.stop()


asyncio.run(run(Path(sys.argv[1])))
