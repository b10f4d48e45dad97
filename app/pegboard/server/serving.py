"""Listen, say so, and serve until asked to stop.

Asked to stop, a server begins nothing new, lets what is in flight end within its grace, ends the
runs that are left so that their followers learn of it, and then closes what it has opened.
"""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from time import monotonic
from typing import Final

import uvicorn

from pegboard.composition.database import OpenDatabase, open_database
from pegboard.composition.installation import require_extras
from pegboard.composition.resources import connections_at_most, open_resources
from pegboard.errors import AppError, ErrorKind
from pegboard.heap import keep_what_is_loaded
from pegboard.server.application import build
from pegboard.server.banner import Banner
from pegboard.server.bind_safety import BindSafety, exposure_of
from pegboard.server.connections.acceptors import acceptors
from pegboard.server.connections.addresses import Proxies
from pegboard.server.connections.choice import http_protocol
from pegboard.server.connections.descriptors import connections_within, raise_limit
from pegboard.server.connections.kernel_buffers import bound_unsent
from pegboard.server.connections.limits import ConnectionLimits
from pegboard.server.connections.pool import ConnectionPool
from pegboard.server.shutdown import GracefulShutdown
from pegboard.settings import Settings

_LAST_WORDS_SECONDS: Final = 1
"""How long streams have to tell their clients of runs that were ended for them."""

_IDLE_SECONDS: Final = 75
"""How long a connection is kept for the next request.

Clients and proxies (nginx: 60 s) give up sooner, so that none sends into one that is being closed.
"""


class AddressTaken(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "address_taken"


class Server(uvicorn.Server):
    """uvicorn, which says that it listens, and waits for what is in flight in our way."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        stopping: GracefulShutdown,
        connections: ConnectionPool,
        started: Callable[[], None],
        busy: Callable[[], bool],
        end_runs: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._connections = connections
        self._started = started
        self._busy = busy
        self._end_runs = end_runs

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()

    async def on_tick(self, counter: int) -> bool:
        """Asked ten times a second: whether to stop listening and close."""
        self._connections.sweep(monotonic())
        done = await super().on_tick(counter)
        if not self._stopping.begun:
            return done
        in_flight = bool(self.server_state.tasks) or self._busy()
        if in_flight and self._stopping.remaining() > 0:
            return done
        await self._end_runs()
        return True

    def stop_listening(self) -> None:
        """Leave new connections to others that listen on the same socket."""
        for server in self.servers:
            server.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: they mean the process, not only its web server."""
        yield


def serve(settings: Settings) -> None:
    """Serve in this process until SIGTERM or SIGINT.

    Raises UnsafeExposure, ExtraMissing, AddressTaken, or what keeps the database from being opened.
    """
    exposure = exposure_of(settings)
    require_extras(settings)
    # Bound first: a port that is taken is known before a database is started for nothing.
    with listen(settings.host, settings.port) as listener:
        banner = Banner.of(settings, exposure, listener.getsockname()[1])

        async def work(stopping: GracefulShutdown) -> None:
            await serve_on(
                listener,
                settings,
                exposure,
                stopping=stopping,
                started=lambda server: show(banner, settings),
            )

        run_until_stopped(work, grace=settings.grace_seconds)


async def serve_on(
    listener: socket.socket,
    settings: Settings,
    exposure: BindSafety,
    *,
    stopping: GracefulShutdown,
    started: Callable[[Server], None],
    database: OpenDatabase = open_database,
) -> None:
    """Serve on a bound socket until asked to stop; `started` is called when it listens."""
    connections = _connections(settings)
    bound_unsent(listener)
    async with AsyncExitStack() as opened:
        with stopping.aborts():
            resources = await opened.enter_async_context(
                open_resources(settings, auth=exposure.auth, database=database)
            )
        config = uvicorn.Config(
            build(resources, exposure, stopping, connections),
            http=http_protocol(connections),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_LAST_WORDS_SECONDS,
            timeout_keep_alive=_IDLE_SECONDS,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
        )
        gc.collect()
        keep_what_is_loaded()
        server = Server(
            config,
            stopping=stopping,
            connections=connections,
            started=lambda: started(server),
            busy=lambda: resources.executor.busy,
            end_runs=lambda: resources.executor.close(grace=0),
        )
        await server.serve(sockets=acceptors(listener, shared=settings.workers > 1))


def _connections(settings: Settings) -> ConnectionPool:
    """Room for as many as this process can hold. Raises the limit of open files."""
    limits = ConnectionLimits(
        total=connections_within(
            raise_limit(),
            wanted=settings.max_connections,
            database=connections_at_most(settings) // settings.workers,
        ),
        per_address=settings.max_connections_per_address,
        header_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        slow_reader_seconds=settings.slow_reader_seconds,
    )
    return ConnectionPool(limits, Proxies(settings.trusted_proxies))


def run_until_stopped(work: Callable[[GracefulShutdown], Awaitable[None]], *, grace: float) -> None:
    """Run `work` on a new event loop, and pass on SIGTERM and SIGINT."""

    async def listen_to_signals() -> None:
        stopping = GracefulShutdown(grace=grace)
        loop = asyncio.get_running_loop()
        # Not the loop's add_signal_handler, which Windows lacks.
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: loop.call_soon_threadsafe(stopping.begin))
        try:
            await work(stopping)
        finally:
            for stop in (signal.SIGTERM, signal.SIGINT):
                signal.signal(stop, signal.SIG_IGN)

    loop_factory = uvicorn.Config("app", log_config=None).get_loop_factory()
    # Cancelled by GracefulShutdown.aborts: stopped before there was anything to serve.
    with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(listen_to_signals())


def show(banner: Banner, settings: Settings) -> None:
    print(banner.text(as_json=settings.log_format == "json"), flush=True)  # noqa: T201  to its user


def listen(host: str, port: int, *, options: Sequence[int] = ()) -> socket.socket:
    """A bound socket, with further socket options switched on. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    for option in (socket.SO_REUSEADDR, *options):
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressTaken(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
