"""The crowd: `python -m bench.neighbour.crowd` floods a server when told, and counts what it gets.

It opens thousands of sockets, and so takes all that the system lets it have.
"""

import asyncio
import resource
from time import monotonic, process_time
from typing import Final

from bench.neighbour.calling import Caller
from bench.neighbour.conversation import Order, obey
from bench.neighbour.flooding import Crowd
from bench.neighbour.floods import FLOODS, Go

_KEY: Final = "crowd"
_SOURCE: Final = "127.0.0.2"


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    prepared: list[tuple[Crowd, Go]] = []

    async def act(order: Order) -> Order:
        match order["order"]:
            case "prepare":
                crowd = Crowd(Caller(order["url"], _KEY, _SOURCE), order["seconds"])
                async with asyncio.timeout(order.get("patience")):
                    prepared[:] = [(crowd, await FLOODS[order["flood"]].prepare(crowd))]
            case "go":
                return await _go(*prepared[0], order["limit"])
        return {}

    obey(act)


async def _go(crowd: Crowd, go: Go, limit: float) -> Order:
    """Flood, for `limit` seconds at most."""
    begun, used, in_time = monotonic(), process_time(), True
    try:
        async with asyncio.timeout(limit):
            await go()
    except TimeoutError:
        in_time = False
    return {
        "answers": crowd.answers,
        "begun": begun,
        "ended": monotonic(),
        "cpu_seconds": process_time() - used,
        "in_time": in_time,
    }


if __name__ == "__main__":
    main()
