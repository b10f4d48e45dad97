"""Servers over one database and one folder, each of which may be gone at any moment."""

import asyncio
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Thread
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.program import Program, launch
from tests.support.server import Server, start_server
from tests.support.steps import script

PROBE_KEY = "probe"


@dataclass(slots=True)
class Member:
    """A place in the cluster. `owner_id` is what the process calls itself in its leases."""

    name: str
    server: Server
    owner_id: UUID
    up: bool = True


@dataclass(slots=True)
class Cluster:
    """`worker` is a process without an API, which rescues as servers do."""

    url: str
    folder: Path
    engine: AsyncEngine
    members: list[Member] = field(default_factory=list)
    worker: Program | None = None
    log: list[str] = field(default_factory=list)
    """What servers and workers that are gone have logged."""
    deaf: list[str] = field(default_factory=list)
    """Servers that did not stop in the end when they were told to."""
    _reader: Thread | None = None
    _gone: set[UUID] = field(default_factory=set)

    async def open(self, count: int, *, worker: bool) -> None:
        for number in range(count):
            server = await self._start()
            owner_id = await self._owner_of(server)
            self.members.append(Member(f"server {number + 1}", server, owner_id))
        if worker:
            self.start_worker()

    async def close(self) -> None:
        if self.worker is not None:
            self.worker.terminate()
            await asyncio.to_thread(self._see_worker_off)
        for member in self.members:
            await asyncio.to_thread(self._stop, member)
            self.log += member.server.log
        await self.engine.dispose()

    def _stop(self, member: Member) -> None:
        try:
            member.server.stop()
        except subprocess.TimeoutExpired:
            self.deaf.append(member.name)
            member.server.kill()
            member.server.stop()

    def any(self, random: Random) -> str:
        """The address of a server that is up; of one that was, where none is."""
        up = [member for member in self.members if member.up]
        return random.choice(up or self.members).server.url

    def urls(self) -> list[str]:
        """The addresses of servers that are up."""
        return [member.server.url for member in self.members if member.up]

    def owners(self) -> set[UUID]:
        """What servers call and called themselves, those that are gone too."""
        return self._gone | {member.owner_id for member in self.members}

    async def kill(self, member: Member) -> None:
        member.up = False
        await asyncio.to_thread(member.server.kill)

    async def revive(self, member: Member) -> None:
        """Start the program again, and learn what it calls itself now."""
        await asyncio.to_thread(member.server.stop)
        self.log += member.server.log
        self._gone.add(member.owner_id)
        server = await self._start()
        member.owner_id = await self._owner_of(server)
        member.server, member.up = server, True

    async def freeze(self, member: Member, seconds: float) -> None:
        """As a machine that swaps, or a debugger that stops the process."""
        member.up = False
        os.kill(member.server.process.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(member.server.process.pid, signal.SIGCONT)
            member.up = True

    async def kill_worker(self) -> None:
        assert self.worker is not None
        self.worker.kill()
        await asyncio.to_thread(self._see_worker_off)

    def start_worker(self) -> None:
        self.worker = launch(
            "worker",
            PEGBOARD_SANDBOX="always",
            PEGBOARD_DATABASE_URL=self.url,
            PEGBOARD_DATA_DIR=str(self.folder),
            PEGBOARD_LOG_LEVEL="warning",
        )
        # Else it would be held up once the pipe is full.
        assert self.worker.stderr is not None
        self._reader = Thread(target=self.log.extend, args=(self.worker.stderr,), daemon=True)
        self._reader.start()

    def _see_worker_off(self) -> None:
        assert self.worker is not None
        assert self._reader is not None
        self.worker.wait(30)
        self._reader.join(30)
        with self.worker:
            self.worker = None

    async def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """The rows of one statement, for what cannot be seen at the API; asked until answered."""
        while True:
            try:
                async with self.engine.begin() as connection:
                    return [tuple(row) for row in await connection.execute(text(statement), values)]
            except Exception:  # Postgres may have been killed, too
                await asyncio.sleep(0.05)

    async def _start(self) -> Server:
        return await asyncio.to_thread(
            start_server,
            PEGBOARD_DATABASE_URL=self.url,
            PEGBOARD_DATA_DIR=str(self.folder),
            PEGBOARD_LOG_LEVEL="warning",
        )

    async def _owner_of(self, server: Server) -> UUID:
        """Out of the lease of a run that is begun for nothing else."""
        headers = {"X-API-Key": PROBE_KEY}
        while True:
            try:
                async with httpx.AsyncClient(
                    base_url=server.api, headers=headers, timeout=30, verify=False
                ) as client:
                    body = {
                        "content": "Who plays this?",
                        "stream": True,
                        "metadata": script(reply="a b c d e", delay_ms=100),
                    }
                    async with client.stream("POST", "/threads/messages", json=body) as response:
                        run_id = response.headers["pegboard-run-id"]
                        owners = await self.rows(
                            "SELECT lease_owner FROM runs WHERE id = :id", id=UUID(run_id)
                        )
                if owners and isinstance(owners[0][0], UUID):
                    return owners[0][0]
            except (httpx.TransportError, KeyError):  # Postgres was killed meanwhile
                await asyncio.sleep(0.1)
