"""A provider that sends what it is given, byte by byte, over connections that it may break."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

EVENT_STREAM = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}


class End(Enum):
    """What follows the last piece. CLOSED: the connection ends amid the answer, without a word."""

    PROPER = auto()
    CLOSED = auto()
    RESET = auto()
    SILENT = auto()


@dataclass(frozen=True)
class Answer:
    """`pieces` are sent one by one. With `head` false not even a status is."""

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: EVENT_STREAM)
    end: End = End.PROPER
    head: bool = True


@dataclass(frozen=True)
class ReceivedRequest:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    connection: int


@dataclass
class Upstream:
    """Answers in turn, the last of them again and again. `requests` are those it got, in order."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[ReceivedRequest] = field(default_factory=list)
    connections: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Once a connection is over, whoever ended it."""

    def answer_with(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                self.requests.append(await _read(reader, number))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if not await _send(answer, reader, writer):
                    break
        self.left.set()
        writer.close()


async def _read(reader: asyncio.StreamReader, connection: int) -> ReceivedRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return ReceivedRequest(line.split()[1], headers, json.loads(body or b"{}"), connection)


async def _send(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the connection is good for another request."""
    if answer.head:
        headers = {**answer.headers, "Transfer-Encoding": "chunked"}
        lines = [f"HTTP/1.1 {answer.status} X", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
    ending = b"0\r\n\r\n" if answer.end is End.PROPER else b""
    for at, piece in enumerate(answer.pieces, 1):
        # The end comes with the last, so that the connection can be taken up again at once.
        last = ending if at == len(answer.pieces) else b""
        writer.write(b"%x\r\n%b\r\n%b" % (len(piece), piece, last))
        await writer.drain()
        await asyncio.sleep(0)  # so that each is a packet of its own
    match answer.end:
        case End.PROPER:
            if not answer.pieces:
                writer.write(ending)
            return True
        case End.CLOSED:
            await writer.drain()
        case End.RESET:
            await writer.drain()
            writer.transport.abort()
        case End.SILENT:
            await reader.read()  # until the other side has had enough
    return False


@asynccontextmanager
async def running_upstream(tls: ssl.SSLContext | None = None) -> AsyncIterator[Upstream]:
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, ssl=tls)
    scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
    upstream.url = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()


def event(fields: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: Mapping[str, Any], finish: str | None = None, **fields: Any) -> bytes:
    """One event of a streamed chat completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({**_HEAD, "object": "chat.completion.chunk", "choices": [choice], **fields})


def used(usage: Mapping[str, Any]) -> bytes:
    return event({**_HEAD, "object": "chat.completion.chunk", "choices": [], "usage": usage})


def whole(message: Mapping[str, Any], finish: str = "stop", **fields: Any) -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    completion = {**_HEAD, "object": "chat.completion", "choices": [choice], **fields}
    return Answer((json.dumps(completion).encode(),), headers=JSON)


def streamed(*pieces: bytes, **fields: Any) -> Answer:
    return Answer((*pieces, DONE), **fields)


DONE = b"data: [DONE]\n\n"
_HEAD = {"id": "chatcmpl-1", "created": 1_750_000_000, "model": "m"}
