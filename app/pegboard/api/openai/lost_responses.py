"""Requests with keys at this API, and where to read again what one of them answered.

The answer to a request that makes or changes an object is that object, which a GET answers as well.
"""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pegboard.api.http.idempotency import Dialect
from pegboard.api.http.request_bodies import RequestBody
from pegboard.api.openai.faults import error_response, refuse
from pegboard.idempotency.attempts import Made
from pegboard.public_ids import Prefix, public_id
from pegboard.strict_json import BadJson, loads_aside

_PREFIXES: Final = {
    "assistants": Prefix.ASSISTANT,
    "threads": Prefix.THREAD,
    "messages": Prefix.MESSAGE,
    "runs": Prefix.RUN,
    "files": Prefix.FILE,
    "vector_stores": Prefix.VECTOR_STORE,
    "file_batches": Prefix.FILE_BATCH,
}
_COLLECTIONS: Final = re.compile(
    r"/(assistants|threads|files|vector_stores)"
    r"|/threads/[^/]+/(messages|runs)"
    r"|/vector_stores/[^/]+/(file_batches)"
)
_STARTED_BY: Final = re.compile(r"/threads/(runs|[^/]+/runs(/[^/]+/submit_tool_outputs)?)")


async def find(path: str, made: Sequence[Made], body: RequestBody) -> str | None:
    """The path of the one object that a request to `path` has made."""
    if _STARTED_BY.fullmatch(path) and await _streams(body):
        return None
    if path == "/threads/runs":
        thread, run = _only(made, "threads"), _only(made, "runs")
        return f"/threads/{thread}/runs/{run}" if thread and run else None
    collection = _COLLECTIONS.fullmatch(path)
    if collection is None:
        return None
    table = next(name for name in collection.groups() if name is not None)
    made_id = _only(made, table)
    return f"{path}/{made_id}" if made_id else None


def name(made: Made) -> str | None:
    table, row_id = made
    return public_id(_PREFIXES[table], row_id) if table in _PREFIXES else None


def _only(made: Sequence[Made], table: str) -> str | None:
    ids: list[UUID] = [row_id for one, row_id in made if one == table]
    return public_id(_PREFIXES[table], ids[0]) if len(ids) == 1 else None


async def _streams(body: RequestBody) -> bool:
    try:
        request = await loads_aside(await body.whole())
    except BadJson:
        return False
    return isinstance(request, dict) and bool(request.get("stream"))


DIALECT: Final = Dialect(
    api="openai", error_response=error_response, refuse=refuse, name=name, find=find
)
