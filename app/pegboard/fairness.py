"""Slots that tenants take in turn.

A limiter has so many slots, of which one tenant holds at most a few; whoever finds none free waits
in the lane of its tenant, first come, first served. A slot that comes free goes to the lanes in
turn (round robin), so that a tenant with one request waits for one turn of each other tenant and
never for a whole queue of somebody else's.

For one event loop: nothing here may be called from another thread. Knows neither what a slot is for
nor what a tenant is; any hashable key will do.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from itertools import islice
from time import monotonic
from typing import Final, TypeAlias

COMPANY_SECONDS: Final = 2.0
"""How long tenants are in company after the last time that another one came."""

_NOBODY: Final = object()

_Lane: TypeAlias = OrderedDict[asyncio.Future[None], None]
"""Those of one tenant that wait, the oldest first; in a mapping, so that leaving costs O(1)."""


class TooManyWaiting(Exception):
    """The tenant has as many waiting already as it may have."""


class FairLimiter:
    """`slots` in all and `per_tenant` of them at most for one tenant, whose others wait.

    With `per_tenant` below `slots` no tenant alone can occupy everything: somebody else finds a
    slot free at once. `waiting` bounds how many of one tenant may wait; None does not bound them.

    `in_company` takes the place of `per_tenant` while several tenants come. What one of them holds
    slows the others down, though they have slots of their own: it is one processor that works. A
    tenant alone may use it all.

    No slot is free while somebody waits who may have it. Granting therefore passes over tenants at
    their limit only, of which there are at most `slots / in_company`. (Where company ends, the next
    slot that is given back brings them the rest.)
    """

    def __init__(
        self,
        slots: int,
        per_tenant: int,
        waiting: int | None = None,
        *,
        in_company: int | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        in_company = per_tenant if in_company is None else min(in_company, per_tenant)
        if min(slots, per_tenant, in_company) < 1 or (waiting is not None and waiting < 0):
            raise ValueError(f"no such limits: {slots=}, {per_tenant=}, {in_company=}, {waiting=}")
        self._free = slots
        self._per_tenant = per_tenant
        self._in_company = in_company
        self._most_waiting = waiting
        self._clock = clock
        self._latest: Hashable = _NOBODY
        self._company_until = 0.0
        self._held: Counter[Hashable] = Counter()
        self._lanes: OrderedDict[Hashable, _Lane] = OrderedDict()  # the next to be served first

    @property
    def free(self) -> int:
        """The slots that nobody holds."""
        return self._free

    def held(self, tenant_id: Hashable) -> int:
        """The slots that a tenant holds."""
        return self._held[tenant_id]

    def waiting(self, tenant_id: Hashable) -> int:
        """How many of a tenant wait for a slot."""
        return len(self._lanes.get(tenant_id, ()))

    @asynccontextmanager
    async def slot(self, tenant_id: Hashable) -> AsyncIterator[None]:
        """Hold a slot within. Raises TooManyWaiting at once where the tenant's lane is full."""
        await self.acquire(tenant_id)
        try:
            yield
        finally:
            self.release(tenant_id)

    async def acquire(self, tenant_id: Hashable) -> None:
        """Take a slot, or wait for one; each is to be given back by `release`.

        Raises TooManyWaiting at once where the tenant's lane is full. Cancelled, it holds nothing.
        """
        if tenant_id != self._latest:
            if self._latest is not _NOBODY:
                self._company_until = self._clock() + COMPANY_SECONDS
            self._latest = tenant_id
        if self._may_have(tenant_id):
            self._take(tenant_id)
            return
        if self._most_waiting is not None and self.waiting(tenant_id) >= self._most_waiting:
            raise TooManyWaiting
        waiter = asyncio.get_running_loop().create_future()
        self._lanes.setdefault(tenant_id, OrderedDict())[waiter] = None
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self._leave(tenant_id, waiter)
            else:  # granted in the same moment
                self.release(tenant_id)
            raise

    def release(self, tenant_id: Hashable) -> None:
        """Give a slot back; whoever is next has it before this returns."""
        if not self._held[tenant_id]:
            raise RuntimeError("a slot was given back that was not held")
        self._held[tenant_id] -= 1
        if not self._held[tenant_id]:
            del self._held[tenant_id]
        self._free += 1
        self._grant()

    def _may_have(self, tenant_id: Hashable) -> bool:
        return self._free > 0 and self._held[tenant_id] < self._limit()

    def _limit(self) -> int:
        if self._in_company == self._per_tenant or self._clock() >= self._company_until:
            return self._per_tenant
        return self._in_company

    def _take(self, tenant_id: Hashable) -> None:
        self._free -= 1
        self._held[tenant_id] += 1

    def _grant(self) -> None:
        while (turn := self._next()) is not None:
            tenant_id, lane = turn
            waiter, _ = lane.popitem(last=False)
            if not waiter.done():  # else cancelled, and not yet gone
                self._take(tenant_id)
                waiter.set_result(None)
                self._lanes.move_to_end(tenant_id)
            if not lane:
                del self._lanes[tenant_id]

    def _next(self) -> tuple[Hashable, _Lane] | None:
        return next((lane for lane in self._lanes.items() if self._may_have(lane[0])), None)

    def _leave(self, tenant_id: Hashable, waiter: asyncio.Future[None]) -> None:
        lane = self._lanes.get(tenant_id)
        if lane is not None and waiter in lane:
            del lane[waiter]
            if not lane:
                del self._lanes[tenant_id]


class LoopTurns:
    """Turns of the event loop: with each of them a few go on, one of a tenant, the others wait.

    What wakes up together would otherwise be worked on together, and whoever comes then waits for
    all of it, however short each piece of work is.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._gone: set[Hashable] = set()
        self._lanes: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._is_ending = False

    async def take(self, tenant_id: Hashable) -> None:
        """Go on with this turn, if nobody of the tenant has had it, or with one of the next."""
        loop = asyncio.get_running_loop()
        if not self._is_ending:
            self._is_ending = True
            loop.call_soon(self._begin_next)
        if len(self._gone) < self._at_once and not (
            tenant_id in self._gone or tenant_id in self._lanes
        ):
            self._gone.add(tenant_id)
            return
        waiter = loop.create_future()
        self._lanes.setdefault(tenant_id, deque()).append(waiter)
        await waiter

    def _begin_next(self) -> None:
        self._gone.clear()
        for tenant_id in list(islice(self._lanes, self._at_once)):
            lane = self._lanes.pop(tenant_id)
            waiter = lane.popleft()
            if not waiter.done():  # else cancelled
                waiter.set_result(None)
                self._gone.add(tenant_id)
            if lane:
                self._lanes[tenant_id] = lane  # behind the others
        self._is_ending = bool(self._lanes or self._gone)
        if self._is_ending:
            asyncio.get_running_loop().call_soon(self._begin_next)
