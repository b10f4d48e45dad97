"""How many new connections are taken in with each turn of the event loop.

uvloop accepts one with each turn, and the turns of a loop that has work are long: of five hundred
that come together the last is seen half a second later, and so is whoever comes after them, with a
probe or with another key. Taken in early they cost little, and wait where there are lanes.
"""

import socket
from typing import Final

AT_ONCE: Final = 16
"""Each costs a call of the system for every connection that another one took."""

AT_ONCE_OF_SEVERAL: Final = 4
"""Where processes share a socket: fewer, lest one takes in what another has the time for."""


def acceptors(listener: socket.socket, *, shared: bool) -> list[socket.socket]:
    """The socket, as often as it is to accept at once; each of them to be served and closed."""
    count = AT_ONCE_OF_SEVERAL if shared else AT_ONCE
    return [listener, *(listener.dup() for _ in range(count - 1))]
