import asyncio

import pytest

from pegboard.fairness import COMPANY_SECONDS, FairLimiter, LoopTurns, TooManyWaiting


class Scene:
    """Tasks that take a slot, note their name, and hold it until they are told."""

    def __init__(self, limiter: FairLimiter) -> None:
        self.limiter = limiter
        self.served: list[str] = []
        self._done: dict[str, asyncio.Event] = {}

    async def ask(self, tenant: str, name: str) -> asyncio.Task[None]:
        self._done[name] = asyncio.Event()

        async def hold() -> None:
            async with self.limiter.slot(tenant):
                self.served.append(name)
                await self._done[name].wait()

        task = asyncio.create_task(hold())
        await settled()
        return task

    async def end(self, name: str) -> None:
        self._done[name].set()
        await settled()

    async def end_all(self) -> None:
        """End whoever holds, in the order they were served, until nobody is left."""
        ended = 0
        while ended < len(self.served):
            await self.end(self.served[ended])
            ended += 1


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_slot_is_had_at_once_while_there_are_any() -> None:
    scene = Scene(FairLimiter(2, 2))
    await scene.ask("a", "a1")
    await scene.ask("b", "b1")
    await scene.ask("a", "a2")
    assert scene.served == ["a1", "b1"]
    assert (scene.limiter.free, scene.limiter.held("a"), scene.limiter.waiting("a")) == (0, 1, 1)


async def test_nobody_in_particular_is_a_tenant_too() -> None:
    limiter = FairLimiter(1, 1)
    await limiter.acquire(None)
    waiting = asyncio.create_task(limiter.acquire(None))
    await settled()
    limiter.release(None)
    await waiting
    assert limiter.held(None) == 1


@pytest.mark.requirement("tenants.fair-turns")
async def test_a_tenant_is_served_in_its_order_and_tenants_in_turn() -> None:
    scene = Scene(FairLimiter(1, 1))
    for name in ("a1", "a2", "a3", "a4", "b1", "b2", "c1"):
        await scene.ask(name[0], name)
    await scene.end_all()
    assert scene.served == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]
    assert scene.limiter.free == 1


@pytest.mark.requirement("tenants.fair-turns")
async def test_a_tenant_at_its_limit_leaves_a_slot_for_others() -> None:
    scene = Scene(FairLimiter(3, 2))
    for name in ("a1", "a2", "a3", "b1"):
        await scene.ask(name[0], name)
    assert scene.served == ["a1", "a2", "b1"]
    await scene.end("b1")
    assert scene.served == ["a1", "a2", "b1"]
    assert scene.limiter.free == 1
    await scene.end("a1")
    assert scene.served == ["a1", "a2", "b1", "a3"]


async def test_a_tenant_has_less_while_others_come_and_all_of_it_when_they_are_gone() -> None:
    now = 100.0
    scene = Scene(FairLimiter(4, 3, in_company=1, clock=lambda: now))
    for name in ("a1", "a2", "a3", "a4"):
        await scene.ask("a", name)
    assert scene.served == ["a1", "a2", "a3"]
    await scene.ask("b", "b1")
    await scene.ask("b", "b2")
    for name in ("a1", "a2", "b1"):
        await scene.end(name)
    assert scene.served == ["a1", "a2", "a3", "b1", "b2"]
    await scene.end("a3")
    assert scene.served[5:] == ["a4"]
    await scene.ask("a", "a5")
    await scene.ask("a", "a6")
    assert scene.served[5:] == ["a4"]
    now += COMPANY_SECONDS
    await scene.end("b2")
    assert scene.served[5:] == ["a4", "a5", "a6"]


async def test_whoever_comes_back_stands_behind_those_who_wait() -> None:
    scene = Scene(FairLimiter(1, 1))
    for name in ("a1", "b1", "c1"):
        await scene.ask(name[0], name)
    await scene.end("a1")
    await scene.ask("a", "a2")
    await scene.end_all()
    assert scene.served == ["a1", "b1", "c1", "a2"]


async def test_a_full_lane_is_told_at_once_and_others_are_not_concerned() -> None:
    scene = Scene(FairLimiter(1, 1, waiting=1))
    await scene.ask("a", "a1")
    await scene.ask("a", "a2")
    with pytest.raises(TooManyWaiting):
        await scene.limiter.acquire("a")
    await scene.ask("b", "b1")
    await scene.end_all()
    assert scene.served == ["a1", "a2", "b1"]


async def test_with_no_lane_at_all_a_free_slot_is_still_had() -> None:
    limiter = FairLimiter(1, 1, waiting=0)
    async with limiter.slot("a"):
        with pytest.raises(TooManyWaiting):
            await limiter.acquire("b")
    async with limiter.slot("b"):
        pass


async def test_whoever_stops_waiting_is_passed_over() -> None:
    scene = Scene(FairLimiter(1, 1))
    await scene.ask("a", "a1")
    gone = await scene.ask("b", "b1")
    await scene.ask("b", "b2")
    gone.cancel()
    await settled()
    assert scene.limiter.waiting("b") == 1
    await scene.end_all()
    assert scene.served == ["a1", "b2"]


async def test_a_cancellation_on_the_way_out_neither_loses_nor_doubles_a_slot() -> None:
    """Cancelled before the slot comes free, and not yet run when it does."""
    limiter = FairLimiter(1, 1)
    await limiter.acquire("a")
    waiting = asyncio.create_task(limiter.acquire("b"))
    await settled()
    waiting.cancel()
    limiter.release("a")
    await asyncio.gather(waiting, return_exceptions=True)
    assert (limiter.free, limiter.held("b"), limiter.waiting("b")) == (1, 0, 0)


async def test_a_slot_granted_to_one_who_is_cancelled_goes_to_the_next() -> None:
    """Granted first, and cancelled before it could run."""
    limiter = FairLimiter(1, 1)
    await limiter.acquire("a")
    cancelled = asyncio.create_task(limiter.acquire("b"))
    following = asyncio.create_task(limiter.acquire("c"))
    await settled()
    limiter.release("a")
    cancelled.cancel()
    await asyncio.gather(cancelled, following, return_exceptions=True)
    assert (limiter.held("b"), limiter.held("c"), limiter.free) == (0, 1, 0)


async def test_a_failure_within_gives_the_slot_back() -> None:
    limiter = FairLimiter(1, 1)
    with pytest.raises(ZeroDivisionError):
        async with limiter.slot("a"):
            raise ZeroDivisionError
    assert limiter.free == 1


async def test_a_slot_may_be_given_back_in_between() -> None:
    limiter = FairLimiter(1, 1)
    await limiter.acquire("a")
    limiter.release("a")
    async with limiter.slot("b"):
        with pytest.raises(RuntimeError):
            limiter.release("a")


async def test_thousands_that_come_and_go_leave_nothing_behind() -> None:
    limiter = FairLimiter(4, 3)

    async def visit(number: int) -> None:
        async with limiter.slot(number % 7):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(visit(number)) for number in range(2000)]
    await settled()
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert limiter.free == 4
    assert not any(limiter.held(tenant) or limiter.waiting(tenant) for tenant in range(7))


async def test_with_each_turn_of_the_loop_one_of_a_tenant_goes_on() -> None:
    turns = LoopTurns(2)
    gone: list[list[str]] = []

    async def go(tenant: str) -> None:
        await turns.take(tenant)
        gone[-1].append(tenant)

    tasks = [asyncio.create_task(go(tenant)) for tenant in "aaabbcd"]
    while not all(task.done() for task in tasks):
        gone.append([])
        await asyncio.sleep(0)
    together = [sorted(turn) for turn in gone if turn]
    assert together == [["a", "b"], ["a", "b"], ["c", "d"], ["a"]]


async def test_whoever_stops_waiting_for_a_turn_is_passed_over() -> None:
    turns = LoopTurns(1)
    first, gone, stays = (asyncio.create_task(turns.take("a")) for _ in range(3))
    await first
    gone.cancel()
    await asyncio.wait_for(stays, timeout=60)
    assert gone.cancelled()
