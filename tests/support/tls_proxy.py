"""TLS in front of a Postgres that has none, as libpq's protocol begins it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy.engine import make_url

from tests.support.deadlines import patience

_SSL_REQUEST: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
_PIECE: Final = 65536


@contextmanager
def tls_in_front_of(url: str, context: ssl.SSLContext) -> Iterator[int]:
    """A port at which the Postgres of `url`, on a Unix socket, is reached by TLS alone."""
    address = make_url(url)
    path = f"{address.query['host']}/.s.PGSQL.{address.query['port']}"
    loop = asyncio.new_event_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(_SSL_REQUEST)) == _SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                theirs, ours = await asyncio.open_unix_connection(path)
                await asyncio.gather(_pass_on(reader, ours), _pass_on(theirs, writer))
        writer.close()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    async def close(server: asyncio.Server) -> None:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    server = loop.run_until_complete(listen())
    running = threading.Thread(target=loop.run_forever, daemon=True)
    running.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result(patience(30))
        loop.call_soon_threadsafe(loop.stop)
        running.join(patience(30))
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
