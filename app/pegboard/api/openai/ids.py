"""Ids as clients send them, in a path or a body.

What is no id at all is missing like an id of nothing, except for what a client sends that has lost
its id.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.missing import NOUNS, Missing
from pegboard.public_ids import uuid_of

_LOST: Final = frozenset({"undefined", "null", "None"})


def id_of(noun: str, text: str, *, param: str) -> UUID:
    prefix, _ = NOUNS[noun]
    object_id = uuid_of(prefix, text)
    if object_id is not None:
        return object_id
    if text in _LOST:
        raise BadParameter(
            f"Invalid '{param}': '{text}'. Expected an ID that begins with "
            f"'{prefix.rstrip('_-')}'.",
            param=param,
        )
    raise Missing(noun, text)


def id_in_path(param: str, noun: str) -> Callable[[str], Awaitable[UUID]]:
    """A dependency that reads an id from the path."""

    async def read(text: Annotated[str, Path(alias=param)]) -> UUID:
        return id_of(noun, text, param=param)

    return read
