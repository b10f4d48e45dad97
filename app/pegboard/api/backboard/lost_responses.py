"""Requests with keys at this API, and where to read again what one of them answered."""

import re
from collections.abc import Sequence
from typing import Final

from pegboard.api.backboard.faults import error_response, refuse
from pegboard.api.http.idempotency import Dialect
from pegboard.api.http.request_bodies import RequestBody
from pegboard.idempotency.attempts import Made

_NOUNS: Final = {
    "assistants": "assistant",
    "threads": "thread",
    "messages": "message",
    "runs": "run",
    "documents": "document",
    "memories": "memory",
}
_UPLOADS: Final = re.compile(r"/(assistants|threads)/[^/]+/documents")


async def find(path: str, made: Sequence[Made], body: RequestBody) -> str | None:
    """The path of an uploaded document: all other answers are kept as they are written, or name
    more than a GET does."""
    documents = [row_id for table, row_id in made if table == "documents"]
    if _UPLOADS.fullmatch(path) and len(documents) == 1:
        return f"/documents/{documents[0]}/status"
    return None


def name(made: Made) -> str | None:
    table, row_id = made
    return f"{_NOUNS[table]} {row_id}" if table in _NOUNS else None


DIALECT: Final = Dialect(
    api="backboard", error_response=error_response, refuse=refuse, name=name, find=find
)
