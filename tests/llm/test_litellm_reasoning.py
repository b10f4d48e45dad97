"""What litellm's providers think and refuse, and what they get back of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pegboard.llm.chat_messages import chat_messages
from pegboard.llm.gateway import (
    AssistantTurn,
    Delta,
    Finished,
    FinishReason,
    ModelName,
    ModelRequest,
    Prompt,
    Reasoning,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCall,
    ToolTurn,
    Usage,
    UserTurn,
)
from pegboard.llm.litellm.gateway import LitellmGateway
from pegboard.llm.reasoning_shapes import ReasoningShape
from tests.support.deadlines import patience
from tests.support.upstream import (
    JSON,
    Answer,
    Upstream,
    chunk,
    event,
    running_upstream,
    streamed,
    used,
    whole,
)

# litellm does much that its own libraries warn of.
pytestmark = pytest.mark.filterwarnings("ignore")

SIGNED = Reasoning("Let me see", signature="c2ln")
HIDDEN = Reasoning(encrypted="ZGF0YQ==")
HELLO = Prompt("", (UserTurn("Hi"),))


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    async with running_upstream() as running:
        for variable in ("OPENAI_BASE_URL", "DEEPSEEK_API_BASE", "ANTHROPIC_BASE_URL"):
            monkeypatch.setenv(variable, running.url)
        for variable in ("OPENAI_API_KEY", "DEEPSEEK_API_KEY", "ANTHROPIC_API_KEY"):
            monkeypatch.setenv(variable, "sk-x")
        yield running


async def ask(
    provider: str, name: str, prompt: Prompt = HELLO, *, at_once: bool = False
) -> list[Delta]:
    request = ModelRequest(ModelName(provider, name), prompt, streaming=not at_once)
    return [delta async for delta in LitellmGateway(patience(30)).stream(request)]


def after_a_call(*reasoning: Reasoning) -> Prompt:
    turns = (
        UserTurn("Hi"),
        AssistantTurn(None, (ToolCall("call_1", "look", "{}"),), reasoning),
        ToolTurn("call_1", "look", "Nothing"),
    )
    return Prompt("", turns)


def anthropic(*blocks: tuple[dict[str, Any], list[dict[str, Any]]]) -> Answer:
    """A streamed message of Anthropic's: each block as it starts, and its deltas."""
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 3}}}
    ]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        for delta in deltas:
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": 9}})
    events.append({"type": "message_stop"})
    return Answer(tuple(f"event: {e['type']}\n".encode() + event(e) for e in events))


async def test_anthropics_blocks_are_told_with_their_signatures(upstream: Upstream) -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    thoughts = [
        {"type": "thinking_delta", "thinking": "Let me "},
        {"type": "thinking_delta", "thinking": "see"},
        {"type": "signature_delta", "signature": "c2ln"},
    ]
    redacted = {"type": "redacted_thinking", "data": "ZGF0YQ=="}
    text = ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "Hello"}])
    upstream.answer_with(anthropic((thinking, thoughts), (redacted, []), text))
    *pieces, finished = await ask("anthropic", "claude-sonnet-4-5")
    assert pieces == [
        ReasoningPiece("Let me "),
        ReasoningPiece("see"),
        ReasoningPiece(signature="c2ln"),
        ReasoningPiece(encrypted="ZGF0YQ=="),
        TextPiece("Hello"),
    ]
    assert isinstance(finished, Finished)
    assert finished.reason is FinishReason.STOP


async def test_a_whole_answer_of_anthropics_tells_the_same(upstream: Upstream) -> None:
    content = [
        {"type": "thinking", "thinking": "Let me see", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZGF0YQ=="},
        {"type": "text", "text": "Hello"},
    ]
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m"} | {
        "content": content,
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 9},
    }
    body = event(message).removeprefix(b"data: ")
    upstream.answer_with(Answer((body,), headers=JSON))
    *pieces, _ = await ask("anthropic", "claude-sonnet-4-5", at_once=True)
    assert pieces == [
        ReasoningPiece("Let me see", "c2ln"),
        ReasoningPiece(encrypted="ZGF0YQ=="),
        TextPiece("Hello"),
    ]


async def test_anthropic_gets_back_what_it_signed(upstream: Upstream) -> None:
    upstream.answer_with(anthropic())
    await ask("anthropic", "claude-sonnet-4-5", after_a_call(SIGNED, HIDDEN, Reasoning("unsigned")))
    (turn,) = [m for m in upstream.requests[0].body["messages"] if m["role"] == "assistant"]
    assert turn["content"][:2] == [
        {"type": "thinking", "thinking": "Let me see", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZGF0YQ=="},
    ]


async def test_deepseek_gets_back_its_text_and_openai_nothing(upstream: Upstream) -> None:
    upstream.answer_with(streamed(chunk({"content": "Hello"}), chunk({}, "stop")))
    for provider, model in (("deepseek", "deepseek-reasoner"), ("openai", "gpt-4o")):
        await ask(provider, model, after_a_call(Reasoning("Let me see")))
    deepseek, openai = (request.body["messages"][1] for request in upstream.requests)
    assert deepseek.pop("reasoning_content") == "Let me see"
    assert deepseek == openai


async def test_tokens_of_reasoning_are_told(upstream: Upstream) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12} | {
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    upstream.answer_with(streamed(chunk({"content": "Hello"}), chunk({}, "stop"), used(usage)))
    assert (await ask("openai", "unpriced"))[-1] == Finished(
        FinishReason.STOP, Usage(7, 5, cached_input_tokens=4, reasoning_tokens=3)
    )


async def test_a_refusal_is_told_apart_from_text(upstream: Upstream) -> None:
    upstream.answer_with(whole({"content": None, "refusal": "I will not"}))
    assert (await ask("openai", "gpt-4o", at_once=True))[:-1] == [RefusalPiece("I will not")]
    pieces = [chunk({"role": "assistant", "refusal": "I "}), chunk({"refusal": "will not"})]
    upstream.answer_with(streamed(*pieces, chunk({}, "stop")))
    assert (await ask("openai", "gpt-4o"))[:-1] == [RefusalPiece("I "), RefusalPiece("will not")]


def test_openrouter_gets_its_details_back_as_they_were() -> None:
    signed = '{"type": "reasoning.text", "format": "anthropic-claude-v1", "signature": "c2ln"}'
    hidden = '{"type": "reasoning.encrypted", "id": "rs_1", "data": "ZGF0YQ=="}'
    blocks = (Reasoning("Let me see", signature=signed), Reasoning(encrypted=hidden), SIGNED)
    _, turn, _ = chat_messages(after_a_call(*blocks), ReasoningShape.DETAILS)
    assert turn["reasoning_details"] == [
        {"type": "reasoning.text", "format": "anthropic-claude-v1", "signature": "c2ln"}
        | {"text": "Let me see"},
        {"type": "reasoning.encrypted", "id": "rs_1", "data": "ZGF0YQ=="},
    ]
