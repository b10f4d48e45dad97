"""Orders to the process that calls the upstream without a server around it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.orders import Calls, Order
from bench.processes import Program, running


@dataclass(frozen=True, slots=True)
class ProviderCalls:
    program: Program

    async def carry_out(self, order: Order) -> Calls:
        return Calls(**json.loads(await self.program.ask(order.to_line())))

    async def seconds(self, order: Order) -> list[float]:
        return (await self.carry_out(order)).seconds


@asynccontextmanager
async def running_provider_calls(
    *, upstream: str, folder: Path, name: str = "provider-calls"
) -> AsyncIterator[ProviderCalls]:
    async with running(
        name,
        "bench.provider_calls",
        folder=folder,
        OPENAI_BASE_URL=upstream,
        OPENAI_API_KEY="x",
    ) as program:
        yield ProviderCalls(program)
