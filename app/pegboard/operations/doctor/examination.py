"""The whole report."""

from collections.abc import AsyncIterator

from pegboard.composition.database import holds_data, reach_database, require_database
from pegboard.errors import AppError
from pegboard.extras import ExtraMissing
from pegboard.operations.doctor.database import examine_database
from pegboard.operations.doctor.finding import Finding, fail, warn
from pegboard.operations.doctor.machine import examine_blobs, examine_machine
from pegboard.operations.doctor.pooler import examine_pooler
from pegboard.settings import Settings


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Findings as they come. An embedded database that is not running is started for the while."""
    for finding in examine_machine(settings):
        yield finding
    if settings.blobs_bucket is not None or holds_data(settings):
        yield await examine_blobs(settings)
    if not holds_data(settings):
        try:
            require_database(settings)
        except ExtraMissing as missing:
            yield fail("database", missing.message)
            return
        yield warn("database", "there are no data yet; the first `pegboard serve` makes a place")
        return
    try:
        async with reach_database(settings) as engine:
            async for finding in examine_database(settings, engine):
                yield finding
            async for finding in examine_pooler(settings, engine):
                yield finding
    except AppError as error:
        yield fail("database", error.message)
