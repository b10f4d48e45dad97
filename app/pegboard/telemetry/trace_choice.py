"""Whether spans are sent, by PEGBOARD_TRACES or OpenTelemetry's own variables."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pegboard import extras
from pegboard.errors import AppError, ErrorKind
from pegboard.telemetry import tracing

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN: Final = "http/protobuf"


class TracesUnavailable(AppError):
    kind = ErrorKind.UNSUPPORTED
    code = "traces_unavailable"


def are_wanted(chosen: str | None) -> bool:
    """`chosen` is PEGBOARD_TRACES; unset, an address to send to is what says so."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if chosen is not None:
        return chosen == "otlp"
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter:
        return exporter == "otlp"
    return any(os.environ.get(name) for name in _ENDPOINTS)


def require_exporter(chosen: str | None) -> None:
    """Raises ExtraMissing where traces are wanted and cannot be sent."""
    if are_wanted(chosen):
        extras.require("otel", "Traces are asked for, and OpenTelemetry is not installed")


@asynccontextmanager
async def traced(chosen: str | None) -> AsyncIterator[None]:
    """Send spans within the block, where wanted. Raises TracesUnavailable and ExtraMissing."""
    if not are_wanted(chosen):
        yield
        return
    protocol = next((value for name in _PROTOCOLS if (value := os.environ.get(name))), _SPOKEN)
    if protocol != _SPOKEN:
        raise TracesUnavailable(f"Traces are sent by OTLP as {_SPOKEN}, not as {protocol!r}")
    require_exporter(chosen)
    from pegboard.telemetry.otlp import (  # noqa: PLC0415  costs nothing where it is not wanted
        OtlpTracer,
    )

    tracer = OtlpTracer()
    tracing.install(tracer)
    try:
        yield
    finally:
        tracing.install(None)
        await asyncio.to_thread(tracer.close)
