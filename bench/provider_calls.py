"""Ask the upstream with litellm, with httpx or by our direct path, and nothing around it.

A process of its own. The difference of the first two is litellm's own cost. Orders come in as JSON
lines, one by one, so that these batches can alternate with those of the servers.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from time import perf_counter, process_time
from typing import Any, Final

import httpx
import psutil
import uvloop

from bench import words
from bench.orders import Calls, Order
from pegboard.llm.gateway import (
    AssistantTurn,
    ModelName,
    ModelRequest,
    Prompt,
    TextPiece,
    UserTurn,
)
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.openai_compatible.gateway import OpenAiCompatibleGateway

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm


def _messages(order: Order) -> list[dict[str, str]]:
    exchange = [
        {"role": "user", "content": words.question(40)},
        {"role": "assistant", "content": words.text(40)},
    ]
    return [*exchange * order.past, {"role": "user", "content": words.question(order.words)}]


async def _with_litellm(order: Order, client: httpx.AsyncClient) -> float:
    """With the arguments that pegboard.llm.litellm.gateway gives."""
    arguments: dict[str, Any] = {
        "model": "openai/gpt-4o",
        "messages": _messages(order),
        "timeout": 120,
        "max_retries": 2,
        "drop_params": True,
    }
    if not order.streamed:
        answer = await litellm.acompletion(**arguments, stream=False)
        _check(answer.choices[0].message.content)
        return perf_counter()
    answer = await litellm.acompletion(
        **arguments, stream=True, stream_options={"include_usage": True}
    )
    answered, last = "", 0.0
    async for chunk in answer:
        for choice in chunk.choices:
            if choice.delta.content:
                answered += choice.delta.content
                last = perf_counter()
    _check(answered)
    return last


async def _with_httpx(order: Order, client: httpx.AsyncClient) -> float:
    """As the floor asks."""
    request = {"model": "gpt-4o", "messages": _messages(order), "stream": order.streamed}
    if not order.streamed:
        answer = await client.post("/chat/completions", json=request)
        _check(answer.json()["choices"][0]["message"]["content"])
        return perf_counter()
    answered, last = "", 0.0
    async with client.stream("POST", "/chat/completions", json=request) as lines:
        async for line in lines.aiter_lines():
            if line.startswith("data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    if piece := choice["delta"].get("content"):
                        answered += piece
                        last = perf_counter()
    _check(answered)
    return last


async def _directly(order: Order, client: httpx.AsyncClient) -> float:
    """As the server asks where it needs no litellm."""
    turns = [_turn(message) for message in _messages(order)]
    request = ModelRequest(
        ModelName("openai", "gpt-4o"), Prompt("", tuple(turns)), streaming=order.streamed
    )
    text, last = "", 0.0
    async for delta in _direct.stream(request):
        if isinstance(delta, TextPiece):
            text += delta.text
            last = perf_counter()
    _check(text)
    return last if order.streamed else perf_counter()


def _turn(message: dict[str, str]) -> UserTurn | AssistantTurn:
    text = message["content"]
    return UserTurn(text) if message["role"] == "user" else AssistantTurn(text)


_connections = Connections(size=1000, connect=60, first_byte=60, silence=60)
_direct = OpenAiCompatibleGateway(_connections)

_WAYS: Final[dict[str, Callable[[Order, httpx.AsyncClient], Awaitable[float]]]] = {
    "httpx": _with_httpx,
    "litellm": _with_litellm,
    "direct": _directly,
}


def _check(answer: str) -> None:
    assert answer.endswith(words.LAST), answer


async def _carry_out(order: Order, client: httpx.AsyncClient) -> Calls:
    """`seconds` are those that each call took until its text was complete."""
    seconds: list[float] = []

    async def call_in_turn() -> None:
        for _ in range(order.calls // order.clients):
            begun = perf_counter()
            seconds.append(await _WAYS[order.how](order, client) - begun)

    peak = Peak()
    begun, cpu = perf_counter(), process_time()
    async with peak.watched():
        await asyncio.gather(*(call_in_turn() for _ in range(order.clients)))
    return Calls(seconds, perf_counter() - begun, process_time() - cpu, peak.grown)


class Peak:
    """How much more memory was resident at most, in bytes."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._process.memory_info().rss
        self.grown = 0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        while True:
            self.grown = max(self.grown, self._process.memory_info().rss - self._before)
            await asyncio.sleep(0.02)


async def _main() -> None:
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    await _connections.load()
    print("ready", flush=True)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    base = os.environ["OPENAI_BASE_URL"]
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            calls = await _carry_out(Order(**json.loads(line)), client)
            print(json.dumps(asdict(calls)), flush=True)
    await _connections.close()


if __name__ == "__main__":
    uvloop.run(_main())
