"""What the settings ask for, against what is installed."""

from pegboard.composition.database import require_database
from pegboard.composition.knowledge import blobs_of
from pegboard.settings import Settings
from pegboard.telemetry.trace_choice import require_exporter


def require_extras(settings: Settings) -> None:
    """Asked before a server opens anything: nothing is begun in vain. Raises ExtraMissing."""
    require_database(settings)
    blobs_of(settings)
    require_exporter(settings.traces)
