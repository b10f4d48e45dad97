"""What the system keeps of answers that nobody reads.

Left to itself it takes up to some 4 MB for each connection, which is not our memory but the
machine's, and which we cannot see: a reader that stands still looks like one that reads.
"""

import socket
import struct
from contextlib import suppress
from typing import Final

_UNSENT_BYTES: Final = 128 * 1024
"""Beyond what is on its way already, which is bounded by what the reader has room for."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)


def bound_unsent(listener: socket.socket) -> None:
    """Have the connections that a socket accepts take no more than so much ahead of the network.

    Where the system hands the option on (Linux); elsewhere it bounds nothing.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        with suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, option, _UNSENT_BYTES)


def discard_on_close(connection: socket.socket) -> None:
    """Reset the connection when it is closed, instead of keeping for minutes what is not read."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
