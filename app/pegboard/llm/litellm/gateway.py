"""Real providers, through litellm. The only module that imports it.

The import takes seconds and some 180 MB, so it happens in a thread, when first needed or when the
server warms up. `failures` knows its exceptions.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Any

from pegboard.llm import failures
from pegboard.llm.chat_messages import (
    chat_messages,
    chat_tools,
    response_format,
    routing_preferences,
)
from pegboard.llm.embeddings.answering import Input
from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind, UnusableVectors
from pegboard.llm.error_answers import NO_REASON
from pegboard.llm.finish_reasons import finish_reason
from pegboard.llm.gateway import (
    Delta,
    Finished,
    GenerationOptions,
    ModelName,
    ModelRequest,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCallPiece,
    Usage,
)
from pegboard.llm.litellm.failures import translated
from pegboard.llm.providers import find_provider, litellm_name
from pegboard.llm.reasoning_shapes import pieces_of_blocks, pieces_of_details, reasoning_shape
from pegboard.llm.request_checks import check_images, checked_name
from pegboard.llm.requested_thinking import requested_thinking


@dataclass(frozen=True, slots=True)
class LitellmGateway:
    """`timeout` is the longest silence of a provider, in seconds."""

    timeout: float

    def answers_as(self, model: ModelName) -> ModelName:
        return model

    def simulates(self, model: ModelName) -> bool:
        return False

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        check_images(request)
        litellm = await load()
        try:
            if request.streaming:
                async with aclosing(self._pieces(litellm, request)) as pieces:
                    async for delta in pieces:
                        yield delta
            else:
                answer = await litellm.acompletion(**self._arguments(request), stream=False)
                for delta in _whole(litellm, answer, request.model):
                    yield delta
        except failures.ModelFailure:
            raise
        except Exception as error:
            raise translated(litellm, error) from error

    async def _pieces(
        self, litellm: ModuleType, request: ModelRequest
    ) -> AsyncGenerator[Delta, None]:
        answer = await litellm.acompletion(
            **self._arguments(request), stream=True, stream_options={"include_usage": True}
        )
        _let_refusals_through(answer)
        reason: str | None = None
        usage: Any = None
        try:
            while True:
                # litellm's own timeout guards the connection, not the silence between two chunks.
                async with asyncio.timeout(self.timeout):
                    chunk = await anext(answer, None)
                if chunk is None:
                    break
                usage = getattr(chunk, "usage", None) or usage
                for choice in chunk.choices[:1]:
                    reason = choice.finish_reason or reason
                    for delta in _delta_pieces(choice.delta):
                        yield delta
        finally:
            await _close(answer)
        # litellm says "stop" by itself at the end of a stream that has no finish reason.
        received = answer.received_finish_reason or answer.intermittent_finish_reason
        if received is None or reason is None:
            raise failures.StreamCutOff(NO_REASON)
        yield Finished(finish_reason(reason), _usage(litellm, usage, request.model))

    def _arguments(self, request: ModelRequest) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": checked_name(request.model.provider, request.model.name),
            "messages": chat_messages(
                request.prompt, reasoning_shape(find_provider(request.model.provider).litellm)
            ),
            "timeout": self.timeout,
            "max_retries": 0,  # we ask again ourselves: not every way of litellm's does
            "drop_params": True,
            # Else litellm 1.106 imports its MCP gateway on every call with tools, and fails where
            # the package `mcp`, which it does not depend on, is absent.
            "_skip_mcp_handler": True,
            **_options(request.options),
        }
        if request.prompt.tools:
            arguments["tools"] = chat_tools(request.prompt.tools)
            if request.options.tool_choice is not None:
                arguments["tool_choice"] = request.options.tool_choice
            if not request.options.parallel_tool_calls:
                arguments["parallel_tool_calls"] = False
        if request.model.provider.lower() == "openrouter" and request.options.routing:
            arguments["extra_body"] = {"provider": routing_preferences(request.options.routing)}
        _add_no_key(arguments, request.model.provider)
        return arguments


async def embed(name: EmbeddingName, texts: Sequence[str], kind: TextKind) -> list[list[float]]:
    """One request for embeddings. Models that tell questions from passages are told which."""
    litellm = await load()
    arguments = _embedding_arguments(name.provider, name.model, texts)
    if find_provider(name.provider).litellm == "cohere_chat":
        question = kind is TextKind.QUERY
        arguments["input_type"] = "search_query" if question else "search_document"
    elif find_provider(name.provider).litellm != "ollama_chat":
        arguments["dimensions"] = name.dims
    try:
        answer = await litellm.aembedding(**arguments)
    except Exception as error:
        raise translated(litellm, error) from error
    return [entry["embedding"] for entry in answer.data]


async def embed_inputs(
    model: ModelName, inputs: Sequence[Input], dims: int | None, *, patience: float
) -> tuple[list[list[float]], int]:
    """One request as a caller made it: (vectors, tokens that were read). `patience` in seconds."""
    litellm = await load()
    arguments = _embedding_arguments(model.provider, model.name, inputs)
    arguments |= {"timeout": patience, "max_retries": 0}
    if dims is not None:
        arguments["dimensions"] = dims
    if find_provider(model.provider).litellm == "cohere_chat":
        arguments["input_type"] = "search_document"
    try:
        answer = await litellm.aembedding(**arguments)
    except Exception as error:
        raise translated(litellm, error) from error
    vectors = [entry["embedding"] for entry in answer.data]
    if len(vectors) != len(inputs):
        raise UnusableVectors(
            f"The provider gave {len(vectors)} embeddings for {len(inputs)} inputs"
        )
    return vectors, getattr(answer.usage, "prompt_tokens", None) or 0


async def moderate(content: str | list[Any], model: str | None) -> dict[str, Any]:
    """What OpenAI's moderation says of the input, in its own shape."""
    litellm = await load()
    try:
        answer = await litellm.amoderation(input=content, model=model, custom_llm_provider="openai")
    except Exception as error:
        raise translated(litellm, error) from error
    moderation: dict[str, Any] = answer.model_dump(mode="json")
    return moderation


def _embedding_arguments(provider: str, name: str, inputs: Sequence[Input]) -> dict[str, Any]:
    model = checked_name(provider, name)
    for chats, embeds in (("cohere_chat/", "cohere/"), ("ollama_chat/", "ollama/")):
        if model.startswith(chats):
            model = embeds + model.removeprefix(chats)
    arguments: dict[str, Any] = {"model": model, "input": list(inputs), "drop_params": True}
    _add_no_key(arguments, provider)
    return arguments


def _add_no_key(arguments: dict[str, Any], provider: str) -> None:
    """An address alone is enough for a local server; the client library wants some key."""
    variables = find_provider(provider).variables
    if not any(os.environ.get(name) for name in variables if "KEY" in name):
        arguments["api_key"] = "none"


_loading = asyncio.Lock()
_loaded: ModuleType | None = None


async def load() -> ModuleType:
    """litellm, imported on first use in a thread so that the event loop goes on."""
    global _loaded  # noqa: PLW0603  a module is loaded once a process
    async with _loading:
        if _loaded is None:
            _loaded = await asyncio.to_thread(_import)
        return _loaded


def _import() -> ModuleType:
    # Read at import: without it litellm fetches its price list from the network.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    # Else every message of a prompt is walked through by the OpenAI client before each call, which
    # on turn 200 of a thread takes four times as long as all the rest.
    os.environ.setdefault("EXPERIMENTAL_OPENAI_BASE_LLM_HTTP_HANDLER", "true")
    import litellm  # noqa: PLC0415

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    # It writes prompts past our log, on handlers of its own.
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    return litellm  # type: ignore[no-any-return]


def _options(options: GenerationOptions) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_tokens": options.max_output_tokens,
        "stop": list(options.stop) or None,
    }
    chosen["response_format"] = response_format(options)
    if options.thinking:
        thinking = requested_thinking(options.thinking)
        chosen["reasoning_effort"] = thinking.effort
        chosen["thinking"] = thinking.budget
    return {name: value for name, value in chosen.items() if value is not None}


def _text_pieces(message: Any) -> list[Delta]:
    """What a message or a part of one says, thinks and refuses, in that order."""
    pieces: list[Delta] = [*_reasoning_pieces(message)]
    if message.content:
        pieces.append(TextPiece(message.content))
    refusal = getattr(message, "refusal", None) or _beside(message, "refusal")
    if refusal:
        pieces.append(RefusalPiece(refusal))
    return pieces


def _reasoning_pieces(message: Any) -> list[ReasoningPiece]:
    # Blocks have the text as well, which `reasoning_content` repeats.
    if blocks := getattr(message, "thinking_blocks", None):
        return pieces_of_blocks(blocks)
    text = getattr(message, "reasoning_content", None)
    pieces = [ReasoningPiece(text)] if text else []
    details = getattr(message, "reasoning_details", None) or _beside(message, "reasoning_details")
    return pieces + pieces_of_details(details or ())


def _beside(message: Any, field: str) -> Any:
    """A field that litellm has no place for; it keeps those of whole messages apart."""
    return (getattr(message, "provider_specific_fields", None) or {}).get(field)


def _delta_pieces(delta: Any) -> list[Delta]:
    pieces = _text_pieces(delta)
    pieces.extend(
        ToolCallPiece(call.index, call.id, call.function.name, call.function.arguments or "")
        for call in delta.tool_calls or ()
    )
    return pieces


def _whole(litellm: ModuleType, answer: Any, model: ModelName) -> list[Delta]:
    if not answer.choices or answer.choices[0].finish_reason is None:
        raise failures.StreamCutOff(NO_REASON)
    choice = answer.choices[0]
    deltas = _text_pieces(choice.message)
    for index, call in enumerate(choice.message.tool_calls or ()):
        arguments = call.function.arguments or ""
        deltas.append(ToolCallPiece(index, call.id, call.function.name, arguments))
    reason = finish_reason(choice.finish_reason)
    usage = _usage(litellm, getattr(answer, "usage", None), model)
    return [*deltas, Finished(reason, usage)]


def _usage(litellm: ModuleType, reported: Any, model: ModelName) -> Usage:
    if reported is None:
        return Usage()
    read = reported.prompt_tokens or 0
    written = reported.completion_tokens or 0
    details = getattr(reported, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or 0
    created = getattr(reported, "cache_creation_input_tokens", None) or 0
    details = getattr(reported, "completion_tokens_details", None)
    thought = getattr(details, "reasoning_tokens", None) or 0
    try:
        cost = sum(
            litellm.cost_per_token(
                model=litellm_name(model.provider, model.name),
                prompt_tokens=read,
                completion_tokens=written,
                cache_read_input_tokens=cached,
                cache_creation_input_tokens=created,
            )
        )
    except Exception:  # a model that litellm has no price for; it raises several classes
        return Usage(read, written, cached, created, None, thought)
    return Usage(read, written, cached, created, Decimal(str(cost)), thought)


def _let_refusals_through(answer: Any) -> None:
    """litellm 1.106 takes a piece that only refuses for an empty one, and drops it."""
    says_something = getattr(answer, "is_chunk_non_empty", None)
    if says_something is None:
        return

    def says_or_refuses(completion_obj: Any, model_response: Any, response_obj: Any) -> bool:
        choices = getattr(response_obj.get("original_chunk"), "choices", None)
        refuses = bool(choices and getattr(choices[0].delta, "refusal", None))
        return refuses or says_something(completion_obj, model_response, response_obj)

    answer.is_chunk_non_empty = says_or_refuses


async def _close(answer: Any) -> None:
    close = getattr(answer, "aclose", None)
    if close is not None:
        await close()
