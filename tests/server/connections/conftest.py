"""A server that waits for nobody, shared by the tests of waiting."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import new_database
from tests.support.server import Server, start_server


@pytest.fixture(scope="session")
def hasty(postgres_url: str) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_HEADER_SECONDS="1",
        PEGBOARD_BODY_SECONDS="1",
        PEGBOARD_SLOW_READER_SECONDS="1",
        PEGBOARD_LOG_FORMAT="json",
    )
    yield running
    assert running.stop() == 0
