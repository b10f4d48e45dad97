"""Spans sent to a collector by OTLP over HTTP. The only module that imports OpenTelemetry.

Where to, how often and which of them is OpenTelemetry's own to say: `OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_SAMPLER` and the rest of its variables. Its provider is not made the global one: other
libraries would send spans by it, with prompts in them.
"""

import os
import threading
from importlib.metadata import version
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind as OtelSpanKind
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pegboard.telemetry.tracing import Attributes, Span, SpanKind, Value

CLOSE_SECONDS: Final = 5.0
"""How long the last spans may take to be sent."""

_KINDS: Final = {
    SpanKind.SERVER: OtelSpanKind.SERVER,
    SpanKind.CLIENT: OtelSpanKind.CLIENT,
    SpanKind.INTERNAL: OtelSpanKind.INTERNAL,
    SpanKind.CONSUMER: OtelSpanKind.CONSUMER,
}
_W3C: Final = TraceContextTextMapPropagator()


class OtlpSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def context(self) -> Context:
        return trace.set_span_in_context(self._span, Context())

    @property
    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, self.context)
        return carrier.get("traceparent")

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self._span.end()


class OtlpTracer:
    def __init__(self) -> None:
        named = "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        given = {SERVICE_VERSION: version("pegboard")}
        if not named and not os.environ.get("OTEL_SERVICE_NAME"):
            given[SERVICE_NAME] = "pegboard"
        self._provider = TracerProvider(resource=Resource.create(given), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("pegboard", version("pegboard"))

    def begin(
        self, name: str, kind: SpanKind, attributes: Attributes, parent: Span | str | None
    ) -> Span:
        context = Context()
        if isinstance(parent, OtlpSpan):
            context = parent.context
        elif isinstance(parent, str):
            context = _W3C.extract({"traceparent": parent}, Context())
        begun = self._tracer.start_span(name, context, _KINDS[kind], dict(attributes))
        return OtlpSpan(begun)

    def close(self) -> None:
        """Send what is left, within `CLOSE_SECONDS`; blocks for so long."""
        # By a thread that ends with the process: a collector that is away is asked again and again.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
