"""The servers that are measured, and how a turn is taken on each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from bench import words
from bench.client import Connection, connected
from bench.postgres import Database
from bench.processes import Program, running


class Subject(Protocol):
    """A server under measurement."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def program(self) -> Program: ...
    @property
    def database(self) -> Database: ...
    @property
    def chunk_mark(self) -> bytes:
        """What stands once in the frame of each piece of text, and nowhere else."""
        ...

    async def open_thread(self, connection: Connection) -> str:
        """The path that messages of a new thread are posted to."""
        ...

    def body(self, count: int, *, streamed: bool) -> bytes:
        """A message that is answered with `count` words."""
        ...


@dataclass(frozen=True, slots=True)
class Floor:
    program: Program
    database: Database
    name: str = "floor"
    chunk_mark: bytes = b'"type":"content"'

    @property
    def url(self) -> str:
        return self.program.first_line

    async def open_thread(self, connection: Connection) -> str:
        return f"/threads/{uuid4()}/messages"

    def body(self, count: int, *, streamed: bool) -> bytes:
        return json.dumps({"content": words.question(count), "stream": streamed}).encode()


@dataclass(frozen=True, slots=True)
class Pegboard:
    """`scripted`: the sandbox model has its answer from each message, and litellm is not asked."""

    name: str
    program: Program
    database: Database
    assistant_id: str
    scripted: bool
    chunk_mark: bytes = b'"content_streaming"'

    @property
    def url(self) -> str:
        return address_of(self.program)

    async def open_thread(self, connection: Connection) -> str:
        thread = await connection.post_json(f"/api/assistants/{self.assistant_id}/threads")
        return f"/api/threads/{thread['thread_id']}/messages"

    def body(self, count: int, *, streamed: bool) -> bytes:
        fields: dict[str, Any] = {"content": words.question(count), "stream": streamed}
        if self.scripted:
            fields["metadata"] = {"sandbox": {"reply": words.text(count)}}
        return json.dumps(fields).encode()


def address_of(program: Program) -> str:
    """The address in the first line of `pegboard serve`."""
    return program.first_line.rpartition(" ")[2]


@asynccontextmanager
async def running_floor(*, database: Database, upstream: str, folder: Path) -> AsyncIterator[Floor]:
    async with running(
        "floor",
        "bench.floor",
        folder=folder,
        FLOOR_DATABASE_URL=database.url,
        FLOOR_UPSTREAM=upstream,
    ) as program:
        yield Floor(program, database)


@asynccontextmanager
async def running_pegboard(
    name: str,
    *,
    database: Database,
    upstream: str | None,
    folder: Path,
    **settings: str,
) -> AsyncIterator[Pegboard]:
    """`pegboard serve` as its users start it; its sandbox model answers where no upstream is."""
    if upstream is None:
        models = {"PEGBOARD_SANDBOX": "always"}
    else:
        models = {"OPENAI_BASE_URL": upstream, "OPENAI_API_KEY": "x", "PEGBOARD_SANDBOX": "auto"}
    async with running(
        name.replace(" ", "-"),
        "pegboard.cli.program",
        "serve",
        "--port",
        "0",
        folder=folder,
        clone=None,
        PEGBOARD_DATABASE_URL=database.url,
        **models,
        **settings,
    ) as program:
        async with connected(address_of(program)) as connection:
            assistant = await connection.post_json("/api/assistants", name="bench")
        yield Pegboard(name, program, database, assistant["assistant_id"], upstream is None)
