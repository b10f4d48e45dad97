"""Listen, say so, and serve until told to stop."""

import asyncio
import signal
import socket

import uvicorn

from app.errors import AppError, Kind
from app.exposure import Exposure, exposure_of
from app.llm import providers
from app.main import build
from app.settings import Auth, SandboxMode, Settings
from app.wiring import GRACE_SECONDS, data_folder, open_resources


class AddressTaken(AppError):
    kind = Kind.UNAVAILABLE
    code = "address_taken"


class _Server(uvicorn.Server):
    """uvicorn, which says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, banner: str) -> None:
        super().__init__(config)
        self._banner = banner

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._banner, flush=True)  # noqa: T201  the program's own words to its user


def serve(settings: Settings) -> None:
    """Serve in this process until SIGTERM or SIGINT.

    Raises UnsafeExposure, AddressTaken, or what keeps the database from being opened.
    """
    exposure = exposure_of(settings)
    # Bound first: a port that is taken is known before a database is started for nothing.
    listener = _listen(settings.host, settings.port)
    # uvicorn takes these over while it serves and raises them again when it is done; without a
    # handler of ours that would end the process before the runs and the database are closed.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda number, frame: None)
    loop_factory = uvicorn.Config("app", log_config=None).get_loop_factory()
    with listener, asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(settings, exposure, listener))


async def _serve(settings: Settings, exposure: Exposure, listener: socket.socket) -> None:
    async with open_resources(settings, auth=exposure.auth) as resources:
        config = uvicorn.Config(
            build(resources, exposure),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=int(GRACE_SECONDS),
            server_header=False,
        )
        port = listener.getsockname()[1]
        await _Server(config, banner(settings, exposure, port)).serve(sockets=[listener])


def banner(settings: Settings, exposure: Exposure, port: int) -> str:
    """What the user reads first: where, who is let in, who answers, where it is kept."""
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    stored = "PEGBOARD_DATABASE_URL" if settings.database_url else str(data_folder(settings))
    if exposure.auth is Auth.OPEN:
        keys = "open: any key is accepted, and each is a tenant of its own"
    else:
        keys = "keys made by `pegboard keys create`"
    return "\n".join(
        (
            f"Pegboard listens on http://{address}:{port}",
            f"  Backboard API   http://{address}:{port}/api   (reference: /api/docs)",
            f"  access          {keys}",
            f"  models          {_models(settings)}",
            f"  data            {stored}",
        )
    )


def _models(settings: Settings) -> str:
    configured = ", ".join(providers.configured_providers())
    if settings.sandbox is SandboxMode.ALWAYS:
        return "the sandbox model answers for every model (PEGBOARD_SANDBOX=always)"
    if settings.sandbox is SandboxMode.OFF:
        return f"{configured or 'no provider has credentials'} (PEGBOARD_SANDBOX=off)"
    if not configured:
        return "no provider has credentials: the built-in sandbox model answers for all"
    return f"{configured}; the built-in sandbox model answers for all others"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressTaken(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
