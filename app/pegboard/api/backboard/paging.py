"""`skip` and `limit`, as generous as the published clients need: they send up to 10000."""

from typing import Annotated, Final

from fastapi import Query

_LARGEST: Final = 2**31

Skip = Annotated[int, Query(ge=0, description="How many to pass over")]
Limit = Annotated[int, Query(ge=0, description="How many to return; 0 gives an empty list")]


def within_bigint(number: int) -> int:
    """The number, or one that is large enough for any list and that Postgres can count to."""
    return min(number, _LARGEST)
