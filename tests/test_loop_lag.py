"""The event loop's lag is noticed while it lasts, and told for a while after."""

import asyncio
import time

import pytest

from pegboard.telemetry.loop_lag import LoopLag

HELD_UP = 0.3


@pytest.mark.requirement("operating.event-loop")
async def test_a_loop_that_was_held_up_says_for_how_long() -> None:
    lag = LoopLag()
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0)  # its first step
    time.sleep(HELD_UP)  # noqa: ASYNC251  what a hostile request would do
    assert lag.seconds() >= HELD_UP / 2
    watching.cancel()
