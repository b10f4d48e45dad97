"""The embedded Postgres as its user sees it: started, kept running, stopped."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from pegboard.db.embedded.address import Address
from pegboard.db.embedded.child import require_main_thread
from pegboard.db.embedded.cluster import USER, Cluster, open_cluster, read_password
from pegboard.db.embedded.errors import DataFolderInUse, folder_failure
from pegboard.db.embedded.launch import Launched, StillInUse, launch, stop_orphan, until_ready
from pegboard.db.embedded.ownership import Ownership
from pegboard.db.embedded.placement import cluster_place
from pegboard.db.embedded.postmaster_file import read_postmaster_file
from pegboard.db.embedded.readiness import answers
from pegboard.db.embedded.sockets import address_of, remove_fallback_folder

_log = logging.getLogger("pegboard.postgres")

_ATTACHES_WITHIN = 10.0
_FREE_WITHIN = 30.0
_LONGEST_PAUSE = 5.0


class EmbeddedPostgres:
    """A Postgres over one data folder, shared by all processes that start one there.

    The first owns it and is the parent of the Postgres. Those after it are `attached`, and one of
    them takes over when the owner goes. `durable=False` is for tests: a crash may lose the data.

    `restarts` counts how often the Postgres came back under us, be it after its own death or its
    owner's; `on_restart` is awaited each time, when it answers again. The address stays the same.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        binaries: Path | None = None,
        durable: bool = True,
        on_restart: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.attached = False
        self.restarts = 0
        self._binaries = binaries
        self._durable = durable
        self._on_restart = on_restart
        self._ownership = Ownership(self.data_dir)
        self._address: Address | None = None
        self._cluster: Cluster | None = None
        self._launched: Launched | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process number of the running Postgres, whoever started it."""
        postmaster = read_postmaster_file(cluster_place(self.data_dir) / "data")
        return postmaster.pid if postmaster else None

    async def start(self) -> Address:
        """Return once it answers. Only from the main thread."""
        require_main_thread()
        if self._address is not None:
            return self._address
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self._address = await self._own_or_attach()
        except OSError as error:
            await self.stop()
            raise folder_failure(self.data_dir, error) from error
        except BaseException:
            await self.stop()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="embedded postgres")
        return self._address

    async def stop(self) -> None:
        """Stop it if it is ours, leave it if it is not. May be called at any time, and again."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None
        if self._launched is not None:
            await self._launched.stop()
            self._launched = None
        if self._cluster is not None and self._address is not None and not self.attached:
            remove_fallback_folder(self._address, self._cluster)
        self._ownership.release()
        self._address = self._cluster = None
        self.attached = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _own_or_attach(self) -> Address:
        deadline = time.monotonic() + _ATTACHES_WITHIN
        while not self._ownership.take():
            address = _address_in(cluster_place(self.data_dir))
            if address is not None and await answers(address):
                self.attached = True
                _log.info("using the Postgres of process %s", self._ownership.owner())
                return address
            if time.monotonic() > deadline:
                raise DataFolderInUse(self.data_dir, self._ownership.owner())
            await asyncio.sleep(0.05)
        return await self._run_when_free()

    async def _run_when_free(self) -> Address:
        deadline = time.monotonic() + _FREE_WITHIN
        while True:
            try:
                return await self._run()
            except StillInUse:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    async def _run(self) -> Address:
        """Start a Postgres over the folder, which is ours."""
        if self._cluster is None:
            self._cluster = await open_cluster(
                self.data_dir, named=self._binaries, durable=self._durable
            )
        await stop_orphan(self._cluster)
        address = address_of(self._cluster, port=self._address.port if self._address else None)
        # Root writes the report, so it lies where the Postgres account cannot put a link.
        report = self.data_dir / "postgres-start.log"
        self._launched = launch(self._cluster, address, report=report, durable=self._durable)
        try:
            await until_ready(self._launched, address)
        except BaseException:
            await self._launched.stop()
            remove_fallback_folder(address, self._cluster)
            raise
        _log.info(
            "Postgres runs in %s (process %d)", self._cluster.folder, self._launched.process.pid
        )
        return address

    async def _keep(self) -> None:
        """Bring it back whenever it goes, until cancelled."""
        while True:
            if self._launched is None:
                await self._inherit()
            else:
                await self._launched.ended()
                _log.warning(
                    "Postgres (process %d) is gone (exit code %s), starting it again",
                    self._launched.process.pid,
                    self._launched.process.returncode,
                )
            await self._bring_back()

    async def _inherit(self) -> None:
        """Return when the owner is gone and the folder is ours."""
        while not self._took_ownership():  # noqa: ASYNC110  a lock elsewhere sets no event
            await asyncio.sleep(0.5)
        self.attached = False
        _log.info("the owner of %s is gone, taking over its Postgres", self.data_dir)

    def _took_ownership(self) -> bool:
        try:
            return self._ownership.take()
        except OSError as error:  # A full or vanished disk may come back; our watch goes on.
            _log.error("cannot reach the lock of %s: %s", self.data_dir, error)
            return False

    async def _bring_back(self) -> None:
        pause = 0.1
        while True:
            try:
                self._address = await self._run()
                break
            except StillInUse:
                _log.info("queries of the Postgres that is gone are still running, waiting")
            except Exception as error:  # Whatever it is, a server without a store is worth less.
                _log.error("Postgres does not start, trying again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        self.restarts += 1
        if self._on_restart is None:
            return
        try:
            await self._on_restart()
        except Exception:  # The listener's trouble must not end our watch.
            _log.exception("on_restart failed")


def _address_in(place: Path) -> Address | None:
    """Where somebody else's Postgres says it listens."""
    postmaster = read_postmaster_file(place / "data")
    if postmaster is None or postmaster.status != "ready":
        return None
    try:
        password = read_password(place)
    except OSError:
        return None
    return Address(postmaster.socket_folder or "127.0.0.1", postmaster.port, USER, password)
