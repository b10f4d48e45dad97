"""What providers do, good and bad, as it comes over the wire; sent through both ways of asking.

`differs` is the reason where the two ways make different things of it; there is none where they
must agree, down to each delta and each failure.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pegboard.llm.gateway import GenerationOptions
from tests.support.upstream import (
    DONE,
    EVENT_STREAM,
    JSON,
    Answer,
    End,
    chunk,
    event,
    streamed,
    used,
    whole,
)

USAGE = {"prompt_tokens": 70, "completion_tokens": 50, "total_tokens": 120} | {
    "prompt_tokens_details": {"cached_tokens": 40},
    "completion_tokens_details": {"reasoning_tokens": 30},
}


@dataclass(frozen=True)
class Behaviour:
    """`answers` come in turn. The provider is asked `asks` times, each with so many `retries`.

    With `silence` in seconds both ways give up on it.
    """

    name: str
    answers: tuple[Answer, ...]
    differs: str = ""
    provider: str = "openai"
    model: str = "gpt-4o"
    streaming: bool = True
    asks: int = 1
    retries: int = 0
    silence: float = 30.0
    options: GenerationOptions = field(default_factory=GenerationOptions)


def with_usage(*pieces: bytes) -> Answer:
    """A proper stream, which ends with its figures."""
    return streamed(*pieces, used(USAGE))


def cut(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))


def called(index: int | None, **fields: Any) -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    function = {key: fields.pop(key) for key in ("name", "arguments") if key in fields}
    kind = {"type": "function"} if "id" in fields else {}
    return {"tool_calls": [{**place, **fields, **kind, "function": function}]}


def failing(status: int, body: Mapping[str, Any], **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer((json.dumps(body).encode(),), status=status, headers=JSON | named)


def page(status: int = 200) -> Answer:
    html = b"<!doctype html><html><body>Welcome to the hotel</body></html>"
    return Answer((html,), status=status, headers={"Content-Type": "text/html"})


def packed(answer: Answer) -> Answer:
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return Answer((gzip.compress(b"".join(answer.pieces)),), headers=headers)


BEGUN = (chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}))
TEXT = (*BEGUN, chunk({"content": "lo ö"}), chunk({}, "stop"))
HALF = (*BEGUN,)
CALL = (
    chunk(called(0, id="call_1", name="look", arguments="")),
    *(chunk(called(0, arguments=letter)) for letter in '{"at": "Tromsø \\"N\\""}'),
    chunk({}, "tool_calls"),
)
PARALLEL = (
    chunk(called(0, id="call_1", name="look", arguments='{"a"')),
    chunk(called(1, id="call_2", name="see", arguments="{}")),
    chunk(called(0, arguments=": 1}")),
    chunk({}, "tool_calls"),
)
GROQ = {"error": {"message": "Rate limit reached for model", "type": "tokens"}}
FIVE_ERRORS: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "openai": (
        400,
        {"error": {"message": "Bad 'top_p'", "type": "invalid_request_error", "code": None}},
    ),
    "mistral": (422, {"object": "error", "message": "Extra inputs", "type": "x", "code": 3001}),
    "vllm": (
        400,
        {
            "object": "error",
            "message": "top_p must be in (0, 1]",
            "type": "BadRequest",
            "code": 400,
        },
    ),
    "openrouter": (
        403,
        {"error": {"message": "Your chosen model requires moderation", "code": 403}},
    ),
    "together": (503, {"error": {"message": "Service unavailable", "type": "server_error"}}),
    "fastapi": (422, {"detail": "Field required"}),
}
TOO_LONG = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
CONTEXT = {"message": TOO_LONG, "type": "invalid_request_error", "code": "context_length_exceeded"}
KEY = {"message": "Incorrect API key provided: sk-verysecretkey123", "code": "invalid_api_key"}
NO_MODEL = {"message": "The model `m` does not exist", "code": "model_not_found"}
POLICY = {"message": "Your request was rejected by our safety system"} | {
    "type": "invalid_request_error",
    "code": "content_policy_violation",
}

ESTIMATED = "tokens that are not told are estimated, by each in its own way"
CODE = "the code beside the message is read; litellm goes by the status"
NAMED = "what came in place of a stream is named; litellm says that the stream was cut off"
PASSED_OVER = "litellm passes over what it cannot read, and says that the answer is complete"

BEHAVIOURS = [
    Behaviour("plain", (whole({"content": "Hello"}, usage=USAGE),), streaming=False),
    Behaviour("streamed", (with_usage(*TEXT),)),
    Behaviour("streamed byte by byte", (Answer(cut(b"".join((*TEXT, used(USAGE), DONE)), 1)),)),
    Behaviour("streamed in odd pieces", (Answer(cut(b"".join((*TEXT, used(USAGE), DONE)), 7)),)),
    Behaviour("streamed in one piece", (Answer((b"".join((*TEXT, used(USAGE), DONE)),)),)),
    Behaviour(
        "streamed with CRLF and comments",
        (
            Answer(
                (
                    b": PROCESSING\r\n\r\n",
                    *(one.replace(b"\n\n", b"\r\n\r\n") for one in (*TEXT, used(USAGE))),
                    b": x\r\n\r\n",
                    DONE,
                )
            ),
        ),
    ),
    Behaviour(
        "streamed without blanks after the colons",
        (Answer(tuple(one.replace(b"data: ", b"data:") for one in (*TEXT, used(USAGE), DONE))),),
    ),
    Behaviour("streamed without a [DONE]", (Answer((*TEXT, used(USAGE))),)),
    Behaviour("usage with the last chunk", (streamed(*BEGUN, chunk({}, "stop", usage=USAGE)),)),
    Behaviour("no usage", (streamed(*TEXT),), differs=ESTIMATED),
    Behaviour("nothing said", (with_usage(chunk({"role": "assistant"}), chunk({}, "stop")),)),
    Behaviour(
        "plain call",
        (
            whole(
                called(None, id="call_1", name="look", arguments="{}") | {"content": None},
                "tool_calls",
                usage=USAGE,
            ),
        ),
        streaming=False,
    ),
    Behaviour("call in letters", (with_usage(*CALL),)),
    Behaviour("call split at every byte", (Answer(cut(b"".join((*CALL, used(USAGE), DONE)), 1)),)),
    Behaviour("parallel calls", (with_usage(*PARALLEL),)),
    Behaviour(
        "parallel calls in one chunk",
        (
            with_usage(
                chunk(
                    {
                        "tool_calls": [
                            called(0, id="call_1", name="look", arguments="{}")["tool_calls"][0],
                            called(1, id="call_2", name="see", arguments="{}")["tool_calls"][0],
                        ]
                    }
                ),
                chunk({}, "tool_calls"),
            ),
        ),
    ),
    Behaviour("text and a call", (with_usage(*BEGUN, *CALL),)),
    Behaviour("length", (with_usage(*BEGUN, chunk({}, "length")),)),
    Behaviour("content filter", (with_usage(*BEGUN, chunk({}, "content_filter")),)),
    Behaviour(
        "plain content filter",
        (whole({"content": ""}, "content_filter", usage=USAGE),),
        streaming=False,
    ),
    Behaviour(
        "refusal",
        (with_usage(chunk({"refusal": "I "}), chunk({"refusal": "won't"}), chunk({}, "stop")),),
    ),
    Behaviour(
        "plain refusal",
        (whole({"content": None, "refusal": "I won't"}, usage=USAGE),),
        streaming=False,
    ),
    Behaviour(
        "reasoning_content",
        (
            streamed(
                chunk({"reasoning_content": "Let me "}),
                chunk({"reasoning_content": "see"}),
                *TEXT,
                used(USAGE),
            ),
        ),
    ),
    Behaviour(
        "reasoning",
        (with_usage(chunk({"reasoning": "Let me "}), chunk({"reasoning": "see"}), *TEXT),),
    ),
    Behaviour(
        "plain reasoning_content",
        (whole({"reasoning_content": "Hm", "content": "Hello"}, usage=USAGE),),
        streaming=False,
    ),
    Behaviour(
        "plain reasoning",
        (whole({"reasoning": "Hm", "content": "Hello"}, usage=USAGE),),
        streaming=False,
    ),
    *(
        Behaviour(f"error of {name}", (failing(status, body),), streaming=not at_once)
        for name, (status, body) in FIVE_ERRORS.items()
        for at_once in (False, True)
    ),
    *(
        Behaviour(
            f"error of {name} amid the stream",
            (streamed(*HALF, event(body)),),
            differs="" if "error" in body else PASSED_OVER,
        )
        for name, (_, body) in FIVE_ERRORS.items()
    ),
    *(
        Behaviour(
            f"error of {name} at the stream's beginning",
            (streamed(event(body)),),
            differs="" if "error" in body else PASSED_OVER,
        )
        for name, (_, body) in FIVE_ERRORS.items()
    ),
    Behaviour("context too long", (failing(400, {"error": CONTEXT}),)),
    Behaviour("key refused", (failing(401, {"error": KEY}),)),
    Behaviour("key refused as a bad request", (failing(400, {"error": KEY}),), differs=CODE),
    Behaviour("no such model", (failing(404, {"error": NO_MODEL}),)),
    Behaviour(
        "no such model, as a bad request", (failing(400, {"error": NO_MODEL}),), differs=CODE
    ),
    Behaviour("against the policy", (failing(400, {"error": POLICY}),)),
    Behaviour("limited", (failing(429, GROQ, retry_after="7"),)),
    Behaviour(
        "limited until a date", (failing(429, GROQ, retry_after="Fri, 31 Dec 1999 23:59:59 GMT"),)
    ),
    Behaviour(
        "limited for a moment", (failing(429, GROQ, retry_after="0"), with_usage(*TEXT)), retries=1
    ),
    Behaviour("no money", (failing(402, {"error": {"message": "Insufficient Balance"}}),)),
    Behaviour(
        "overloaded",
        (failing(503, {"error": {"message": "Overloaded"}}), with_usage(*TEXT)),
        retries=1,
    ),
    Behaviour("an error without a body", (Answer(status=500, headers=JSON),)),
    Behaviour("a page with an error", (page(502),)),
    Behaviour("a page in place of JSON", (page(),), streaming=False),
    Behaviour("a page in place of a stream", (page(),), differs=NAMED),
    Behaviour(
        "a page that says that it is a stream",
        (Answer(page().pieces, headers=EVENT_STREAM),),
        differs=NAMED,
    ),
    Behaviour("a page once", (page(), with_usage(*TEXT)), retries=1),
    Behaviour("broken JSON", (Answer((b'{"choices": [',), headers=JSON),), streaming=False),
    Behaviour(
        "broken JSON in place of a stream",
        (streamed(b'data: {"choices": [\n\n'),),
        differs=PASSED_OVER,
    ),
    Behaviour(
        "broken JSON amid a stream",
        (streamed(*HALF, b'data: {"choices": [\n\n'),),
        differs=PASSED_OVER,
    ),
    Behaviour(
        "broken JSON once",
        (streamed(b'data: {"choices": [\n\n'), with_usage(*TEXT)),
        retries=1,
        differs=PASSED_OVER,
    ),
    Behaviour(
        "JSON in place of a stream",
        (whole({"content": "Hello"}, usage=USAGE),),
        differs="litellm finds nothing in it, and says that the answer is empty",
    ),
    Behaviour("an empty answer", (Answer((), headers=JSON),), streaming=False),
    Behaviour("an empty stream", (Answer(()),)),
    Behaviour("an empty stream once", (Answer(()), with_usage(*TEXT)), retries=1),
    Behaviour("a stream without a finish reason", (streamed(*HALF),), differs=ESTIMATED),
    Behaviour("a stream that ends amid an event", (Answer((*HALF, TEXT[2][:20])),)),
    Behaviour("a stream cut off", (Answer(HALF, end=End.CLOSED),)),
    Behaviour("a stream that is reset", (Answer(HALF, end=End.RESET),)),
    Behaviour(
        "cut off after its finish reason", (Answer(TEXT, end=End.CLOSED),), differs=ESTIMATED
    ),
    Behaviour(
        "an answer cut off",
        (Answer(whole({"content": "Hello"}).pieces, headers=JSON, end=End.CLOSED),),
        streaming=False,
    ),
    Behaviour("no answer at all", (Answer(head=False, end=End.CLOSED),)),
    Behaviour("reset in place of an answer", (Answer(head=False, end=End.RESET),)),
    Behaviour("silent from the first", (Answer(head=False, end=End.SILENT),), silence=0.3),
    Behaviour("silent before a piece", (Answer((), end=End.SILENT),), silence=0.3),
    Behaviour("silent amid the stream", (Answer(HALF, end=End.SILENT),), silence=0.3),
    Behaviour("packed", (packed(whole({"content": "Hello"}, usage=USAGE)),), streaming=False),
    Behaviour("packed stream", (packed(with_usage(*TEXT)),)),
    Behaviour("asked twice", (with_usage(*TEXT),), asks=2),
    Behaviour(
        "asked again after the kept connection was closed",
        (with_usage(*TEXT), Answer(head=False, end=End.CLOSED), with_usage(*TEXT)),
        asks=2,
        differs="litellm does not ask again over another connection",
    ),
]
OF_PROVIDERS = [
    Behaviour(
        "calls that all have the index 0",
        (
            with_usage(
                chunk(called(0, id="call_1", name="look", arguments="{}")),
                chunk(called(0, id="call_2", name="see", arguments="{}")),
                chunk({}, "tool_calls"),
            ),
        ),
        differs="litellm leaves two calls at one index",
    ),
    Behaviour(
        "a call whose name comes with each piece",
        (
            with_usage(
                chunk(called(0, id="call_1", name="look", arguments="{")),
                chunk(called(0, id="call_1", name="look", arguments="}")),
                chunk({}, "tool_calls"),
            ),
        ),
        differs="litellm tells it as often",
    ),
    Behaviour(
        "calls that end with stop",
        (
            with_usage(
                chunk(called(0, id="call_1", name="look", arguments="{}")), chunk({}, "stop")
            ),
        ),
    ),
    Behaviour(
        "deepseek's cached tokens",
        (
            streamed(
                *TEXT,
                used(
                    {
                        "prompt_tokens": 7,
                        "completion_tokens": 5,
                        "total_tokens": 12,
                        "prompt_cache_hit_tokens": 4,
                        "prompt_cache_miss_tokens": 3,
                    }
                ),
            ),
        ),
        provider="deepseek",
        model="deepseek-chat",
    ),
    Behaviour(
        "groq's usage",
        (
            streamed(
                *BEGUN,
                chunk(
                    {},
                    "stop",
                    x_groq={
                        "id": "r",
                        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
                    },
                ),
            ),
        ),
        provider="groq",
        model="unpriced",
        differs="litellm does not look there, and estimates",
    ),
    Behaviour(
        "mistral's thinking",
        (
            streamed(
                chunk(
                    {
                        "content": [
                            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
                        ]
                    }
                ),
                chunk({"content": [{"type": "text", "text": "Hello"}]}),
                chunk(
                    {},
                    "stop",
                    usage={"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
                ),
            ),
        ),
        provider="mistral",
        model="magistral-medium-latest",
        differs="litellm signs it itself, and estimates its tokens",
    ),
    Behaviour(
        "openrouter's reasoning",
        (
            with_usage(
                chunk(
                    {
                        "content": "",
                        "reasoning": "Hm",
                        "reasoning_details": [
                            {"type": "reasoning.text", "text": "Hm", "format": "f", "index": 0}
                        ],
                    }
                ),
                chunk(
                    {
                        "content": "",
                        "reasoning": None,
                        "reasoning_details": [
                            {
                                "type": "reasoning.text",
                                "signature": "c2ln",
                                "format": "f",
                                "index": 0,
                            }
                        ],
                    }
                ),
                *TEXT,
            ),
        ),
        provider="openrouter",
        model="anthropic/claude-sonnet-4.5",
        differs="litellm drops the signature",
    ),
    *(
        Behaviour(
            f"{provider} streams",
            (with_usage(*TEXT),),
            provider=provider,
            model="some-model",
            differs="litellm says that an unknown model costs nothing"
            if provider == "fireworks"
            else "",
        )
        for provider in (
            "vllm",
            "lm_studio",
            "openrouter",
            "groq",
            "together",
            "deepseek",
            "mistral",
            "xai",
            "fireworks",
            "cerebras",
            "deepinfra",
            "nvidia_nim",
            "sambanova",
        )
    ),
]
TABLE = [*BEHAVIOURS, *OF_PROVIDERS]
