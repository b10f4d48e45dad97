"""Words from process to process, through Postgres' LISTEN and NOTIFY.

A hint, never the truth: who acts on one looks into the tables, and looks there from time to time
without any, since a signal is lost with its connection (and behind a pooler that shares connections
there may be none at all).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from pegboard.db.engine import connect_arguments

CHANNEL: Final = "pegboard"
NOTIFY: Final = f"pg_notify('{CHANNEL}', :signal)"
"""SQL that sends `payload(…)` once its transaction is committed."""

_SEND: Final = text(f"SELECT {NOTIFY}")
_SEND_MANY: Final = text(
    "SELECT pg_notify(:channel, signal) FROM unnest(CAST(:signals AS text[])) AS signal"
)
Callback: TypeAlias = Callable[[UUID], object]
_RECONNECT_SECONDS: Final = 1.0

log = structlog.get_logger("pegboard.signals")


def payload(kind: str, subject_id: UUID) -> str:
    return f"{kind} {subject_id.hex}"


async def send(session: AsyncSession, kind: str, subject_id: UUID) -> None:
    """Send a signal to all processes once the session's transaction is committed."""
    await session.execute(_SEND, {"signal": payload(kind, subject_id)})


async def send_many(session: AsyncSession, kind: str, subject_ids: Iterable[UUID]) -> None:
    """The same for many subjects, in one statement."""
    await session.execute(
        _SEND_MANY,
        {"channel": CHANNEL, "signals": [payload(kind, subject_id) for subject_id in subject_ids]},
    )


class Signals:
    """What this process listens for: what to call for a kind of signal."""

    def __init__(self) -> None:
        self._callbacks: defaultdict[str, list[Callback]] = defaultdict(list)

    def on(self, kind: str, callback: Callback) -> None:
        self._callbacks[kind].append(callback)

    def tell(self, kind: str, subject_id: UUID) -> None:
        """Pass a signal on within this process."""
        for callback in self._callbacks[kind]:
            callback(subject_id)

    async def listen(self, engine: AsyncEngine) -> None:
        """Listen until cancelled. A lost connection is replaced."""
        while True:
            try:
                await self._listen_once(engine)
            except Exception as error:  # whatever the driver raises, the answer is another one
                log.warning("signals_interrupted", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen_once(self, engine: AsyncEngine) -> None:
        connection = await asyncpg.connect(**connect_arguments(engine))  # LISTEN needs its own
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._received)
            await lost.wait()
        finally:
            connection.terminate()

    def _received(self, connection: Any, pid: int, channel: str, signal: object) -> None:
        kind, _, subject = str(signal).partition(" ")
        try:
            self.tell(kind, UUID(subject))
        except ValueError:
            log.warning("signal_not_understood", kind=kind[:50])
