"""Column types that Postgres has and SQLAlchemy has not."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.types import UserDefinedType


class HalfVector(UserDefinedType[Sequence[float]]):
    """pgvector's `halfvec`, two bytes a number; written and compared in SQL as its text.

    No length in the type: tenants choose embedding models of different lengths, and vectors are
    compared only where the model is the same.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"


def vector_text(vector: Sequence[float]) -> str:
    """The vector as pgvector reads it."""
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"
