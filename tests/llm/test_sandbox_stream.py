"""How the sandbox streams: pieces, limits, usage, and all that a script can order."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.llm.failures import (
    ModelFailure,
    ModelNotFound,
    PromptRejected,
    ProviderRefusedKey,
    ProviderUnavailable,
    RateLimited,
)
from pegboard.llm.gateway import (
    Delta,
    Finished,
    FinishReason,
    Gateway,
    GenerationOptions,
    ModelName,
    ModelRequest,
    Prompt,
    ReasoningPiece,
    TextPiece,
    Tool,
    ToolCallPiece,
    Usage,
    UserTurn,
)
from pegboard.llm.sandbox import BadScript, SandboxGateway, read_script
from pegboard.llm.sandbox.pieces import cut
from pegboard.llm.tokens import count_prompt_tokens, count_tokens

MODEL = ModelName("openai", "gpt-4o")
WEATHER = Tool("get_weather", "Get weather", {"type": "object", "properties": {}})


def request(
    text: str = "Hello",
    *,
    script: Any = None,
    number: int = 0,
    streaming: bool = True,
    **options: Any,
) -> ModelRequest:
    return ModelRequest(
        model=MODEL,
        prompt=Prompt("", (UserTurn(text),), (WEATHER,)),
        options=GenerationOptions(**options),
        round=number,
        script=script,
        streaming=streaming,
    )


async def streamed(request: ModelRequest, pauses: list[float] | None = None) -> list[Delta]:
    """The deltas up to the end or the failure, without waiting out any delay."""
    deltas, failure = await until_failure(request, pauses)
    assert failure is None
    return deltas


async def until_failure(
    request: ModelRequest, pauses: list[float] | None = None
) -> tuple[list[Delta], ModelFailure | None]:
    async def pause(seconds: float) -> None:
        if pauses is not None:
            pauses.append(seconds)

    gateway: Gateway = SandboxGateway(disguised=True, pause=pause)
    deltas: list[Delta] = []
    try:
        async for delta in gateway.stream(request):
            deltas.append(delta)
    except ModelFailure as failure:
        return deltas, failure
    return deltas, None


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextPiece))


def finish_of(deltas: list[Delta]) -> Finished:
    last = deltas[-1]
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize(
    ("disguised", "name"), [(True, MODEL), (False, ModelName("sandbox", "gpt-4o"))]
)
@pytest.mark.requirement("models.sandbox")
def test_it_reports_itself_unless_disguised(disguised: bool, name: ModelName) -> None:
    assert SandboxGateway(disguised=disguised).answers_as(MODEL) == name


async def test_a_reply_comes_word_by_word_and_ends_with_its_usage() -> None:
    asking = request(script={"reply": "Two words."})
    assert await streamed(asking) == [
        TextPiece("Two "),
        TextPiece("words."),
        Finished(
            FinishReason.STOP,
            Usage(
                count_prompt_tokens(asking.prompt), count_tokens("Two words."), cost_usd=Decimal(0)
            ),
        ),
    ]


async def test_whole_brings_the_text_in_one_piece() -> None:
    deltas = await streamed(request(script={"reply": "Two words."}, streaming=False))
    assert deltas[:-1] == [TextPiece("Two words.")]


async def test_the_stream_can_be_closed_amid_the_pieces() -> None:
    stream = SandboxGateway(disguised=True).stream(request(script={"reply": "a b c"}))
    assert await anext(stream) == TextPiece("a ")
    await stream.aclose()
    assert [delta async for delta in stream] == []


@given(st.text())
def test_the_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(cut(text)) == text
    assert all(0 < len(piece.rstrip()) <= 64 or piece.isspace() for piece in cut(text))


@pytest.mark.parametrize(
    ("options", "text", "reason"),
    [
        ({}, "one two three", FinishReason.STOP),
        ({"stop": ("two",)}, "one ", FinishReason.STOP),
        ({"stop": ("", "three", " t")}, "one", FinishReason.STOP),
        ({"max_output_tokens": 2}, "one two ", FinishReason.LENGTH),
        ({"max_output_tokens": 3}, "one two three", FinishReason.STOP),
        ({"max_output_tokens": 0}, "", FinishReason.LENGTH),
    ],
)
async def test_stop_sequences_and_token_limits_are_obeyed(
    options: dict[str, Any], text: str, reason: FinishReason
) -> None:
    deltas = await streamed(request(script={"reply": "one two three"}, **options))
    assert (text_of(deltas), finish_of(deltas).reason) == (text, reason)


async def test_a_script_gives_reasoning_text_and_calls_in_that_order() -> None:
    script = {
        "reasoning": "Hm.",
        "reply": "Wait.",
        "tool_calls": [
            {"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "call_mine"},
            {"name": "broken", "arguments": "{not json", "id": "call_2"},
        ],
        "usage": {"input_tokens": 7, "output_tokens": 9, "cost_usd": "0.25"},
    }
    assert await streamed(request(script=script)) == [
        ReasoningPiece("Hm."),
        TextPiece("Wait."),
        ToolCallPiece(0, id="call_mine", name="get_weather"),
        ToolCallPiece(0, arguments='{"city": '),
        ToolCallPiece(0, arguments='"Oslo"}'),
        ToolCallPiece(1, id="call_2", name="broken"),
        ToolCallPiece(1, arguments="{not "),
        ToolCallPiece(1, arguments="json"),
        Finished(FinishReason.TOOL_CALLS, Usage(7, 9, cost_usd=Decimal("0.25"))),
    ]


async def test_rounds_are_played_in_turn_and_then_the_model_answers_by_itself() -> None:
    script = {"rounds": [{"reply": "first"}, {"reply": "second"}]}
    texts = [text_of(await streamed(request(script=script, number=n))) for n in range(3)]
    assert texts == ["first", "second", text_of(await streamed(request()))]


async def test_a_script_without_rounds_is_played_once() -> None:
    second = await streamed(request(script={"reply": "first"}, number=1))
    assert text_of(second) == text_of(await streamed(request()))


async def test_a_delay_comes_before_every_piece_even_where_the_whole_was_asked_for() -> None:
    pauses: list[float] = []
    asking = request(script={"reply": "a b c", "delay_ms": 250}, streaming=False)
    assert text_of(await streamed(asking, pauses)) == "a b c"
    assert pauses == [0.25, 0.25, 0.25]


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, PromptRejected),
        (401, ProviderRefusedKey),
        (403, ProviderRefusedKey),
        (404, ModelNotFound),
        (408, ProviderUnavailable),
        (429, RateLimited),
        (500, ProviderUnavailable),
        (504, ProviderUnavailable),
    ],
)
async def test_a_scripted_error_is_the_failure_of_its_status(
    status: int, failure: type[ModelFailure]
) -> None:
    error = {"status": status, "message": "As ordered.", "retry_after": 2}
    deltas, raised = await until_failure(request(script={"error": error}))
    assert deltas == []
    assert type(raised) is failure
    assert (raised.message, raised.retry_after) == ("As ordered.", 2)


@pytest.mark.parametrize(("after", "text"), [(0, ""), (2, "a b "), (9, "a b c")])
async def test_an_error_can_wait_for_some_pieces(after: int, text: str) -> None:
    script = {"reply": "a b c", "error": {"status": 503, "after": after}}
    deltas, raised = await until_failure(request(script=script, streaming=False))
    assert text_of(deltas) == text
    assert isinstance(raised, ProviderUnavailable)


@pytest.mark.parametrize(("after", "text"), [(0, ""), (2, "a b "), (9, "a b c")])
async def test_a_cut_stream_just_ends(after: int, text: str) -> None:
    deltas = await streamed(request(script={"reply": "a b c", "cut_after": after}))
    assert text_of(deltas) == text
    assert not any(isinstance(delta, Finished) for delta in deltas)


async def test_the_finish_reason_can_be_scripted() -> None:
    deltas = await streamed(request(script={"finish_reason": "content_filter"}))
    assert finish_of(deltas).reason is FinishReason.CONTENT_FILTER


async def test_an_empty_list_of_calls_means_no_calls() -> None:
    text = "What's the weather?"
    assert finish_of(await streamed(request(text))).reason is FinishReason.TOOL_CALLS
    deltas = await streamed(request(text, script={"tool_calls": []}))
    assert finish_of(deltas).reason is FinishReason.STOP


def test_a_script_may_be_json_text() -> None:
    assert read_script('{"reply": "x"}') == read_script({"reply": "x"})


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (
            "{",
            "metadata.sandbox is not valid JSON: Expecting property name enclosed in double quotes",
        ),
        ([], "metadata.sandbox must be a JSON object, not []"),
        (
            {"replay": 1},
            "metadata.sandbox has no key 'replay'; the known keys are reply, refusal, tool_calls, "
            "reasoning, delay_ms, error, cut_after, usage, finish_reason, rounds",
        ),
        ({"reply": 1}, "metadata.sandbox: reply must be a string, not 1"),
        ({"delay_ms": -1}, "metadata.sandbox: delay_ms must be a number from 0 to 60000, not -1"),
        (
            {"delay_ms": True},
            "metadata.sandbox: delay_ms must be a number from 0 to 60000, not True",
        ),
        (
            {"cut_after": 1.5},
            "metadata.sandbox: cut_after must be a whole number from 0 to 100000000, not 1.5",
        ),
        (
            {"error": {"status": 200}},
            "metadata.sandbox: error.status must be an HTTP status from 400 to 599, not 200",
        ),
        (
            {"error": {"status": 500, "x": 1}},
            "metadata.sandbox: error has no key 'x'; the known keys "
            "are status, message, after, retry_after",
        ),
        (
            {"tool_calls": [{}]},
            "metadata.sandbox: tool_calls[0].name must be a string that is not empty, not None",
        ),
        (
            {"usage": {"cost_usd": "much"}},
            "metadata.sandbox: usage.cost_usd must be an amount from 0 to 1000000, not 'much'",
        ),
        (
            {"finish_reason": "tired"},
            "metadata.sandbox: finish_reason must be one of stop, tool_calls, "
            "length, content_filter, not 'tired'",
        ),
        (
            {"rounds": [{"rounds": []}]},
            "metadata.sandbox: rounds[0] has no key 'rounds'; the known keys "
            "are reply, refusal, tool_calls, reasoning, delay_ms, error, cut_after, "
            "usage, finish_reason",
        ),
        (
            {"rounds": [], "reply": "x"},
            "metadata.sandbox: with rounds, all other keys belong inside a round",
        ),
        (
            {"error": {"status": 500}, "cut_after": 1},
            "metadata.sandbox: error and cut_after exclude each other",
        ),
    ],
)
def test_a_bad_script_is_refused_by_naming_what_is_wrong(script: object, complaint: str) -> None:
    with pytest.raises(BadScript) as refused:
        read_script(script)
    assert refused.value.message == complaint


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300), st.integers(0, 20))
async def test_no_more_tokens_are_said_than_allowed(text: str, limit: int) -> None:
    deltas = await streamed(request(script={"reply": text}, max_output_tokens=limit))
    assert count_tokens(text_of(deltas)) <= limit
