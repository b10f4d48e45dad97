"""A busy database is called busy, a missing one missing, and anything else neither."""

import asyncpg
import pytest
from sqlalchemy import exc

from pegboard.db.availability import unavailability


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exc.TimeoutError("QueuePool limit of size 10 overflow 10 reached"), "server_busy"),
        (asyncpg.TooManyConnectionsError("sorry, too many clients already"), "server_busy"),
        (ConnectionRefusedError(), "database_unavailable"),
        (asyncpg.CannotConnectNowError("starting up"), "database_unavailable"),
        (asyncpg.UniqueViolationError("twice"), None),
        (ValueError("ours"), None),
    ],
)
def test_what_callers_are_told(error: Exception, code: str | None) -> None:
    answer = unavailability(error)
    assert (answer and answer.code) == code
