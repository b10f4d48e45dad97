"""What was used, as the Backboard API once showed it, and in a richer shape of our own."""

from datetime import UTC, date, datetime, time
from typing import Self

from pydantic import BaseModel

from pegboard.usage.summary import Used, UsedOnDay


class PagingOut(BaseModel):
    page: int
    page_size: int
    total: int
    total_pages: int

    @classmethod
    def of(cls, *, page: int, page_size: int, total: int) -> Self:
        return cls(page=page, page_size=page_size, total=total, total_pages=-(-total // page_size))


class RecentOut(BaseModel):
    """A day and a model, as clients of 1.5.5 to 1.5.8 read it. Nothing is deducted here."""

    date: datetime
    model: str | None
    input_tokens: int
    output_tokens: int
    vector_reads: int
    vector_cost_usd: float
    memory_write_cost_usd: float
    credit_type: str
    amount_deducted_usd: float

    @classmethod
    def of(cls, row: UsedOnDay) -> Self:
        return cls(
            date=datetime.combine(row.day, time(), UTC),
            model=row.model,
            input_tokens=row.used.input_tokens,
            output_tokens=row.used.output_tokens,
            vector_reads=0,
            vector_cost_usd=0,
            memory_write_cost_usd=float(row.used.memory_cost_usd),
            credit_type="none",
            amount_deducted_usd=float(row.used.cost_usd),
        )


class RecentPageOut(BaseModel):
    data: list[RecentOut]
    pagination: PagingOut


class UsedOut(BaseModel):
    """`cost_usd` sums what has a known price; `unpriced` counts the calls that have none."""

    runs: int
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_input_tokens: int
    cache_write_input_tokens: int
    cost_usd: float
    memory_cost_usd: float
    unpriced: int

    @classmethod
    def of(cls, used: Used) -> Self:
        return cls(
            runs=used.runs,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            total_tokens=used.input_tokens + used.output_tokens,
            cached_input_tokens=used.cached_input_tokens,
            cache_write_input_tokens=used.cache_write_input_tokens,
            cost_usd=float(used.cost_usd),
            memory_cost_usd=float(used.memory_cost_usd),
            unpriced=used.unpriced,
        )


class UsedOnDayOut(UsedOut):
    date: date
    provider: str
    model: str

    @classmethod
    def on(cls, row: UsedOnDay) -> Self:
        sums = UsedOut.of(row.used).model_dump()
        return cls(date=row.day, provider=row.provider, model=row.model, **sums)


class UsageOut(BaseModel):
    """`totals` sums the whole span, not the page alone."""

    data: list[UsedOnDayOut]
    totals: UsedOut
    pagination: PagingOut
