"""The parts of a chat completion that are read, whole or as a stream's chunk.

Everything else in a provider's JSON is passed over unread, and what providers spell differently
has a field for each spelling.
"""

from typing import Any, Final, TypeAlias

import msgspec

NOTHING: Final = msgspec.Raw(b"null")
"""What a field holds that is not there, or null: figures and errors are read by themselves, so that
an odd one spoils no answer."""


class Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: Any = None
    """Text; some give the object itself."""


class ToolCall(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Part(msgspec.Struct, gc=False):
    """Of a content that is a list, as Mistral's of models that reason."""

    type: str = ""
    text: str | None = None
    thinking: str | list["Part"] | None = None


Content: TypeAlias = str | list[Part] | None


class Message(msgspec.Struct, gc=False):
    """A message, or what a chunk adds to one."""

    content: Content = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[dict[str, Any]] | None = None
    thinking_blocks: list[dict[str, Any]] | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct, gc=False):
    delta: Message | None = None
    message: Message | None = None
    finish_reason: str | None = None
    usage: msgspec.Raw = NOTHING


class Groq(msgspec.Struct, gc=False):
    usage: msgspec.Raw = NOTHING


class Completion(msgspec.Struct, gc=False):
    """A whole answer or one chunk. `error` stands in place of choices."""

    choices: list[Choice] | None = None
    usage: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING
    x_groq: Groq | None = None


class Details(msgspec.Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class Tokens(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: Details | None = None
    completion_tokens_details: Details | None = None
    prompt_cache_hit_tokens: int | None = None
    cached_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


decode_completion = msgspec.json.Decoder(Completion).decode
decode_tokens = msgspec.json.Decoder(Tokens).decode
