"""Ask the upstream with litellm or with httpx and nothing around it; a process of its own.

The difference of the two is litellm's own cost. Orders come in as JSON lines, one by one, so that
these batches can alternate with those of the servers.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final

import httpx
import uvloop

from bench import words
from bench.orders import Order

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm


def _messages(order: Order) -> list[dict[str, str]]:
    said = [
        {"role": "user", "content": words.question(40)},
        {"role": "assistant", "content": words.text(40)},
    ]
    return [*said * order.past, {"role": "user", "content": words.question(order.words)}]


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
    said, last = "", 0.0
    async for chunk in answer:
        for choice in chunk.choices:
            if choice.delta.content:
                said += choice.delta.content
                last = perf_counter()
    _check(said)
    return last


async def _with_httpx(order: Order, client: httpx.AsyncClient) -> float:
    """As the floor asks."""
    asked = {"model": "gpt-4o", "messages": _messages(order), "stream": order.streamed}
    if not order.streamed:
        answer = await client.post("/chat/completions", json=asked)
        _check(answer.json()["choices"][0]["message"]["content"])
        return perf_counter()
    said, last = "", 0.0
    async with client.stream("POST", "/chat/completions", json=asked) as lines:
        async for line in lines.aiter_lines():
            if line.startswith("data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    if piece := choice["delta"].get("content"):
                        said += piece
                        last = perf_counter()
    _check(said)
    return last


_WAYS: Final[dict[str, Callable[[Order, httpx.AsyncClient], Awaitable[float]]]] = {
    "httpx": _with_httpx,
    "litellm": _with_litellm,
}


def _check(said: str) -> None:
    assert said.endswith(words.LAST), said


async def _carry_out(order: Order, client: httpx.AsyncClient) -> list[float]:
    """Seconds that each call took until its text was complete."""
    seconds: list[float] = []

    async def call_in_turn() -> None:
        for _ in range(order.calls // order.clients):
            begun = perf_counter()
            seconds.append(await _WAYS[order.how](order, client) - begun)

    await asyncio.gather(*(call_in_turn() for _ in range(order.clients)))
    return seconds


async def _main() -> None:
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    print("ready", flush=True)
    async with httpx.AsyncClient(base_url=os.environ["OPENAI_BASE_URL"], timeout=60) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            seconds = await _carry_out(Order(**json.loads(line)), client)
            print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
