"""The envelope of every list."""

from collections.abc import Sequence
from typing import Generic, Self, TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from pegboard.api.http.rendering import list_response, rendered
from pegboard.db.base import JsonDict
from pegboard.strict_json import dumps


class Identified(BaseModel):
    """What stands in a list: its id is the cursor."""

    id: str


Item = TypeVar("Item", bound=Identified)


def listed(data: Sequence[JsonDict], *, has_more: bool = False) -> JsonDict:
    """The envelope of objects that are sent as they are."""
    return {
        "object": "list",
        "data": list(data),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


async def page_response(
    data: Sequence[Identified | JsonDict], *, has_more: bool = False
) -> Response:
    """The envelope of objects that may be large, rendered one by one."""
    ids = [one["id"] if isinstance(one, dict) else one.id for one in data]
    around = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    tail = dumps({**around, "has_more": has_more}).replace("{", ",", 1).encode()
    return list_response(await rendered(data), head=b'{"object":"list","data":', tail=tail)


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
