"""Middleware: requests are processed in turn across tenants, before they meet the database's pool.

One process works on a few requests at once; with more it would serve none of them sooner. A tenant
has a few of these slots at most, its others wait in a lane of bounded length, and past that they
are refused with 429. A slot is held while a request is worked on: not while its body comes in, not
while its answer goes out, and not while it waits for a run (`pegboard.slots`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.errors import AppError
from pegboard.fairness import FairLimiter
from pegboard.slots import Slot, make_current
from pegboard.telemetry.metrics import REQUESTS_REJECTED, REQUESTS_WAITING
from pegboard.tenants.limits import LimitReached

SMALL_BODY: Final = 64 * 1024
"""Bytes. A smaller body is read before the request takes its turn; of larger ones few are read at
once, lest those that wait fill the memory."""

_RETRY_SECONDS: Final = 1.0
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """For one process. `slots`, `per_tenant` and `in_company` count requests that are worked on,
    the last of one tenant while others come as well; `bodies` large bodies that are read at once,
    of one tenant half as many; `waiting` those of one tenant that may wait.
    """

    slots: int
    per_tenant: int
    in_company: int
    waiting: int
    bodies: int


class TooManyRequests(LimitReached):
    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"Too many requests at once: {waiting} of this key's tenant are waiting already",
            retry_after=_RETRY_SECONDS,
        )


class Admission:
    """Who is next, for all APIs of a process."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self.requests = FairLimiter(limits.slots, limits.per_tenant, in_company=limits.in_company)
        self.bodies = FairLimiter(limits.bodies, max(1, limits.bodies // 2), in_company=1)

    def check_room(self, tenant_id: UUID) -> None:
        """Raises TooManyRequests where the tenant's lane is full."""
        waiting = self.requests.waiting(tenant_id) + self.bodies.waiting(tenant_id)
        if waiting >= self._limits.waiting:
            REQUESTS_REJECTED.labels("waiting").inc()
            raise TooManyRequests(waiting)


class AdmitInTurn:
    """Behind the look at the key, which says whose turn it is. `error_response` words errors in
    the API's dialect."""

    def __init__(
        self, app: ASGIApp, *, admission: Admission, error_response: Callable[[AppError], Response]
    ) -> None:
        self._app = app
        self._admission = admission
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tenant_id = scope.get("state", {}).get("tenant_id")
        if scope["type"] != "http" or tenant_id is None:
            await self._app(scope, receive, send)
            return
        try:
            self._admission.check_room(tenant_id)
        except TooManyRequests as refusal:
            await self._error_response(refusal)(scope, receive, send)
            return
        request = Slot(self._admission.requests, tenant_id)
        body = Slot(self._admission.bodies, tenant_id)
        make_current(request)

        async def send_without_slot(message: Message) -> None:
            # Whoever reads slowly, or a stream, occupies nobody's place.
            request.release()
            body.release()
            await send(message)

        try:
            receive = await self._begun(scope, receive, request, body)
            await self._app(scope, receive, send_without_slot)
        finally:
            request.release()
            body.release()

    async def _begun(self, scope: Scope, receive: Receive, request: Slot, body: Slot) -> Receive:
        """Wait for the turn, as far as the body lets; the body as the application is to read it."""
        if scope["method"] in _BODILESS:
            await _acquire(request)
            return receive
        if _length(scope) <= SMALL_BODY:
            first = await _read(receive)
            await _acquire(request)
            return _replayed(first, receive)
        await _acquire(body)

        async def receive_then_wait() -> Message:
            message = await receive()
            if not message.get("more_body", False):
                await _acquire(request)
            return message

        return receive_then_wait


async def _acquire(slot: Slot) -> None:
    with REQUESTS_WAITING.track_inprogress():
        await slot.acquire()


def _length(scope: Scope) -> float:
    """Of the body, in bytes; infinite where nobody knows before it has come."""
    headers = Headers(scope=scope)
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdigit():
        return int(declared)
    return float("inf") if "transfer-encoding" in headers else 0


async def _read(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    left = iter(messages)

    async def receive_again() -> Message:
        return next(left, None) or await receive()

    return receive_again
