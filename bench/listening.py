"""Serve an ASGI application for the bench: on a free loopback port, until nobody holds our input.

The parent keeps our standard input open. When it is gone, however it went, so are we.
"""

import socket
import sys
import threading
from typing import Any

import uvicorn


def serve(app: Any) -> None:
    """Print the address, then serve in this process as Pegboard is served: one, with uvloop."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        # A client that waited for its turn must not find its connection closed that very moment.
        timeout_keep_alive=600,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_stop_when_left, args=(server,), daemon=True).start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


def _stop_when_left(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True
