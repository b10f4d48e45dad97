"""Orders to the process that calls the upstream without a server around it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.orders import Order
from bench.processes import Program, running


@dataclass(frozen=True, slots=True)
class ProviderCalls:
    program: Program

    async def seconds(self, order: Order) -> list[float]:
        seconds: list[float] = json.loads(await self.program.ask(order.to_line()))
        return seconds


@asynccontextmanager
async def running_provider_calls(*, upstream: str, folder: Path) -> AsyncIterator[ProviderCalls]:
    async with running(
        "provider-calls",
        "bench.provider_calls",
        folder=folder,
        OPENAI_BASE_URL=upstream,
        OPENAI_API_KEY="x",
    ) as program:
        yield ProviderCalls(program)
