"""Keep original ids, and find what goes by them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, any_, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from pegboard import clock
from pegboard.originals.tables import OriginalId
from pegboard.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class Known:
    """`imported`: the object was made here once; otherwise others have only mentioned it."""

    object_id: UUID
    imported: bool


async def known(scope: Scope, original_ids: Collection[str]) -> dict[str, Known]:
    """What is known by these ids; unknown ones are left out."""
    rows = await scope.session.execute(
        select(OriginalId.original_id, OriginalId.object_id, OriginalId.imported_at).where(
            OriginalId.tenant_id == scope.tenant_id,
            OriginalId.original_id == _any_of(original_ids),
        )
    )
    return {row[0]: Known(row[1], row[2] is not None) for row in rows}


async def originals_of(scope: Scope, object_ids: Collection[UUID]) -> dict[UUID, str]:
    """What these objects were called elsewhere; those that were made here are left out."""
    rows = await scope.session.execute(
        select(OriginalId.object_id, OriginalId.original_id).where(
            OriginalId.tenant_id == scope.tenant_id, OriginalId.object_id.in_(object_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


async def keep(scope: Scope, ids: Mapping[str, UUID], *, imported: Collection[str]) -> None:
    """Keep what goes by ids that are not known yet, and which objects are made.

    In the transaction that makes them, so that one is never without the other. Those in `imported`
    may have been mentioned before.
    """
    moment = clock.now()
    rows = [
        {
            "tenant_id": scope.tenant_id,
            "original_id": original_id,
            "object_id": object_id,
            "imported_at": moment if original_id in imported else None,
        }
        for original_id, object_id in ids.items()
    ]
    if rows:
        await scope.session.execute(insert(OriginalId), rows)
    mentioned = [original_id for original_id in imported if original_id not in ids]
    if mentioned:
        await scope.session.execute(
            update(OriginalId)
            .where(
                OriginalId.tenant_id == scope.tenant_id,
                OriginalId.original_id == _any_of(mentioned),
            )
            .values(imported_at=moment)
            .execution_options(synchronize_session=False)
        )


async def count_mentioned(scope: Scope) -> int:
    """How many ids are known that name nothing here."""
    counted = (
        select(func.count())
        .select_from(OriginalId)
        .where(OriginalId.tenant_id == scope.tenant_id, OriginalId.imported_at.is_(None))
    )
    return await scope.session.scalar(counted) or 0


def _any_of(original_ids: Collection[str]) -> Any:
    """One parameter, however many ids: Postgres takes 32,767 parameters and no more."""
    return any_(literal(list(original_ids), ARRAY(Text)))
