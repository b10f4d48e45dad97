"""A web server on loopback that does what the path says. Kept requests show who came, and how."""

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Headers = dict[str, str]
Behaviour = Callable[["Visit"], None]


@dataclass
class Website:
    """`requests` are (path, headers with lower-case names), in order."""

    port: int = 0
    requests: list[tuple[str, Headers]] = field(default_factory=list)
    answers: dict[str, Behaviour] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


@dataclass
class Visit:
    handler: BaseHTTPRequestHandler
    website: Website

    def send(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        self.begin(status=status, **{"Content_Length": str(len(body)), **headers})
        self.handler.wfile.write(body)

    def begin(self, *, status: int = 200, **headers: str) -> None:
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def drip(self) -> None:
        """One byte at a time, each too soon to be called silence, until the other side goes."""
        while not self.website.closing.wait(0.01):
            self.handler.wfile.write(b".")


def page(body: str | bytes, *, status: int = 200, **headers: str) -> Behaviour:
    data = body.encode() if isinstance(body, str) else body
    fields = {"Content_Type": "text/html; charset=utf-8", **headers}
    return lambda visit: visit.send(data, status=status, **fields)


def zipped(body: bytes) -> Behaviour:
    return page(gzip.compress(body), Content_Encoding="gzip")


def answer(value: Any) -> Behaviour:
    return page(json.dumps(value), Content_Type="application/json")


def moved(location: str, *, status: int = 302, **headers: str) -> Behaviour:
    return lambda visit: visit.send(b"", status=status, Location=location, **headers)


def dripping(visit: Visit) -> None:
    visit.begin(Content_Type="text/html")
    visit.drip()


def raw(data: bytes) -> Behaviour:
    """These bytes in place of HTTP."""

    def behave(visit: Visit) -> None:
        visit.handler.wfile.write(data)

    return behave


@contextmanager
def running_website(*, tls: ssl.SSLContext | None = None) -> Iterator[Website]:
    website = Website()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            website.requests.append((self.path, headers))
            behave = website.answers.get(self.path.partition("?")[0], page("", status=404))
            with suppress(OSError):  # the other side has seen enough
                behave(Visit(self, website))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a TLS handshake that the client broke off

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    website.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield website
    finally:
        website.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
