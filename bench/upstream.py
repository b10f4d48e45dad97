"""A fake provider in the shape of OpenAI's chat completions, which thinks for 0 ms.

Raw ASGI with prepared bytes, so that it is cheap beside what is measured. `say N words` in the
newest message decides the length of the answer; a streamed one has a chunk for each word.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from bench import words
from bench.listening import serve

_LENGTH: Final = re.compile(rb"say (\d+) words")
_STREAMED: Final = re.compile(rb'"stream": ?true')
_WITH_USAGE: Final = re.compile(rb'"include_usage": ?true')


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    # Not parsed: the long histories of turn 200 would make the upstream part of what is measured.
    lengths = _LENGTH.findall(body)
    count = int(lengths[-1]) if lengths else 40
    streamed = _STREAMED.search(body) is not None
    kind = b"text/event-stream" if streamed else b"application/json"
    headers = [(b"content-type", kind)]
    if not streamed:
        headers.append((b"content-length", str(len(_whole(count))).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if streamed:
        for chunk in _chunks(count, with_usage=_WITH_USAGE.search(body) is not None):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": _whole(count)})


@cache
def _whole(count: int) -> bytes:
    message = {"role": "assistant", "content": words.text(count), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _json(object="chat.completion", choices=[choice], usage=_usage(count))


@cache
def _chunks(count: int, *, with_usage: bool) -> tuple[bytes, ...]:
    return tuple(_stream(count, with_usage=with_usage))


def _stream(count: int, *, with_usage: bool) -> Iterator[bytes]:
    yield _chunk({"role": "assistant", "content": ""})
    for piece in words.pieces(count):
        yield _chunk({"content": piece})
    yield _chunk({}, finish_reason="stop")
    if with_usage:
        yield _frame(_json(object="chat.completion.chunk", choices=[], usage=_usage(count)))
    yield _frame(b"[DONE]")


def _chunk(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _frame(_json(object="chat.completion.chunk", choices=[choice]))


def _usage(count: int) -> dict[str, int]:
    return {"prompt_tokens": 20, "completion_tokens": count, "total_tokens": 20 + count}


def _json(**fields: Any) -> bytes:
    completion = {"id": "chatcmpl-bench", "created": 1_750_000_000, "model": "gpt-4o", **fields}
    return json.dumps(completion, separators=(",", ":")).encode()


def _frame(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


if __name__ == "__main__":
    serve(app)
