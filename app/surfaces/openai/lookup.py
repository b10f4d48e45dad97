"""Ids in paths and bodies, and what is said where they name nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from app.errors import Kind, NotFound
from app.surfaces.openai.faults import Refused
from app.surfaces.openai.public_ids import Prefix, uuid_of

_NOUNS: Final = {
    Prefix.ASSISTANT: "assistant",
    Prefix.THREAD: "thread",
    Prefix.MESSAGE: "message",
    Prefix.RUN: "run",
    Prefix.STEP: "run step",
    Prefix.VECTOR_STORE: "vector store",
    Prefix.FILE: "file",
    Prefix.FILE_BATCH: "file batch",
}
_BROKEN: Final = frozenset({"", "undefined", "null", "None", "[object Object]", "NaN"})


def no_such(prefix: Prefix, text: str) -> Refused:
    return Refused(f"No {_NOUNS[prefix]} found with id '{text[:200]}'.", kind=Kind.NOT_FOUND)


def id_of(prefix: Prefix, text: str, param: str) -> UUID:
    """The UUID behind an id. One of no known shape names nothing; a broken one is told so."""
    if text in _BROKEN:
        wanted = prefix.rstrip("_-")
        raise Refused(
            f"Invalid '{param}': '{text}'. Expected an ID that begins with '{wanted}'.",
            param=param,
            code="invalid_value",
        )
    found = uuid_of(prefix, text)
    if found is None:
        raise no_such(prefix, text)
    return found


@contextmanager
def named(**ids: tuple[Prefix, str]) -> Iterator[None]:
    """Say which id names nothing, where a room finds nothing: `named(Thread=(prefix, id))`."""
    try:
        yield
    except NotFound as missing:
        if missing.noun not in ids:
            raise
        raise no_such(*ids[missing.noun]) from missing
