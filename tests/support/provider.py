"""A provider in the shape of OpenAI that does what the name of the model says."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.deadlines import patience

Request = dict[str, Any]
Behaviour = Callable[["Exchange"], None]


@dataclass
class Provider:
    """`requests` are the bodies received, in order. `released` lets a silent model go on."""

    url: str
    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def last(self) -> Request:
        return self.requests[-1]


@dataclass
class Exchange:
    """One request being answered."""

    handler: BaseHTTPRequestHandler
    request: Request
    provider: Provider

    def fail(self, status: int, message: str, **headers: str) -> None:
        self.send(status, {"error": {"message": message, "type": "x", "code": None}}, headers)

    def say(self, text: str, *, finish: str = "stop", calls: list[Request] | None = None) -> None:
        """Answer whole or word by word, as requested."""
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        if self.request.get("stream"):
            self.start_stream()
            for word in re.findall(r"\S+\s*", text):
                self.piece({"content": word})
            for index, call in enumerate(calls or []):
                self.piece({"tool_calls": [{"index": index, **call}]})
            self.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
            self.chunk({"choices": [], "usage": usage})
            self.handler.wfile.write(b"data: [DONE]\n\n")
            return
        message = {"role": "assistant", "content": text or None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        self.send(200, {**self._head(), "choices": [choice], "usage": usage}, {})

    def start_stream(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.end_headers()

    def piece(self, delta: Request) -> None:
        self.chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})

    def chunk(self, fields: Request) -> None:
        body = json.dumps({**self._head(), "object": "chat.completion.chunk", **fields})
        self.handler.wfile.write(f"data: {body}\n\n".encode())
        self.handler.wfile.flush()

    def _head(self) -> Request:
        return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m"}

    def send(self, status: int, body: Request, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        self.handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(data)


def _call(arguments: str, *, name: str = "get_weather", call_id: str = "call_1") -> list[Request]:
    function = {"name": name, "arguments": arguments}
    return [{"id": call_id, "type": "function", "function": function}]


def _says_hello(exchange: Exchange) -> None:
    exchange.say("Hello from the provider")


def _cuts_off(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.piece({"content": "Only a "})
    exchange.piece({"content": "part"})


def _breaks(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.piece({"content": "Half"})
    exchange.handler.connection.close()


def _calls_without_location_first(exchange: Exchange) -> None:
    if exchange.request["messages"][-1]["role"] == "tool":
        exchange.say("", finish="tool_calls", calls=_call('{"location": "Oslo"}'))
    else:
        exchange.say("", finish="tool_calls", calls=_call("{}"))


def _calls_badly_forever(exchange: Exchange) -> None:
    exchange.say("", finish="tool_calls", calls=_call("not json"))


def _calls_in_pieces(exchange: Exchange) -> None:
    """The arguments letter by letter, and all that is sent byte by byte, within letters as well."""
    if exchange.request["messages"][-1]["role"] == "tool":
        exchange.say(f"It says {exchange.request['messages'][-1]['content']}")
        return
    exchange.start_stream()
    (call,) = _call("")
    deltas = [call, *({"function": {"arguments": one}} for one in '{"location": "Tromsø \\"N\\""}')]
    for delta in deltas:
        choice = {"index": 0, "delta": {"tool_calls": [{"index": 0, **delta}]}}
        body = json.dumps({"id": "c1", "choices": [choice]}, ensure_ascii=False)
        for byte in f"data: {body}\n\n".encode():
            exchange.handler.wfile.write(bytes([byte]))
            exchange.handler.wfile.flush()
    exchange.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    exchange.handler.wfile.write(b"data: [DONE]\n\n")


def _speaks_html(exchange: Exchange) -> None:
    """As a proxy does that has its own idea of an answer."""
    data = b"<html><body><h1>Welcome</h1></body></html>"
    exchange.handler.send_response(200)
    exchange.handler.send_header("Content-Type", "text/html")
    exchange.handler.send_header("Content-Length", str(len(data)))
    exchange.handler.end_headers()
    exchange.handler.wfile.write(data)


def _recovers(exchange: Exchange, fails: Callable[[Exchange], None]) -> None:
    model = exchange.request["model"]
    if [one["model"] for one in exchange.provider.requests].count(model) == 1:
        fails(exchange)
    else:
        exchange.say("Hello from the provider")


def _calls(exchange: Exchange) -> None:
    if exchange.request["messages"][-1]["role"] == "tool":
        exchange.say(f"It says {exchange.request['messages'][-1]['content']}")
    else:
        exchange.say("", finish="tool_calls", calls=_call('{"location": "Oslo"}'))


def _searches(exchange: Exchange) -> None:
    last = exchange.request["messages"][-1]
    if last["role"] == "tool":
        exchange.say(f"It says {last['content']}")
    else:
        call = _call('{"query": "pegboard"}', name="web_search")
        exchange.say("", finish="tool_calls", calls=call)


def _reads_a_page(exchange: Exchange) -> None:
    """Reads the address that its system prompt names."""
    first, *_, last = exchange.request["messages"]
    if last["role"] == "tool":
        exchange.say(f"It says {last['content']}")
    else:
        call = _call(json.dumps({"url": first["content"]}), name="read_web_page")
        exchange.say("", finish="tool_calls", calls=call)


def _searches_and_calls(exchange: Exchange) -> None:
    last = exchange.request["messages"][-1]
    if last["role"] == "tool":
        exchange.say(f"It says {last['content']}")
    else:
        search = _call('{"query": "pegboard"}', name="web_search", call_id="call_2")
        exchange.say("", finish="tool_calls", calls=[*search, *_call('{"location": "Oslo"}')])


def _searches_forever(exchange: Exchange) -> None:
    if exchange.request.get("tools"):
        call = _call('{"query": "more"}', name="web_search")
        exchange.say("", finish="tool_calls", calls=call)
    else:
        exchange.say("Enough")


def _learns(exchange: Exchange) -> None:
    """Answers as a model that keeps a memory is asked to; talks like any other besides."""
    system = exchange.request["messages"][0]["content"]
    if '{"facts"' in system:
        exchange.say('{"facts": [{"text": "User drinks {tea}", "quote": "I drink {tea}"}]}')
    elif '{"memory"' in system:
        known = json.loads(exchange.request["messages"][-1]["content"])["known_facts"]
        change = {"event": "UPDATE", "id": known[0]["id"]} if known else {"event": "ADD"}
        text = "User drinks coffee" if known else "User drinks {tea}"
        exchange.say(json.dumps({"memory": [{"index": 1, "text": text, **change}]}))
    else:
        exchange.say("Noted")


def _learns_badly(exchange: Exchange) -> None:
    exchange.say("I would rather not say.")


def _falls_silent(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.piece({"content": "Wait "})
    exchange.provider.released.wait(patience(30))
    exchange.piece({"content": "done"})
    exchange.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})


def _takes_its_time(exchange: Exchange) -> None:
    exchange.provider.released.wait(patience(60))
    exchange.say("Here you are")


def _embeds(exchange: Exchange) -> None:
    """As many dimensions as requested; the letters of a text decide."""
    model, released = exchange.request["model"], exchange.provider.released.is_set()
    if model == "embeds-nothing" or (model == "embeds-when-released" and not released):
        exchange.fail(500, "The server had an error")
        return
    dims = exchange.request.get("dimensions", 8)
    data = [
        {"object": "embedding", "index": index, "embedding": _letters(text, dims)}
        for index, text in enumerate(exchange.request["input"])
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    exchange.send(200, {"object": "list", "data": data, "model": "m", "usage": usage}, {})


def _letters(text: str, dims: int) -> list[float]:
    counts = [0.01] * dims
    for letter in text.lower():
        if letter.isalpha():
            counts[ord(letter) % dims] += 1.0
    return counts


def _last_content(exchange: Exchange) -> str:
    """The content of the last message of the request."""
    return str(exchange.request["messages"][-1]["content"])


def _calls_with_what_it_was_told(exchange: Exchange) -> None:
    if exchange.request["messages"][-1]["role"] == "tool":
        exchange.say(f"It says {_last_content(exchange)}")
    else:
        arguments = json.dumps({"location": _last_content(exchange)})
        exchange.say("", finish="tool_calls", calls=_call(arguments))


def _calls_badly_with_what_it_was_told(exchange: Exchange) -> None:
    exchange.say("", finish="tool_calls", calls=_call(f"no json: {_last_content(exchange)}"))


def _quotes(status: int) -> Behaviour:
    return lambda exchange: exchange.fail(status, f"I will not answer {_last_content(exchange)!r}")


def _breaks_off_with_an_odd_piece(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.piece({"content": {"not": _last_content(exchange)}})


def _status(status: int, message: str, **headers: str) -> Behaviour:
    return lambda exchange: exchange.fail(status, message, **headers)


BEHAVIOURS: dict[str, Behaviour] = {
    "says-hello": _says_hello,
    "gpt-4o": _says_hello,
    "vendor/says-hello:free": _says_hello,
    "cuts-off": _cuts_off,
    "breaks": _breaks,
    "calls": _calls,
    "calls-in-pieces": _calls_in_pieces,
    "speaks-html": _speaks_html,
    "recovers": lambda exchange: _recovers(exchange, lambda it: it.fail(500, "An error")),
    "recovers-from-html": lambda exchange: _recovers(exchange, _speaks_html),
    "searches": _searches,
    "searches-and-calls": _searches_and_calls,
    "searches-forever": _searches_forever,
    "reads-a-page": _reads_a_page,
    "learns": _learns,
    "learns-badly": _learns_badly,
    "calls-without-location-first": _calls_without_location_first,
    "calls-badly-forever": _calls_badly_forever,
    "falls-silent": _falls_silent,
    "takes-its-time": _takes_its_time,
    "calls-with-what-it-was-told": _calls_with_what_it_was_told,
    "calls-badly-with-what-it-was-told": _calls_badly_with_what_it_was_told,
    "quotes-and-rejects": _quotes(400),
    "quotes-and-breaks": _quotes(500),
    "quotes-and-limits": _quotes(429),
    "breaks-off-with-an-odd-piece": _breaks_off_with_an_odd_piece,
    "refuses-key": _status(401, "Incorrect API key provided: sk-verysecretkey123"),
    "limits": _status(429, "Slow down", retry_after="7"),
    "limits-oddly": _status(429, "Slow down", retry_after="nan"),
    "rejects": _status(400, "messages: this is not acceptable"),
    "is-unknown": _status(404, "The model does not exist"),
    "is-broken": _status(500, "The server had an error"),
}


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body)
            provider.requests.append(request)
            embeds = self.path.endswith("/embeddings")
            behave = _embeds if embeds else BEHAVIOURS[request["model"]]
            with suppress(BrokenPipeError):  # the server has given up on us
                behave(Exchange(self, request, provider))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
