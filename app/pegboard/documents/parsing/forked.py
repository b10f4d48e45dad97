"""Readers forked from a process that has their libraries loaded: the server's side of it.

Starting Python and loading a library takes far longer than reading a small file. Linux alone has
all that this needs; elsewhere, and where a fork server does not start, readers are fresh processes.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import weakref
from asyncio import Future, StreamReader
from contextlib import ExitStack, suppress
from itertools import count
from typing import Final

import structlog

from pegboard.documents.parsing.fresh import start_fresh
from pegboard.documents.parsing.reading_process import (
    Order,
    ReaderFailed,
    ReadingProcess,
    environment,
)
from pegboard.documents.parsing.wire import LONGEST_LINE, LONGEST_PACKET
from pegboard.interpreter import module_command

_START: Final = 30.0
"""Seconds in which a fork server must be ready."""
_END: Final = 10.0
"""Seconds in which a fork server must report a death that was asked for."""
_IDLE: Final = 60.0
"""Seconds without a file after which a fork server gives its memory back."""
_RETRY: Final = 60.0
"""Seconds for which no fork server is tried after one that did not start."""
_MODULE: Final = "pegboard.documents.parsing.fork_server"

log = structlog.get_logger("pegboard.documents")


class Readers:
    """Starts readers, by a fork server of its own, which lives while there are files."""

    def __init__(self, *, idle: float = _IDLE) -> None:
        self._server: ForkServer | None = None
        self._idle = idle
        self._retry_at = 0.0 if sys.platform == "linux" else float("inf")

    async def start(self, order: Order) -> ReadingProcess:
        """Raises ReaderFailed if the fork server dies of it; the next one will find another."""
        server = self._fork_server()
        if server is None:
            return await start_fresh(order)
        if await server.is_ready():
            return await server.start(order)
        if self._server is server:
            log.warning("fork_server_did_not_start")
            self._retry_at = asyncio.get_running_loop().time() + _RETRY
            self.close()
        return await start_fresh(order)

    def close(self) -> None:
        """Ends the readings under way."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _fork_server(self) -> "ForkServer | None":
        if self._server is not None and not self._server.is_closed:
            return self._server
        if asyncio.get_running_loop().time() < self._retry_at:
            return None
        try:
            self._server = ForkServer(idle=self._idle)
        except OSError as error:
            log.warning("fork_server_did_not_start", error=repr(error))
            return None
        return self._server


class ForkServer:
    """One life of the process, begun at once. Raises OSError if it cannot be."""

    def __init__(self, *, idle: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._numbers = count()
        self._ends: dict[int, Future[int]] = {}
        self._ready: Future[bool] = self._loop.create_future()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._socket.setblocking(False)
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own module
                    [
                        *module_command(
                            "pegboard.documents.parsing.fork_server", "-B", "-X", "utf8"
                        ),
                        str(os.getpid()),
                    ],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env=environment(),
                    start_new_session=True,
                )
            except OSError:
                self._socket.close()
                raise
        # Also where nobody closes it, and at the interpreter's end.
        self._finish = weakref.finalize(self, _finish, self._process, self._socket)
        self._loop.add_reader(self._socket.fileno(), self._hear)
        self._idler = self._loop.call_later(_START + idle, self.close)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_closed(self) -> bool:
        return not self._finish.alive

    async def is_ready(self) -> bool:
        """Whether it has come to life; waits for it."""
        try:
            async with asyncio.timeout(_START):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            return False

    async def start(self, order: Order) -> "ForkedProcess":
        self._idler.cancel()
        with ExitStack() as ours, ExitStack() as undoing:
            undoing.callback(self._rest)
            folder = os.open(order.folder, os.O_RDONLY | os.O_DIRECTORY)
            ours.callback(os.close, folder)
            stdout, output = await self._pipe(ours)
            undoing.callback(stdout.transport.close)
            stderr, errors = await self._pipe(ours)
            undoing.callback(stderr.transport.close)
            number = next(self._numbers)
            words: list[str | int] = ["read", number, order.suffix, order.limits.to_json()]
            self._send(words, order.file.fileno(), output, errors, folder)
            self._ends[number] = ended = self._loop.create_future()
            undoing.pop_all()
        return ForkedProcess(self, number, ended, stdout, stderr)

    async def _pipe(self, ours: ExitStack) -> "tuple[_Pipe, int]":
        """What the server reads, and what the reader writes, which is closed here in any case."""
        reading, writing = os.pipe()
        ours.callback(os.close, writing)
        stream = StreamReader(limit=LONGEST_LINE, loop=self._loop)
        transport, _ = await self._loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream, loop=self._loop), os.fdopen(reading, "rb")
        )
        return _Pipe(stream, transport), writing

    def kill(self, number: int) -> None:
        if number in self._ends and not self.is_closed:
            with suppress(ReaderFailed):
                self._send(["kill", number])

    def close(self) -> None:
        """End the process; whoever reads learns that its reader was lost."""
        if not self.is_closed:
            self._idler.cancel()
            if not self._loop.is_closed():
                self._loop.remove_reader(self._socket.fileno())
            self._finish()
        if not self._ready.done():
            self._ready.set_result(False)
        while self._ends:
            _, ended = self._ends.popitem()
            _lose(ended)

    def _rest(self) -> None:
        """End after a while, if nothing is left to do."""
        if not self._ends and not self.is_closed:
            self._idler.cancel()
            self._idler = self._loop.call_later(self._idle, self.close)

    def _send(self, words: list[str | int], *descriptors: int) -> None:
        try:
            if self.is_closed:
                raise ConnectionError
            socket.send_fds(self._socket, [json.dumps(words).encode()], descriptors)
        except OSError as error:
            self.close()  # it is gone, or does not listen
            raise ReaderFailed("The document reader could not be started") from error

    def _hear(self) -> None:
        try:
            packet = self._socket.recv(LONGEST_PACKET)
        except BlockingIOError:
            return
        except ConnectionError:
            packet = b""
        match json.loads(packet) if packet else None:
            case ["ready"]:
                if not self._ready.done():
                    self._ready.set_result(True)
            case ["ended", number, status]:
                ended = self._ends.pop(number)
                if status is None:
                    _lose(ended)
                elif not ended.done():
                    ended.set_result(status)
                self._rest()
            case _:
                if self._ready.done():
                    log.warning("fork_server_died", readings=len(self._ends))
                self.close()


class ForkedProcess:
    def __init__(
        self,
        server: ForkServer,
        number: int,
        ended: Future[int],
        stdout: "_Pipe",
        stderr: "_Pipe",
    ) -> None:
        self._server = server
        self._number = number
        self._ended = ended
        self._pipes = (stdout, stderr)

    @property
    def stdout(self) -> StreamReader:
        return self._pipes[0].stream

    @property
    def stderr(self) -> StreamReader:
        return self._pipes[1].stream

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        self._server.kill(self._number)

    async def end(self) -> None:
        self.kill()
        try:
            async with asyncio.timeout(_END):
                await asyncio.wait([self._ended])
        except TimeoutError:
            log.warning("fork_server_does_not_answer")
            self._server.close()
        finally:
            for pipe in self._pipes:
                pipe.transport.close()


class _Pipe:
    def __init__(self, stream: StreamReader, transport: asyncio.ReadTransport) -> None:
        self.stream = stream
        self.transport = transport


def _lose(ended: Future[int]) -> None:
    if not ended.done():
        ended.set_exception(ReaderFailed("The document reader was lost"))
        ended.exception()  # seen, also where nobody waits any longer


def _finish(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    connection.close()
    process.kill()
    process.wait()
