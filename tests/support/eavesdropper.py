"""Somebody's server on loopback who waits for anyone to call."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.deadlines import patience


@dataclass
class Eavesdropper:
    """`received` has what each caller sent first."""

    port: int
    received: list[bytes] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def listening() -> Iterator[Eavesdropper]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        eavesdropper = Eavesdropper(server.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:  # closed
                    return
                with caller:
                    caller.settimeout(5)
                    eavesdropper.received.append(caller.recv(65_536))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield eavesdropper
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(patience(10))
