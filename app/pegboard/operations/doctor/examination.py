"""The whole report."""

from collections.abc import AsyncIterator

from pegboard.composition.database import holds_data, reach_database
from pegboard.composition.knowledge import blobs_of
from pegboard.errors import AppError
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
        yield await examine_blobs(settings, blobs_of(settings))
    if not holds_data(settings):
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
