"""Whose work is being done: ids that stand in every line that is written meanwhile.

A task inherits them from whoever starts it, so a run's lines name the request that began it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars


@dataclass(slots=True)
class RequestIds:
    """A request, and what comes to be known of it on its way in."""

    request_id: str
    api: str
    run_id: UUID | None = None


_request: ContextVar[RequestIds | None] = ContextVar("request", default=None)


def begin_request(ids: RequestIds) -> None:
    """From here on it is this request's work; what an earlier one on the connection left is gone.

    Never undone: each request is carried out in a context of its own.
    """
    clear_contextvars()
    bind_contextvars(request_id=ids.request_id, api=ids.api)
    _request.set(ids)


def know_tenant(tenant_id: object) -> None:
    bind_contextvars(tenant_id=str(tenant_id))


def know_run(run_id: UUID) -> None:
    """The request, if it is one that asks, begins or takes up this run."""
    ids = _request.get()
    if ids is not None:
        ids.run_id = run_id


def begin_run(*, run_id: UUID, thread_id: UUID, tenant_id: UUID) -> None:
    """From here on, in this task, it is this run's work."""
    bind_contextvars(run_id=str(run_id), thread_id=str(thread_id), tenant_id=str(tenant_id))


@contextmanager
def job(name: str, **ids: object) -> Iterator[None]:
    """Within it is the work of a background job; `ids` are those in its payload."""
    with bound_contextvars(job=name, **ids):
        yield
