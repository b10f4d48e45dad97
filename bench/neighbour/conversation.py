"""A program of this part at the other end of a pipe: one JSON object in, one out."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from bench.processes import Program

Order = dict[str, Any]
Obey = Callable[[Order], Awaitable[Order]]


class Refused(RuntimeError):
    """A program could not do as it was ordered."""


async def order(program: Program, command: str, **fields: Any) -> Order:
    answer: Order = json.loads(
        await program.ask(json.dumps({"order": command, **fields}).encode() + b"\n")
    )
    if "error" in answer:
        raise Refused(f"{command}: {answer['error']}")
    return answer


def obey(act: Obey) -> None:
    """Carry out orders from standard input, one after the other, until it is closed."""
    print("ready", flush=True)
    uvloop.run(_obey(act))


async def _obey(act: Obey) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = await act(json.loads(line))
        except Exception as error:
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)
