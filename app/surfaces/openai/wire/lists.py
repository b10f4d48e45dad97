"""The envelope of every list."""

from collections.abc import Sequence
from typing import Generic, Self, TypeVar

from pydantic import BaseModel

from app.db.base import JsonDict


class Identified(BaseModel):
    """What stands in a list: its id is the cursor."""

    id: str


Item = TypeVar("Item", bound=Identified)


def listed(data: Sequence[JsonDict], *, has_more: bool = False) -> JsonDict:
    """The envelope of objects that are told as they are."""
    return {
        "object": "list",
        "data": list(data),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


class ListOut(BaseModel, Generic[Item]):
    object: str
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, data: Sequence[Item], *, has_more: bool = False) -> Self:
        return cls(
            object="list",
            data=list(data),
            first_id=data[0].id if data else None,
            last_id=data[-1].id if data else None,
            has_more=has_more,
        )
