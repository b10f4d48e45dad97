"""End the indexing of a document that is deleted or cancelled meanwhile, wherever that is done.

Whoever removes a document sends a signal, and the process that indexes it leaves off at once: a
reading process is killed, what is not embedded stays so, and the place is free for another. A
signal that is lost costs time only, for each batch is stored to a document that is still wanted.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from uuid import UUID

from pegboard.db.signals import Signals, send
from pegboard.errors import AppError, ErrorKind
from pegboard.tenants.scope import Scope

CALLED_OFF: Final = "document_called_off"
"""The signal that a document is not to be indexed any more."""

Result = TypeVar("Result")


class DocumentGone(AppError):
    """The document was deleted, or called off, while it was being indexed."""

    kind = ErrorKind.NOT_FOUND
    code = "document_gone"


async def call_off(scope: Scope, document_ids: Iterable[UUID]) -> None:
    """Have whoever indexes one of these leave off, once this transaction is committed."""
    for document_id in document_ids:
        await send(scope.session, CALLED_OFF, document_id)


class Attempt:
    """The indexing of one document by this process."""

    def __init__(self) -> None:
        self._called_off = False
        self._until: asyncio.Timeout | None = None

    def call_off(self) -> None:
        self._called_off = True
        if self._until is not None:
            self._until.reschedule(asyncio.get_running_loop().time())

    async def unless_called_off(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of long work. Raises DocumentGone as soon as the document is called off.

        For work outside transactions: what is cancelled amid a statement loses its connection.
        """
        if self._called_off:
            work.close()
            raise DocumentGone("The document is not to be indexed any more")
        try:
            async with asyncio.timeout(None) as self._until:
                return await work
        except TimeoutError:
            if not self._called_off:
                raise
            raise DocumentGone("The document is not to be indexed any more") from None
        finally:
            self._until = None


class Attempts:
    """What this process is indexing."""

    def __init__(self, signals: Signals) -> None:
        self._open: dict[UUID, Attempt] = {}
        signals.on(CALLED_OFF, self._hear)

    @contextmanager
    def attempt(self, document_id: UUID) -> Iterator[Attempt]:
        attempt = self._open[document_id] = Attempt()
        try:
            yield attempt
        finally:
            # Another attempt at the same document may have begun: a job that was silent too long
            # is given to others, this process among them.
            if self._open.get(document_id) is attempt:
                del self._open[document_id]

    def _hear(self, document_id: UUID) -> None:
        attempt = self._open.get(document_id)
        if attempt is not None:
            attempt.call_off()
