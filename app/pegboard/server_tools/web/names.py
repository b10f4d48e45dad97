"""Host name in, its addresses out. The only place where the web's names are looked up."""

import asyncio
import socket
from ipaddress import ip_address

from pegboard.server_tools.web.addresses import Address
from pegboard.server_tools.web.faults import PageUnavailable


async def addresses_of(host: str) -> tuple[Address, ...]:
    """Each address once, the system's preference first.

    The system's resolver also reads `127.1`, `0x7f000001` and the like, so whoever judges its
    answer, and not the name, is not taken in by the spelling.
    """
    loop = asyncio.get_running_loop()
    try:
        entries = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter of labels that no name may have
        raise PageUnavailable("The host of the URL is not known") from error
    return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))
