"""Make vector stores, find them, change them, let them go; and how far their files are.

A store whose time has passed is still listed, but neither searched nor filled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_

from pegboard import clock
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page, Rows, rows_of
from pegboard.documents import operations as documents
from pegboard.documents.tables import Document, DocumentStatus, VectorStore
from pegboard.errors import AppError, NotFound
from pegboard.identifiers import new_id
from pegboard.tenants.scope import Scope

NOUN: Final = "Vector store"
CHANGEABLE: Final = frozenset({"name", "labels", "expires_after_days"})


class StoreExpired(AppError):
    """The store was not used for as long as it was to last."""

    code = "vector_store_expired"

    def __init__(self) -> None:
        super().__init__("The vector store has expired")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents are in which state; `used_bytes` is the size of those that were read."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    used_bytes: int = 0

    @property
    def total(self) -> int:
        return self.in_progress + self.completed + self.failed + self.cancelled


async def create(
    scope: Scope,
    *,
    name: str | None = None,
    description: str | None = None,
    labels: JsonDict | None = None,
    expires_after_days: int | None = None,
    store_id: UUID | None = None,
    created_at: datetime | None = None,
) -> VectorStore:
    moment = clock.now()
    store = VectorStore(
        id=store_id or new_id(),
        tenant_id=scope.tenant_id,
        created_at=created_at or moment,
        name=name,
        description=description,
        labels=labels,
        expires_after_days=expires_after_days,
        last_active_at=moment,
        expires_at=None,
    )
    _use(store)
    scope.session.add(store)
    await scope.session.flush()
    return store


async def get(scope: Scope, store_id: UUID) -> VectorStore:
    return await scope.get(VectorStore, store_id, noun=NOUN)


async def hold(scope: Scope, store_id: UUID) -> VectorStore:
    """The store, which nobody else changes or removes before this transaction ends; now in use."""
    store = await scope.held(VectorStore, store_id)
    if store is None:
        raise NotFound(NOUN, store_id)
    if has_expired(store):
        raise StoreExpired
    _use(store)
    return store


async def use(scope: Scope, store_id: UUID) -> None:
    """See that a store is there to be searched, and that it counts as used. StoreExpired."""
    await get(scope, store_id)
    if not await searchable(scope, [store_id]):
        raise StoreExpired


async def searchable(scope: Scope, store_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Those of these stores that have not expired; they are in use from now on."""
    lasting = or_(VectorStore.expires_at.is_(None), VectorStore.expires_at > clock.now())
    ids = await scope.session.scalars(
        scope.select_columns(VectorStore, VectorStore.id).where(
            VectorStore.id.in_(store_ids), lasting
        )
    )
    searched = tuple(ids)
    # One that somebody is changing is in use as it is; a search does not wait for that.
    free = await scope.session.scalars(
        scope.select(VectorStore)
        .where(VectorStore.id.in_(searched))
        .with_for_update(skip_locked=True, key_share=True)
    )
    for store in free:
        _use(store)
    return searched


async def listed(scope: Scope, page: Page) -> Rows[VectorStore]:
    return await rows_of(scope.session, scope.select(VectorStore), page, key=VectorStore.id)


async def change(scope: Scope, store_id: UUID, changes: dict[str, Any]) -> VectorStore:
    """Set the given fields and leave the others. A field outside CHANGEABLE is a KeyError."""
    if not changes.keys() <= CHANGEABLE:
        raise KeyError(*(changes.keys() - CHANGEABLE))
    store = await scope.held(VectorStore, store_id)
    if store is None:
        raise NotFound(NOUN, store_id)
    for field, value in changes.items():
        setattr(store, field, value)
    _use(store)
    return store


async def remove(scope: Scope, store_id: UUID) -> None:
    """Remove a store with its documents. The files that they were made of stay."""
    store = await scope.held(VectorStore, store_id)
    if store is None:
        raise NotFound(NOUN, store_id)
    await documents.release_blobs(scope, vector_store_id=store_id)
    await scope.session.delete(store)


async def counts_of(scope: Scope, store_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    """How far each store is, in one statement for all."""
    counted = await counted_by(scope, Document.vector_store_id, store_ids)
    return {store_id: counted.get(store_id, Counts()) for store_id in store_ids}


async def counted_by(scope: Scope, owner: Any, owner_ids: Iterable[UUID]) -> dict[UUID, Counts]:
    rows = await scope.session.execute(
        scope.select_columns(
            Document,
            owner,
            _how_many(DocumentStatus.PENDING, DocumentStatus.PROCESSING),
            _how_many(DocumentStatus.INDEXED),
            _how_many(DocumentStatus.FAILED),
            _how_many(DocumentStatus.CANCELLED),
            func.coalesce(
                func.sum(
                    case((Document.status == DocumentStatus.INDEXED, Document.byte_size), else_=0)
                ),
                0,
            ),
        )
        .where(owner.in_(owner_ids))
        .group_by(owner)
    )
    return {
        owner_id: Counts(reading, read, failed, cancelled, int(used))
        for owner_id, reading, read, failed, cancelled, used in rows
    }


def has_expired(store: VectorStore) -> bool:
    return store.expires_at is not None and store.expires_at <= clock.now()


def _use(store: VectorStore) -> None:
    store.last_active_at = clock.now()
    days = store.expires_after_days
    store.expires_at = None if days is None else store.last_active_at + timedelta(days=days)


def _how_many(*statuses: DocumentStatus) -> ColumnElement[int]:
    return func.count().filter(Document.status.in_(statuses))
