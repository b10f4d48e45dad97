"""Takes items in, some at a time, each time in one transaction.

What the database refuses of several is tried again one by one: a bad item costs itself alone.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from pegboard.blobs.store import BlobStore
from pegboard.db.availability import is_passing
from pegboard.errors import AppError
from pegboard.operations.importing.dump import Dump
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import Names, names_of
from pegboard.operations.importing.report import Counts, Report, Skip
from pegboard.operations.progress import Progress, ignore_progress
from pegboard.tenants.scope import Scope, Scopes

log = structlog.get_logger("pegboard.import")
Shape = TypeVar("Shape")

ImportItem: TypeAlias = Callable[[Scope, Item, Names], Awaitable[None]]
"""Makes the object of one item, or raises Skip, AppError or ValidationError and makes nothing."""

Prepare: TypeAlias = Callable[[Scope, Sequence[Item], Names], Awaitable[ImportItem]]
"""Looks at once for what many items need."""


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What an import works with. Sizes in bytes, as for requests."""

    tenant_id: UUID
    scopes: Scopes
    blobs: BlobStore
    dump: Dump
    report: Report
    max_line: int
    max_file: int
    progress: Progress = ignore_progress

    async def take_all(
        self, items: Iterable[Item], counts: Counts, prepare: Prepare, *, together: int
    ) -> None:
        """Import items, so many in one transaction."""
        for batch in _batches(items, together):
            await self._take_batch(batch, counts, prepare)

    async def take_one(self, item: Item, counts: Counts, take: ImportItem) -> None:
        """Import one item, in a transaction of its own."""

        async def prepare(scope: Scope, items: Sequence[Item], names: Names) -> ImportItem:
            return take

        await self._take_batch([item], counts, prepare)

    async def _take_batch(self, batch: Sequence[Item], counts: Counts, prepare: Prepare) -> None:
        made: list[Item] = []
        skips: list[tuple[Item, Skip]] = []
        try:
            async with self.scopes(self.tenant_id) as scope:
                names = await names_of(scope, batch)
                wanted = [item for item in batch if not names.is_there(item.original_id)]
                take = await prepare(scope, wanted, names)
                for item in wanted:
                    try:
                        await take(scope, item, names)
                        made.append(item)
                    except (Skip, AppError, ValidationError) as reason:
                        skips.append((item, skip_of(reason, item.original_id)))
                await scope.session.flush()
                await names.keep(scope, made, imported={item.original_id for item in made})
        except DBAPIError as error:
            if is_passing(error):
                raise
            if len(batch) > 1:
                for item in batch:
                    await self._take_batch([item], counts, prepare)
                return
            log.warning("refused", place=batch[0].place, error=type(error.orig).__name__)
            counts.skip(batch[0].place, Skip("refused by the database", batch[0].original_id))
            return
        counts.imported += len(made)
        counts.already += len(batch) - len(wanted)
        for item, skip in skips:
            counts.skip(item.place, skip)


def skip_of(reason: Skip | AppError | ValidationError, original_id: str) -> Skip:
    """Why an item is left out, in one shape."""
    match reason:
        case Skip():
            return reason
        case ValidationError():
            first = reason.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            return Skip("not as such objects are", f"{original_id}, {place}: {first['msg']}")
        case AppError():
            return Skip("not as such objects are", f"{original_id}: {reason.message}")


def given(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """The fields among these that are set: null and absent are the same in a dump."""
    return {name: value[name] for name in names if value.get(name) is not None}


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
