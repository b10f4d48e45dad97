"""Endpoints that speak OpenAI's chat completions, asked without a library in between.

Knows no provider by name: `endpoints` tells where one is and how it is spoken to. Between the
arrival of a piece and its delta are one split of bytes and one decoding of the fields that count.
"""

import os
from asyncio import to_thread
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pegboard.llm import failures
from pegboard.llm.error_answers import PAGE
from pegboard.llm.gateway import Delta, Finished, ModelName, ModelRequest, Prompt, Usage
from pegboard.llm.openai_compatible.answer_reader import AnswerReader
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.openai_compatible.endpoints import Endpoint, base_url, find_endpoint, key_of
from pegboard.llm.openai_compatible.error_bodies import PAGE_INSTEAD, failure_before
from pegboard.llm.openai_compatible.request_body import request_body
from pegboard.llm.openai_compatible.stream_reader import StreamReader
from pegboard.llm.price_table import find_priced, with_cost
from pegboard.llm.providers import find_provider
from pegboard.llm.request_checks import check_images, checked_name
from pegboard.llm.tokens import count_aside, count_prompt_tokens

if TYPE_CHECKING:
    from pegboard.llm.openai_compatible.transport import Answer

_NO_STREAMS: Final = frozenset({"application/json", "text/html"})
_OPENAI_ITSELF: Final = "https://api.openai.com/v1"
_ACCOUNTS: Final = {
    "OpenAI-Organization": ("OPENAI_ORG_ID", "OPENAI_ORGANIZATION"),
    "OpenAI-Project": ("OPENAI_PROJECT_ID",),
}


@dataclass(frozen=True, slots=True)
class OpenAiCompatibleGateway:
    connections: Connections

    def answers_as(self, model: ModelName) -> ModelName:
        return model

    def simulates(self, model: ModelName) -> bool:
        return False

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        check_images(request)
        checked_name(request.model.provider, request.model.name)
        endpoint, base = _place_of(request.model)
        pool = await self.connections.pool_of(f"{base}/chat/completions")
        priced = find_priced(find_provider(request.model.provider).litellm, request.model.name)
        answer = await pool.post(
            request_body(request, endpoint, priced),
            _headers(request.model.provider, endpoint, base),
            first_byte=self.connections.first_byte if request.streaming else None,
        )
        is_read = False
        try:
            if answer.status != 200:
                raise failure_before(answer.status, answer.headers, await answer.body())
            if not request.streaming or answer.kind in _NO_STREAMS:
                read = AnswerReader(page=PAGE_INSTEAD if request.streaming else PAGE)
                for delta in read.read(await answer.body()):
                    yield delta
            else:
                stream = StreamReader()
                read = stream.answer
                while received := await _received(answer, read):
                    for delta in stream.feed(received):
                        yield delta
                for delta in stream.end():
                    yield delta
            reason = read.reason()
            is_read = True
        finally:
            if is_read:
                answer.finish()
            else:
                answer.abandon()
        used = read.usage() or await _estimate(request.prompt, "".join(read.written))
        yield Finished(reason, with_cost(used, priced))


async def _estimate(prompt: Prompt, written: str) -> Usage:
    """What was used, where the provider does not say."""
    return Usage(await to_thread(count_prompt_tokens, prompt), await count_aside(written))


def _place_of(model: ModelName) -> tuple[Endpoint, str]:
    endpoint = find_endpoint(model.provider)
    base = None if endpoint is None else base_url(endpoint)
    if endpoint is None or base is None:
        raise failures.ProviderNotConfigured(
            f"Provider {model.provider!r} has no address on this server"
        )
    return endpoint, base


def _headers(provider: str, endpoint: Endpoint, base: str) -> Mapping[str, str]:
    key = key_of(provider, endpoint)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if base == _OPENAI_ITSELF:
        for header, variables in _ACCOUNTS.items():
            values = (os.environ.get(name) for name in variables)
            if account := next(filter(None, values), None):
                headers[header] = account
    return headers


async def _received(answer: "Answer", read: AnswerReader) -> bytes:
    """Nothing at the end. An answer that has its finish reason is whole, however it was ended."""
    if read.is_done:
        return b""
    try:
        return await answer.receive()
    except failures.ModelFailure:
        if read.has_reason:
            return b""
        raise
