"""How much an assistant remembers, and of which kinds; counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from pegboard.tenants.scope import Scope

_COUNTED: Final = text("""
    SELECT count(*) AS total, count(source) AS learnt, max(updated_at) AS last_updated,
           coalesce(sum(length(content)), 0) AS characters,
           coalesce(max(length(content)), 0) AS longest,
           coalesce(round(avg(length(content))), 0)::bigint AS average
    FROM memories
    WHERE tenant_id = :tenant_id AND assistant_id = :assistant_id
""")

_KINDS: Final = text("""
    SELECT CASE WHEN json_typeof(metadata -> 'type') = 'string' THEN metadata ->> 'type'
                WHEN source IS NOT NULL THEN 'learnt'
                ELSE 'unlabelled' END AS kind,
           count(*) AS total
    FROM memories
    WHERE tenant_id = :tenant_id AND assistant_id = :assistant_id
    GROUP BY kind
    ORDER BY total DESC, kind
""")


@dataclass(frozen=True, slots=True)
class Insights:
    """Lengths in characters. `kinds` counts by the client's `metadata.type`, where that is text."""

    total: int
    learnt: int
    last_updated: datetime | None
    characters: int
    longest: int
    average: int
    kinds: Mapping[str, int]


async def insights_of(scope: Scope, assistant_id: UUID) -> Insights:
    whose = {"tenant_id": scope.tenant_id, "assistant_id": assistant_id}
    counted = (await scope.session.execute(_COUNTED, whose)).mappings().one()
    kinds = (await scope.session.execute(_KINDS, whose)).all()
    return Insights(**counted, kinds={row.kind: row.total for row in kinds})
