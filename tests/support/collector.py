"""A collector of spans that speaks OTLP over HTTP, and what it was sent."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.deadlines import deadline


@dataclass(frozen=True)
class Span:
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    failed: bool
    attributes: dict[str, Any]
    service: str


@dataclass
class Collector:
    """`received` are the bodies as they came, for what must not be in them."""

    url: str
    spans: list[Span] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    def find(self, wanted: Callable[[Span], bool], *, count: int = 1) -> list[Span]:
        """The spans that are wanted, once there are so many: they come after the answer."""
        end = deadline(30)
        while len(spans := [span for span in list(self.spans) if wanted(span)]) < count:
            assert time.monotonic() < end, [span.name for span in self.spans]
            time.sleep(0.02)
        return spans

    def child(self, parent: Span, name: str) -> Span:
        """The one span of that name right beneath another."""
        (span,) = self.find(lambda one: one.name == name and one.parent_id == parent.span_id)
        assert span.trace_id == parent.trace_id
        return span

    def take(self, body: bytes) -> None:
        self.received.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans.extend(_span(one, service) for one in scope.spans)


def _span(sent: Any, service: str) -> Span:
    return Span(
        name=sent.name,
        trace_id=sent.trace_id.hex(),
        span_id=sent.span_id.hex(),
        parent_id=sent.parent_span_id.hex(),
        kind=sent.kind,
        failed=sent.status.code == 2,
        attributes=_attributes(sent.attributes),
        service=service,
    )


def _attributes(sent: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in sent}


def _value(sent: Any) -> Any:
    kind = sent.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in sent.array_value.values]
    return getattr(sent, kind)


@contextmanager
def running_collector() -> Iterator[Collector]:
    collector = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            body = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
