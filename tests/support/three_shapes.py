"""A provider that speaks as OpenAI, Anthropic and Google do, and fails as its model's name says."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SAYS = "The model is on holiday, see http://10.0.0.7:8000/status key sk-verysecretkey123"
SHOWN = "The model is on holiday, see [address] key [key]"

_GEMINI_HALF = {"candidates": [{"content": {"parts": [{"text": "Half"}], "role": "model"}}]}
_OPENAI_HALF = {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"} | {
    "choices": [{"index": 0, "delta": {"content": "Half"}, "finish_reason": None}]
}
_STARTED = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"} | {
    "usage": {"input_tokens": 1, "output_tokens": 1}
}
_ANTHROPIC_HALF = (
    {"type": "message_start", "message": _STARTED},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Half"}},
)


def _error(shape: str, status: int) -> Any:
    match shape:
        case "gemini":
            return {"error": {"code": status, "message": SAYS, "status": "INTERNAL"}}
        case "anthropic":
            return {"type": "error", "error": {"type": "api_error", "message": SAYS}}
        case _:
            return {"error": {"message": SAYS, "type": "server_error", "code": None}}


def _half(shape: str) -> list[Any]:
    if shape == "anthropic":
        return list(_ANTHROPIC_HALF)
    return [_GEMINI_HALF if shape == "gemini" else _OPENAI_HALF]


@dataclass
class ThreeShapes:
    """`requested` are the names of the models that were requested, with the shape."""

    url: str = ""
    requested: list[tuple[str, str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OPENAI_API_KEY": "sk-x",
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "ANTHROPIC_API_KEY": "k",
            "ANTHROPIC_BASE_URL": self.url,
            "GEMINI_API_KEY": "k",
            "GEMINI_API_BASE": self.url,
        }


class _Handler(BaseHTTPRequestHandler):
    provider: ThreeShapes

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        named = re.search(r"/models/([^:]+):", self.path)
        shape = "gemini" if named else "anthropic" if "/messages" in self.path else "openai"
        model = named[1] if named else body["model"]
        self.provider.requested.append((shape, model))
        behaviour = model.partition("-")[2]
        with suppress(BrokenPipeError, ConnectionResetError):
            self._behave(shape, behaviour)

    def _behave(self, shape: str, behaviour: str) -> None:
        kind, _, status = behaviour.partition("-")
        match kind:
            case "fails":
                self._answer(int(status), json.dumps(_error(shape, int(status))).encode())
            case "page":
                self._answer(int(status), b"<html><body>Bad gateway</body></html>", "text/html")
            case "moderates":
                result = {"flagged": True, "categories": {}, "category_scores": {}}
                moderation = {"id": "modr-1", "model": "m", "results": [result]}
                self._answer(200, json.dumps(moderation).encode())
            case "hangs":
                self.connection.close()
            case "midway" | "drops":
                self._begin(shape)
                if kind == "midway":
                    self._piece(shape, _error(shape, 500))
                    self.wfile.write(b"0\r\n\r\n")
                else:
                    self.wfile.flush()
                    self.connection.close()
            case _:
                raise AssertionError(behaviour)

    def _begin(self, shape: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in _half(shape):
            self._piece(shape, piece)

    def _piece(self, shape: str, piece: Any) -> None:
        event = f"event: {piece['type']}\n" if shape == "anthropic" else ""
        data = f"{event}data: {json.dumps(piece)}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _answer(self, status: int, data: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def running_three_shapes() -> Iterator[ThreeShapes]:
    provider = ThreeShapes()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
