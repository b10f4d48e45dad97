"""Serve with several processes: one socket, one database, one set of figures."""

import asyncio
import socket
import sys
import tempfile
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.composition.database import open_database
from pegboard.composition.installation import require_extras
from pegboard.composition.resources import connections_at_most
from pegboard.db.engine import connections_allowed, routes_of
from pegboard.errors import AppError, ErrorKind
from pegboard.server.banner import Banner
from pegboard.server.bind_safety import exposure_of
from pegboard.server.serving import run_until_stopped, show
from pegboard.server.shutdown import GracefulShutdown
from pegboard.server.supervision.commands import Way, WorkerConfig
from pegboard.server.supervision.place import Place
from pegboard.server.supervision.sockets import inheritance, shared
from pegboard.settings import Settings
from pegboard.telemetry.metrics import FOLDER_VARIABLE as FOLDER

log = structlog.get_logger("pegboard.supervisor")


class WorkersUnsupported(AppError):
    kind = ErrorKind.UNSUPPORTED
    code = "workers_unsupported"


def supervise(settings: Settings) -> None:
    """Serve with `settings.workers` processes until SIGTERM or SIGINT.

    Raises what `serving.serve` does, and ServersFail.
    """
    if sys.platform == "win32":
        raise WorkersUnsupported("Windows cannot share a socket as we do; use PEGBOARD_WORKERS=1")
    exposure = exposure_of(settings)
    require_extras(settings)
    with (
        shared(settings.host, settings.port) as listener,
        tempfile.TemporaryDirectory(prefix="pegboard-figures-") as figures,
    ):
        port = listener.getsockname()[1]

        async def work(stopping: GracefulShutdown) -> None:
            async with AsyncExitStack() as opened:
                with stopping.aborts():
                    engine = await opened.enter_async_context(open_database(settings))
                    await _warn_of_connections(engine, settings)
                await engine.dispose()  # from here on it is the processes' alone
                routes = routes_of(engine)
                config = WorkerConfig(
                    listener=inheritance(listener),
                    host=settings.host,
                    port=port,
                    data_dir=str(settings.data_dir) if settings.data_dir else None,
                    requests=Way.of(routes.requests),
                    direct=Way.of(routes.direct),
                )
                places = [
                    Place(number, config, environment={FOLDER: figures}, stopping=stopping)
                    for number in range(1, settings.workers + 1)
                ]
                banner = Banner.of(settings, exposure, port)
                await _keep_filled(
                    places,
                    listener,
                    stopping,
                    all_serve=lambda: show(banner, settings),
                )

        run_until_stopped(work, grace=settings.grace_seconds)


async def _keep_filled(
    places: Sequence[Place],
    listener: socket.socket,
    stopping: GracefulShutdown,
    *,
    all_serve: Callable[[], None],
) -> None:
    """Return when asked to stop and all places are empty. `all_serve` is called once they do."""
    keepers = [asyncio.create_task(place.keep()) for place in places]
    all_ready = asyncio.create_task(_all_ready(places))
    stopped = asyncio.create_task(stopping.until_stopping())
    try:
        await asyncio.wait([all_ready, stopped, *keepers], return_when=FIRST_COMPLETED)
        if all_ready.done():
            all_serve()
        await asyncio.wait([stopped, *keepers], return_when=FIRST_COMPLETED)
    finally:
        # A place that cannot be kept ends the others too: a restart by whoever started us, or a
        # person, does more than a server that slowly becomes smaller.
        if not stopping.begun:
            stopping.begin()
        # While we have it open the system takes connections that nobody is left to answer.
        listener.close()
        all_ready.cancel()
        stopped.cancel()
        ended = await asyncio.gather(*keepers, return_exceptions=True)
    for failure in ended:
        if isinstance(failure, BaseException):
            raise failure


async def _all_ready(places: Sequence[Place]) -> None:
    for place in places:
        await place.ready.wait()


async def _warn_of_connections(engine: AsyncEngine, settings: Settings) -> None:
    """Too few connections show under load only, and then as requests that fail."""
    wanted = connections_at_most(settings)
    async with engine.connect() as connection:
        allowed = await connections_allowed(connection)
    if wanted > allowed:
        log.warning(
            "too_few_connections",
            wanted=wanted,
            allowed=allowed,
            fix="lower PEGBOARD_DATABASE_POOL, or raise max_connections of Postgres",
        )
