"""What a tenant's runs and extractions have used, by day and model."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from pegboard.api.backboard.paging import within_bigint
from pegboard.api.backboard.wire.usage import (
    PagingOut,
    RecentOut,
    RecentPageOut,
    UsageOut,
    UsedOnDayOut,
    UsedOut,
)
from pegboard.api.http.scopes import Reading
from pegboard.usage.summary import summarise

router = APIRouter(tags=["Usage"])

Page = Annotated[int, Query(ge=1)]
PageSize = Annotated[int, Query(ge=1, le=500)]


@router.get("/billing/usage/recent")
async def get_recent_usage(
    scope: Reading, page: Page = 1, page_size: PageSize = 25
) -> RecentPageOut:
    """Days and models, the newest day first, in the shape that clients up to 1.5.8 read."""
    summary = await summarise(scope, skip=within_bigint((page - 1) * page_size), limit=page_size)
    return RecentPageOut(
        data=[RecentOut.of(row) for row in summary.page],
        pagination=PagingOut.of(page=page, page_size=page_size, total=summary.rows),
    )


@router.get("/usage")
async def get_usage(
    scope: Reading,
    since: Annotated[date | None, Query(description="first day, UTC")] = None,
    until: Annotated[date | None, Query(description="last day, UTC")] = None,
    page: Page = 1,
    page_size: PageSize = 100,
) -> UsageOut:
    """The same with all that is counted, and the sums of the whole span. This server's own."""
    summary = await summarise(
        scope,
        skip=within_bigint((page - 1) * page_size),
        limit=page_size,
        since=since,
        until=until,
    )
    return UsageOut(
        data=[UsedOnDayOut.on(row) for row in summary.page],
        totals=UsedOut.of(summary.in_all),
        pagination=PagingOut.of(page=page, page_size=page_size, total=summary.rows),
    )
