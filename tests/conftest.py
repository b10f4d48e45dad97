"""One Postgres and one server for each test process; each test is a tenant of its own."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.support.postgres import new_database, running_postgres
from tests.support.program import Launch, fork_server_for_all, launch
from tests.support.server import Server, start_server

StartServer = Callable[..., Server]

# The same modules are imported by hundreds of processes. Where an image forbids that what is
# compiled is kept, each of them compiles a thousand files; what is heavy is litellm and openai.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: much of a test is waiting for a crash to be noticed."""
    return (os.cpu_count() or 1) + 2


def pytest_configure(config: pytest.Config) -> None:
    """The processes of xdist fork their servers from one that has imported the program."""
    if config.getoption("numprocesses", None):
        shared = ExitStack()
        shared.enter_context(fork_server_for_all())
        config.add_cleanup(shared.close)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def database_url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture(scope="session")
def server(database_url: str) -> Iterator[Server]:
    """A server in test-target mode: the sandbox answers for every model."""
    running = start_server(PEGBOARD_DATABASE_URL=database_url)
    yield running
    assert running.stop() == 0


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A new tenant's client of the Backboard API."""
    with server.client() as opened:
        yield opened


@pytest.fixture
def start(postgres_url: str) -> Iterator[StartServer]:
    """Start servers with settings of the test's own; on a new database unless it names one."""
    started: list[Server] = []

    def start_one(by: Launch = launch, /, **settings: str) -> Server:
        if "PEGBOARD_DATABASE_URL" not in settings and "PEGBOARD_DATA_DIR" not in settings:
            settings["PEGBOARD_DATABASE_URL"] = new_database(postgres_url)
        started.append(start_server(by, **settings))
        return started[-1]

    yield start_one
    for server in started:
        server.stop()
