"""The pools of connections to endpoints, one for each address, and what is loaded for them.

The HTTP library is imported in a thread, when first needed or when the server warms up.
"""

import asyncio
import importlib
from ssl import SSLContext
from types import ModuleType
from typing import TYPE_CHECKING

from pegboard.llm import price_table

if TYPE_CHECKING:
    from pegboard.llm.openai_compatible.transport import Pool


class Connections:
    """`size` is of each pool; `connect`, `first_byte` and `silence` are seconds."""

    def __init__(self, *, size: int, connect: float, first_byte: float, silence: float) -> None:
        self._size = size
        self.connect = connect
        self.first_byte = first_byte
        self.silence = silence
        self._pools: dict[str, Pool] = {}
        self._loaded: tuple[ModuleType, SSLContext] | None = None
        self._loading = asyncio.Lock()

    async def load(self) -> None:
        """What the first call would wait for."""
        async with self._loading:
            if self._loaded is None:
                self._loaded = await asyncio.to_thread(_load)

    async def pool_of(self, url: str) -> "Pool":
        pool = self._pools.get(url)
        if pool is None:
            await self.load()
            pool = self._pools.get(url) or self._open(url)
        return pool

    async def close(self) -> None:
        pools = list(self._pools.values())
        self._pools.clear()
        for pool in pools:
            await pool.close()

    def _open(self, url: str) -> "Pool":
        assert self._loaded is not None  # noqa: S101  loaded before
        transport, authorities = self._loaded
        patience = transport.Patience(self.connect, self.first_byte, self.silence)
        pool: Pool = transport.Pool(
            url, size=self._size, patience=patience, authorities=authorities
        )
        self._pools[url] = pool
        return pool


def _load() -> tuple[ModuleType, SSLContext]:
    price_table.load()
    transport = importlib.import_module("pegboard.llm.openai_compatible.transport")
    return transport, transport.authorities()
