"""A vLLM and an Ollama, as far as their lists of models go."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LISTS: dict[str, Any] = {
    "/v1/models": {
        "object": "list",
        "data": [
            {"id": "acme/tiny:7b", "object": "model", "max_model_len": 4096},
            {"id": 7},
            {"id": "n" * 300},
            {"id": "line\nbreak"},
            {"id": "acme/odd", "max_model_len": True},
            "not a model",
        ],
    },
    "/api/tags": {
        "models": [{"name": "llama-of-mine:latest"}, {"name": "embeds:latest"}, {"name": None}]
    },
}
_SHOWN: dict[str, Any] = {
    "llama-of-mine:latest": {
        "model_info": {"llama.context_length": 32768, "llama.embedding_length": 4096},
        "capabilities": ["completion", ["odd"], "tools", "thinking"],
    },
    "embeds:latest": {
        "model_info": {"bert.context_length": 512, "bert.embedding_length": 768},
        "capabilities": ["embedding"],
    },
}


_ODD: list[bytes] = [
    json.dumps({"data": [{"id": "bad\ud800name"}]}).encode(),
    b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"data": [{"id": "' + b"x" * 5_000_000 + b'"}]}',
    b"<html>",
]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/odd/models":
            self._send(_ODD[self.server.requests % len(_ODD)])  # type: ignore[attr-defined]
            self.server.requests += 1  # type: ignore[attr-defined]
        else:
            self._answer(_LISTS[self.path])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(_SHOWN[body["model"]])

    def _answer(self, body: Any) -> None:
        self._send(json.dumps(body).encode())

    def _send(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def running_endpoints() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.requests = 0  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
