"""What a tenant has used, summed by day (UTC) and model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import text

from pegboard.tenants.scope import Scope
from pegboard.usage.tables import Purpose

_WITHIN: Final = """
    tenant_id = :tenant_id
    AND (CAST(:since AS date) IS NULL
         OR created_at >= CAST(:since AS date)::timestamp AT TIME ZONE 'UTC')
    AND (CAST(:until AS date) IS NULL
         OR created_at < (CAST(:until AS date) + 1)::timestamp AT TIME ZONE 'UTC')
"""
_SUMS: Final = """
    count(DISTINCT subject_id) FILTER (WHERE purpose = :run) AS runs,
    coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
    coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
    coalesce(sum(cached_input_tokens), 0)::bigint AS cached_input_tokens,
    coalesce(sum(cache_write_input_tokens), 0)::bigint AS cache_write_input_tokens,
    coalesce(sum(cost_usd), 0) AS cost_usd,
    coalesce(sum(cost_usd) FILTER (WHERE purpose = :memory), 0) AS memory_cost_usd,
    count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced
"""
_DAY: Final = "(created_at AT TIME ZONE 'UTC')::date"

_BY_DAY: Final = text(f"""
    SELECT {_DAY} AS day, provider, model, {_SUMS}
    FROM usage_records
    WHERE {_WITHIN}
    GROUP BY day, provider, model
    ORDER BY day DESC, provider, model
    LIMIT :limit OFFSET :skip
""")  # noqa: S608  the interpolated texts are constants

_IN_ALL: Final = text(f"""
    SELECT {_SUMS}, count(DISTINCT ({_DAY}, provider, model)) AS rows
    FROM usage_records
    WHERE {_WITHIN}
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Used:
    """Sums over runs and extractions. `unpriced` counts those whose price is not known."""

    runs: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cache_write_input_tokens: int
    cost_usd: Decimal
    memory_cost_usd: Decimal
    unpriced: int


@dataclass(frozen=True, slots=True)
class UsedOnDay:
    day: date
    provider: str
    model: str
    used: Used


@dataclass(frozen=True, slots=True)
class Summary:
    """A page of days and models, the newest day first; `rows` counts all of them."""

    page: Sequence[UsedOnDay]
    rows: int
    in_all: Used


async def summarise(
    scope: Scope,
    *,
    skip: int,
    limit: int,
    since: date | None = None,
    until: date | None = None,
) -> Summary:
    """Both days are included."""
    parameters = {
        "tenant_id": scope.tenant_id,
        "since": since,
        "until": until,
        "run": Purpose.RUN,
        "memory": Purpose.MEMORY,
    }
    page = await scope.session.execute(_BY_DAY, {**parameters, "skip": skip, "limit": limit})
    days = [
        UsedOnDay(row["day"], row["provider"], row["model"], _used(row)) for row in page.mappings()
    ]
    in_all = (await scope.session.execute(_IN_ALL, parameters)).mappings().one()
    return Summary(days, in_all["rows"], _used(in_all))


def _used(row: Any) -> Used:
    return Used(**{name: row[name] for name in Used.__slots__})
