"""The sandbox as a gateway: a request in, a stream of deltas out, at the pace the script sets."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from decimal import Decimal

from pegboard.llm.gateway import Delta, Finished, ModelName, ModelRequest, ToolTurn, Usage
from pegboard.llm.sandbox.pieces import deltas
from pegboard.llm.sandbox.reply import Reply, reply_to
from pegboard.llm.sandbox.script import Scene, Script, read_script
from pegboard.llm.tokens import count_prompt_tokens, count_tokens

Pause = Callable[[float], Awaitable[None]]
_LIGHT = 4_000


class SandboxGateway:
    """Answers for any model. `disguised`, it reports the model that was asked for."""

    def __init__(self, *, disguised: bool, pause: Pause = asyncio.sleep) -> None:
        self._disguised = disguised
        self._pause = pause

    def answers_as(self, model: ModelName) -> ModelName:
        return model if self._disguised else ModelName("sandbox", model.name)

    def simulates(self, model: ModelName) -> bool:
        return True

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        script = Script() if request.script is None else read_script(request.script)
        scene = script.scene(request.round)
        light = _is_light(request)
        if light:
            reply = reply_to(request, scene)
        else:
            reply = await asyncio.to_thread(reply_to, request, scene)
        stop = _stop_after(scene)
        streaming = request.streaming or scene.counts_pieces
        if stop != 0:
            pieces = deltas(
                reply.reasoning, reply.text, reply.refusal, reply.calls, streaming=streaming
            )
            for count, delta in enumerate(pieces, start=1):
                # Even without a delay others get their turn, and a cancellation arrives.
                await self._pause(scene.delay_ms / 1000)
                yield delta
                if count == stop:
                    break
        if scene.error is not None:
            raise scene.error.raised()
        if scene.cut_after is None:
            used = scene.usage
            if used is None and light and len(reply.text) < _LIGHT:
                used = _usage(request, reply)
            elif used is None:
                used = await asyncio.to_thread(_usage, request, reply)
            yield Finished(reply.reason, used)


def _is_light(request: ModelRequest) -> bool:
    """Whether answering takes so little that a thread would cost more."""
    prompt, options = request.prompt, request.options
    if prompt.tools or prompt.passages or options.json_schema is not None:
        return False
    length = sum(
        len((turn.output if isinstance(turn, ToolTurn) else turn.text) or "")
        for turn in prompt.turns
    )
    return length + len(prompt.system) + sum(map(len, prompt.memories)) < _LIGHT


def _stop_after(scene: Scene) -> int | None:
    return scene.error.after if scene.error is not None else scene.cut_after


def _usage(request: ModelRequest, reply: Reply) -> Usage:
    texts = (
        reply.reasoning,
        reply.text,
        reply.refusal,
        *(f"{c.name} {c.arguments}" for c in reply.calls),
    )
    return Usage(
        input_tokens=count_prompt_tokens(request.prompt),
        output_tokens=sum(count_tokens(text) for text in texts),
        cost_usd=Decimal(0),
        reasoning_tokens=count_tokens(reply.reasoning),
    )
