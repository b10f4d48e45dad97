"""All connections of this process, by what they are doing, and who of them goes when it is full.

Each is in one phase. Within a phase they stand in the order in which they came into it, so that
the first is the one that has been there longest.
"""

from collections import OrderedDict
from enum import Enum, auto
from http import HTTPStatus
from typing import Final, Protocol, TypeAlias

from pegboard.server.connections.addresses import Proxies, counted_as
from pegboard.server.connections.drops import Cause, Drops
from pegboard.server.connections.limits import (
    LINGER_SECONDS,
    MIN_BYTES_PER_SECOND,
    ConnectionLimits,
)
from pegboard.telemetry.metrics import CONNECTIONS_LIMIT, CONNECTIONS_OPEN

SWEEP_SECONDS: Final = 0.25
_LONGEST_STEP: Final = 1.0


class Phase(Enum):
    HEADER = auto()
    """Has not sent a whole header yet: of its first request, or of a further one."""
    BODY = auto()
    """Sends a body that is wanted."""
    ANSWER = auto()
    """Waits for an answer, or is being sent it."""
    UNWANTED_BODY = auto()
    """Was answered, and goes on with its body."""
    IDLE = auto()
    """Between requests."""
    FLUSHING = auto()
    """Closed, but for the rest of an answer."""
    LINGERING = auto()
    """Was sent an error, and is only listened to until it hangs up."""
    UPGRADED = auto()
    """Speaks another protocol by now, in which it is refused."""


_DROPPABLE: Final = (Phase.LINGERING, Phase.HEADER, Phase.UNWANTED_BODY, Phase.IDLE)
"""Those that cost their client nothing, or hold nothing yet; in this order they make room."""


class Connection(Protocol):
    """What the pool knows of one. Its attributes are the pool's to write."""

    phase: Phase | None
    since: float
    address: str | None

    def received(self) -> int:
        """Bytes that have come from the client."""

    def awaits_client(self) -> bool:
        """Whether more could come: not while we do not read, or have not asked for the body."""

    def unsent(self) -> int:
        """Bytes of answers that the system has not taken yet."""

    def is_closing(self) -> bool: ...
    def abort(self) -> None: ...
    def time_out(self, cause: Cause) -> None:
        """Tell the client that it took too long, where it can be told, and close."""


class _Window:
    """Bytes that have to pass in a stretch of time."""

    __slots__ = ("begun", "count")

    def __init__(self, begun: float, count: int) -> None:
        self.begun = begun
        self.count = count


Windows: TypeAlias = "dict[Connection, _Window]"


class ConnectionPool:
    """Admits connections, moves them from phase to phase, and ends those that take too long.

    Time is counted by `sweep`, and stands still while the event loop does: clients are not to blame
    for what they sent while nobody read it.
    """

    def __init__(self, limits: ConnectionLimits, proxies: Proxies) -> None:
        self.limits = limits
        self.drops = Drops()
        self._proxies = proxies
        self._phases: dict[Phase, OrderedDict[Connection, None]] = {
            phase: OrderedDict() for phase in Phase
        }
        self._addresses: dict[str, OrderedDict[Connection, None]] = {}
        self._bodies: Windows = {}
        self._unread: Windows = {}
        self._count = 0
        self._clock = 0.0
        self._swept: float | None = None
        CONNECTIONS_LIMIT.set(limits.total)

    @property
    def busy(self) -> int:
        """Connections that are in use, the caller's own among them."""
        return self._count - sum(len(self._phases[phase]) for phase in _DROPPABLE)

    @property
    def has_room(self) -> bool:
        """Room for anybody."""
        reserved = self.limits.kept_for_keys + self.limits.kept_for_health
        return self.busy <= max(1, self.limits.total - reserved)

    @property
    def has_room_for_known(self) -> bool:
        """Room for keys that were accepted before."""
        return self.busy <= max(1, self.limits.total - self.limits.kept_for_health)

    def turned_away(self) -> None:
        """A request was refused by whoever asked for room."""
        self.note(Cause.NO_ROOM)

    def admit(self, connection: Connection, address: str | None) -> HTTPStatus | None:
        """Take a connection in, at the cost of one that is not in use, or say why not."""
        if address is not None and address not in self._proxies:
            connection.address = counted_as(address)
            if not self._has_room_for(connection.address):
                self.note(Cause.ADDRESS_LIMIT, address=connection.address)
                return HTTPStatus.TOO_MANY_REQUESTS
        if self._count >= self.limits.total and not self._make_room():
            self.note(Cause.NO_ROOM)
            return HTTPStatus.SERVICE_UNAVAILABLE
        if connection.address is not None:
            self._addresses.setdefault(connection.address, OrderedDict())[connection] = None
        self._count += 1
        CONNECTIONS_OPEN.inc()
        self._enter(connection, Phase.HEADER)
        return None

    def move(self, connection: Connection, phase: Phase) -> None:
        if connection.phase is None or connection.phase is phase:
            return
        self._leave(connection, connection.phase)
        self._enter(connection, phase)

    def forget(self, connection: Connection) -> None:
        """It is closed, or as good as that."""
        if connection.phase is None:
            return
        self._leave(connection, connection.phase)
        self._unread.pop(connection, None)
        connection.phase = None
        self._count -= 1
        CONNECTIONS_OPEN.dec()
        if connection.address is not None:
            theirs = self._addresses[connection.address]
            del theirs[connection]
            if not theirs:
                del self._addresses[connection.address]

    def stops_reading(self, connection: Connection) -> None:
        """It leaves so much unread that whoever answers it is held up."""
        if connection.phase is not None:
            self._unread[connection] = _Window(self._soon(), connection.unsent())

    def reads_on(self, connection: Connection) -> None:
        if connection.phase is not Phase.FLUSHING:  # that one has to read all of it
            self._unread.pop(connection, None)

    def note(self, cause: Cause, *, address: str | None = None) -> None:
        self.drops.note(cause, now=self._clock, address=address)

    def sweep(self, now: float) -> None:
        """Called several times a second; `now` in seconds of any clock that only goes forward."""
        if self._swept is None:
            self._swept = now
        if now - self._swept < SWEEP_SECONDS:
            return
        self._clock += min(now - self._swept, _LONGEST_STEP)
        self._swept = now
        self._end_slow_headers()
        self._end_slow_bodies()
        self._end_slow_readers()
        self._end_closed()
        self.drops.tell_due(self._clock)

    def _end_slow_headers(self) -> None:
        for connection in self._older(Phase.HEADER, self.limits.header_seconds):
            self.note(Cause.HEADER_TIMEOUT)
            connection.time_out(Cause.HEADER_TIMEOUT)
        for connection in self._older(Phase.UPGRADED, self.limits.header_seconds):
            self.note(Cause.UPGRADE)
            self._abort(connection)

    def _end_slow_bodies(self) -> None:
        least = self._least(self.limits.body_seconds)
        for connection, window in list(self._bodies.items()):
            received = connection.received()
            if not connection.awaits_client():
                window.begun, window.count = self._soon(), received
            elif self._clock - window.begun > self.limits.body_seconds:
                if received - window.count < least:
                    self.note(Cause.BODY_TIMEOUT)
                    connection.time_out(Cause.BODY_TIMEOUT)
                else:
                    window.begun, window.count = self._clock, received
        for connection in self._older(Phase.UNWANTED_BODY, self.limits.body_seconds):
            self.note(Cause.BODY_TIMEOUT)
            self._abort(connection)

    def _end_slow_readers(self) -> None:
        least = self._least(self.limits.slow_reader_seconds)
        for connection, window in list(self._unread.items()):
            if self._clock - window.begun <= self.limits.slow_reader_seconds:
                continue
            unsent = connection.unsent()
            if window.count - unsent < least:
                self.note(Cause.SLOW_READER)
                self._abort(connection)
            else:
                window.begun, window.count = self._clock, unsent

    def _end_closed(self) -> None:
        # Whoever closes a transport does not tell us: found here, and ended if the rest of what
        # was to be sent is not read.
        for phase in (Phase.BODY, Phase.ANSWER):
            for connection in [one for one in self._phases[phase] if one.is_closing()]:
                self.move(connection, Phase.FLUSHING)
        for connection in [one for one in self._phases[Phase.UPGRADED] if one.is_closing()]:
            self.forget(connection)
        for connection in self._older(Phase.LINGERING, LINGER_SECONDS):
            self._abort(connection)

    def _make_room(self) -> bool:
        for phase in _DROPPABLE:
            for connection in self._phases[phase]:
                self.note(Cause.MADE_ROOM)
                self._abort(connection)
                return True
        return False

    def _has_room_for(self, address: str) -> bool:
        """Whether an address may have one more, also at the cost of one of its own."""
        theirs = self._addresses.get(address) or OrderedDict()
        if len(theirs) < self.limits.for_one_address:
            return True
        for connection in theirs:
            if connection.phase in _DROPPABLE:
                self.note(Cause.ADDRESS_LIMIT, address=address)
                self._abort(connection)
                return True
        return False

    def _abort(self, connection: Connection) -> None:
        # Forgotten first: its descriptor is free in the next turn of the loop, before it could be
        # chosen again.
        self.forget(connection)
        connection.abort()

    def _older(self, phase: Phase, seconds: float) -> "list[Connection]":
        """The connections that have been in a phase for longer."""
        older: list[Connection] = []
        for connection in self._phases[phase]:
            if self._clock - connection.since <= seconds:
                break
            older.append(connection)
        return older

    def _enter(self, connection: Connection, phase: Phase) -> None:
        connection.phase = phase
        connection.since = self._soon()
        self._phases[phase][connection] = None
        if phase is Phase.BODY:
            self._bodies[connection] = _Window(self._soon(), connection.received())
        elif phase is Phase.FLUSHING:
            self.stops_reading(connection)

    def _leave(self, connection: Connection, phase: Phase) -> None:
        del self._phases[phase][connection]
        if phase is Phase.BODY:
            del self._bodies[connection]

    def _soon(self) -> float:
        """Our clock lags by up to a step: nobody is to have less time for it."""
        return self._clock + SWEEP_SECONDS

    @staticmethod
    def _least(seconds: float) -> int:
        return max(1, int(MIN_BYTES_PER_SECOND * seconds))
