"""A call that failed before anything was said is made again, after a pause."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from random import uniform
from typing import Final

from pegboard.llm.failures import (
    ModelFailure,
    ProviderTimedOut,
    ProviderUnavailable,
    RateLimited,
    StreamCutOff,
)
from pegboard.llm.gateway import Delta, Gateway, ModelName, ModelRequest

_FIRST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class RetryingGateway:
    """Asks again up to `retries` times where a provider was unavailable, wanted a pause, or ended
    its answer before a word of it.

    Not where it fell silent, which took long enough; nor where it wants a pause of more than ten
    seconds: that is for the caller to know.
    """

    inner: Gateway
    retries: int
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def answers_as(self, model: ModelName) -> ModelName:
        return self.inner.answers_as(model)

    def simulates(self, model: ModelName) -> bool:
        return self.inner.simulates(model)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        for attempt in count():
            has_output = False
            try:
                async with aclosing(self.inner.stream(request)) as deltas:
                    async for delta in deltas:
                        has_output = True
                        yield delta
            except (RateLimited, ProviderUnavailable, StreamCutOff) as failure:
                pause = _pause(failure, attempt)
                if has_output or attempt >= self.retries or pause > _LONGEST_SECONDS:
                    raise
            else:
                return
            await self.sleep(pause)


def _pause(failure: ModelFailure, attempt: int) -> float:
    """In seconds, before the attempt after this one."""
    if isinstance(failure, ProviderTimedOut):
        return float("inf")
    # Spread, lest all that failed together come back together.
    spread = uniform(0.75, 1.0)
    return failure.retry_after or min(_LONGEST_SECONDS, _FIRST_SECONDS * 2**attempt * spread)
