"""uvicorn's HTTP protocol with bounds: on headers, bodies, readers, and what one may have open.

What it does with a request that keeps within them is uvicorn's, untouched.
"""

import asyncio
from http import HTTPStatus
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pegboard.server.connections.drops import Cause
from pegboard.server.connections.kernel_buffers import discard_on_close
from pegboard.server.connections.limits import (
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    MAX_PIPELINED,
    WRITE_HIGH_WATER,
)
from pegboard.server.connections.pool import ConnectionPool, Phase
from pegboard.server.connections.refusals import refusal

_RETRY_AFTER_SECONDS: Final = 1
_TURNED_AWAY: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: "The server has as many connections as it can hold; try again",
    HTTPStatus.TOO_MANY_REQUESTS: "Your address has as many connections as it may have; try again",
}
_TIMEOUTS: Final = {
    Cause.HEADER_TIMEOUT: "The headers of the request took too long to arrive",
    Cause.BODY_TIMEOUT: "The body of the request took too long to arrive",
}


class _OutOfBounds(Exception):
    """Stops the parser, which passes on no more than that something was raised."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `pool` is the server's: see `bounded_by`."""

    pool: ClassVar[ConnectionPool]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The pool's.
        self.phase: Phase | None = None
        self.since = 0.0
        self.address: str | None = None
        # Ours.
        self._received = 0
        self._unparsed = 0
        """Bytes since a request began or its body last got on: headers, trailers, extensions."""
        self._in_header = False
        self._in_body = False
        self._deaf = False
        self._excess: Cause | None = None

    # What the transport calls

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER)
        turned_away = self.pool.admit(self, self.client[0] if self.client else None)
        if turned_away is not None:
            self._deaf = True
            text = _TURNED_AWAY[turned_away]
            transport.write(self._refusal(turned_away, text, retry_after=_RETRY_AFTER_SECONDS))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        if self.phase is Phase.IDLE:
            self.pool.move(self, Phase.HEADER)
        self._received += len(data)
        self._unparsed += len(data)
        try:
            self.parser.feed_data(data)
            if (
                self._unparsed > MAX_HEADER_BYTES or len(self.headers or ()) > MAX_HEADERS
            ) and not self._deaf:
                self._excess = Cause.HEADER_TOO_LARGE
                raise _OutOfBounds
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except (httptools.HttpParserError, _OutOfBounds):
            self._refuse_request(self._excess or Cause.MALFORMED)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.pool.stops_reading(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.pool.reads_on(self)

    # What the parser calls

    def on_message_begin(self) -> None:
        self._in_header = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.headers) > MAX_HEADERS or self._header_bytes() > MAX_HEADER_BYTES:
            self._excess = Cause.HEADER_TOO_LARGE
            raise _OutOfBounds
        if len(self.pipeline) >= MAX_PIPELINED:
            self._excess = Cause.PIPELINE_TOO_LONG
            raise _OutOfBounds
        self._unparsed = 0
        self._in_header = False
        self._in_body = True
        super().on_headers_complete()
        self._settle()

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed = 0
        self._in_body = False
        super().on_message_complete()
        self._settle()

    # What uvicorn and its server call

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._settle()

    def timeout_keep_alive_handler(self) -> None:
        if self.unsent():  # to close in peace would be to wait for a client that does not read
            self.abort()
        else:
            super().timeout_keep_alive_handler()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.pool.move(self, Phase.UPGRADED)

    def shutdown(self) -> None:
        if self.phase is Phase.LINGERING:
            self.abort()
        else:
            super().shutdown()

    # What the pool calls

    def received(self) -> int:
        return self._received

    def awaits_client(self) -> bool:
        return not (self.flow.read_paused or self.cycle.waiting_for_100_continue)

    def unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def abort(self) -> None:
        if self.unsent():
            discard_on_close(self.transport.get_extra_info("socket"))
        self.transport.abort()

    def time_out(self, cause: Cause) -> None:
        """Silent where the client has sent nothing yet: it may have meant to ask later."""
        if not self._received:
            self.pool.forget(self)
            self.abort()
            return
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, _TIMEOUTS[cause])

    def _settle(self) -> None:
        """Be in the phase that the requests are in."""
        cycle = self.cycle
        if self.transport.is_closing():
            self.pool.move(self, Phase.FLUSHING)
        elif cycle is None:
            pass
        elif not cycle.response_complete:
            self.pool.move(self, Phase.BODY if cycle.more_body else Phase.ANSWER)
        elif self._in_body:
            self.pool.move(self, Phase.UNWANTED_BODY)
        else:
            self.pool.move(self, Phase.HEADER if self._in_header else Phase.IDLE)

    def _header_bytes(self) -> int:
        """Counted one by one only where what came together is enough to be too much."""
        if self._unparsed <= MAX_HEADER_BYTES:
            return 0
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse_request(self, cause: Cause) -> None:
        """End with a request that cannot be read, once those before it are answered."""
        self.pool.note(cause)
        self._deaf = True
        if self.cycle is not None and not self.cycle.response_complete and not self._in_body:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        elif cause is Cause.HEADER_TOO_LARGE:
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"The headers of a request are limited to {MAX_HEADERS} and {MAX_HEADER_BYTES} "
                "bytes in all",
            )
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "Invalid HTTP request received.")

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        """Say what was wrong, if nothing else is being said, and hang up after the client."""
        self._deaf = True
        cycle = self.cycle
        speaking = cycle is not None and not cycle.response_complete
        if cycle is not None:
            # Its application sees a client that has hung up.
            cycle.disconnected = True
            cycle.message_event.set()
        if self.pipeline or (speaking and cycle.response_started):
            self.pool.forget(self)
            self.abort()
            return
        if not (self._in_body and cycle.response_complete):  # one answer to each request
            path = self.scope["path"] if self._in_body else None
            self.transport.write(self._refusal(status, text, path=path))
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        # Closed while it still sends, the connection would be reset, and the answer lost with it.
        self.transport.write_eof()
        self.flow.resume_reading()
        self.pool.move(self, Phase.LINGERING)

    def _refusal(
        self,
        status: HTTPStatus,
        text: str,
        *,
        path: str | None = None,
        retry_after: int | None = None,
    ) -> bytes:
        return refusal(
            status,
            text,
            path=path,
            retry_after=retry_after,
            headers=self.server_state.default_headers,
        )

    def _unsupported_upgrade_warning(self) -> None:
        """What is asked for beside an upgrade is answered without it; no line for each."""


def bounded_by(pool: ConnectionPool) -> type[asyncio.Protocol]:
    """The protocol of a server whose connections are in this pool."""
    return type("PooledProtocol", (BoundedProtocol,), {"pool": pool})
