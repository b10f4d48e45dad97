"""One port for several processes.

On Linux each binds a socket of its own to it (SO_REUSEPORT), and the kernel deals connections out
by their hash; the supervisor's socket only keeps the port. One socket that all inherit was measured
beside it: of connections that come together the first process to wake takes all, so that two
processes did the work of one. Other systems do not deal connections out, and inherit one socket.
"""

import socket
import sys
from typing import Final

from pegboard.server.serving import listen

_EACH_ITS_OWN: Final = sys.platform == "linux"


def shared(host: str, port: int) -> socket.socket:
    """The supervisor's socket. Raises AddressTaken, also where another supervisor has the port."""
    alone = listen(host, port)
    if not _EACH_ITS_OWN:
        return alone
    # Sockets that share a port let any of the same user in: asked for alone, it is known as free.
    port = alone.getsockname()[1]
    alone.close()
    return listen(host, port, options=[socket.SO_REUSEPORT])


def inheritance(listener: socket.socket) -> int | None:
    """The descriptor that processes inherit; None where each binds its own."""
    return None if _EACH_ITS_OWN else listener.fileno()


def bound(host: str, port: int, *, inherited: int | None) -> socket.socket:
    """A process's socket."""
    if inherited is None:
        return listen(host, port, options=[socket.SO_REUSEPORT])
    return socket.socket(fileno=inherited)
