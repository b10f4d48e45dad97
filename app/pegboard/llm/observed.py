"""Calls of models, counted and timed on their way to whoever answers them."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind
from pegboard.llm.failures import ModelFailure, StreamCutOff
from pegboard.llm.gateway import Delta, Finished, Gateway, ModelName, ModelRequest, Usage
from pegboard.llm.labels import ModelLabels, provider_label
from pegboard.telemetry import tracing
from pegboard.telemetry.metrics import MODEL_SECONDS, PROVIDER_ERRORS, TOKENS

_LONGEST_NAME = 100
_FAULT = "fault"
"""The kind of an error that is none of the provider's: ours."""


@dataclass(frozen=True, slots=True)
class ObservedGateway:
    inner: Gateway
    labels: ModelLabels

    def answers_as(self, model: ModelName) -> ModelName:
        return self.inner.answers_as(model)

    def simulates(self, model: ModelName) -> bool:
        return self.inner.simulates(model)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        model = self.inner.answers_as(request.model)
        provider = provider_label(model.provider)
        finished: Finished | None = None
        span = _span("chat", provider, model.name)
        begun = monotonic()
        try:
            async with aclosing(self.inner.stream(request)) as deltas:
                async for delta in deltas:
                    if isinstance(delta, Finished):
                        finished = delta
                        self._count(provider, model, delta.usage)
                        _tell(span, delta)
                    yield delta
            if finished is None:
                PROVIDER_ERRORS.labels(provider, StreamCutOff.code).inc()
                span.fail(StreamCutOff.code)
        except Exception as error:
            PROVIDER_ERRORS.labels(provider, kind_of(error)).inc()
            span.fail(kind_of(error))
            raise
        finally:
            span.end()
            MODEL_SECONDS.labels(provider, "chat").observe(monotonic() - begun)

    def _count(self, provider: str, model: ModelName, used: Usage) -> None:
        name = self.labels.label(model)
        TOKENS.labels(provider, name, "input").inc(used.input_tokens)
        TOKENS.labels(provider, name, "output").inc(used.output_tokens)
        TOKENS.labels(provider, name, "cached_input").inc(used.cached_input_tokens)


def _span(operation: str, provider: str, model: str) -> tracing.Span:
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model[:_LONGEST_NAME],
    }
    name = f"{operation} {model[:_LONGEST_NAME]}"
    return tracing.begin(name, tracing.SpanKind.CLIENT, attributes)


def _tell(span: tracing.Span, finished: Finished) -> None:
    span.set("gen_ai.usage.input_tokens", finished.usage.input_tokens)
    span.set("gen_ai.usage.output_tokens", finished.usage.output_tokens)
    span.set("gen_ai.usage.cache_read.input_tokens", finished.usage.cached_input_tokens)
    span.set("gen_ai.response.finish_reasons", [str(finished.reason)])


def kind_of(error: Exception) -> str:
    return error.code if isinstance(error, ModelFailure) else _FAULT


Embed = Callable[[EmbeddingName, Sequence[str], TextKind], Awaitable[list[list[float]]]]


def observed_embed(embed: Embed) -> Embed:
    """The same, counted and timed."""

    async def observe(
        name: EmbeddingName, texts: Sequence[str], kind: TextKind
    ) -> list[list[float]]:
        provider = provider_label(name.provider)
        span = _span("embeddings", provider, name.model)
        begun = monotonic()
        try:
            return await embed(name, texts, kind)
        except Exception as error:
            PROVIDER_ERRORS.labels(provider, kind_of(error)).inc()
            span.fail(kind_of(error))
            raise
        finally:
            span.end()
            MODEL_SECONDS.labels(provider, "embeddings").observe(monotonic() - begun)

    return observe
