"""JSON of an answer in, deltas out: of a stream chunk by chunk, or of a whole one. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from pegboard.llm import failures
from pegboard.llm.error_answers import NO_REASON, UNREADABLE
from pegboard.llm.finish_reasons import finish_reason
from pegboard.llm.gateway import (
    Delta,
    Finished,
    FinishReason,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCallPiece,
    Usage,
)
from pegboard.llm.openai_compatible.error_bodies import failure_amid, failure_of_no_answer
from pegboard.llm.openai_compatible.wire import (
    NOTHING,
    Choice,
    Completion,
    Details,
    Message,
    Part,
    ToolCall,
    decode_completion,
    decode_tokens,
)
from pegboard.llm.reasoning_shapes import pieces_of_blocks, pieces_of_details

_DONE: Final = b"[DONE]"
_NO_DELTAS: Final[Sequence[Delta]] = ()


class AnswerReader:
    """One answer. `is_done` once the provider has said that nothing follows.

    `page` is what to say where there is a page in its place. `written` are the texts of the answer,
    for when nobody tells how many tokens they were.
    """

    __slots__ = ("_calls", "_page", "_reason", "_usage", "is_done", "written")

    def __init__(self, *, page: str) -> None:
        self.is_done = False
        self.written: list[str] = []
        self._page = page
        self._reason: str | None = None
        self._usage: msgspec.Raw = NOTHING
        self._calls = _CallNumbers()

    @property
    def has_reason(self) -> bool:
        return self._reason is not None

    def read(self, data: bytes) -> Sequence[Delta]:
        """The data of one event. Raises a ModelFailure for an error, and for what is no JSON."""
        if data == _DONE:
            self.is_done = True
            return _NO_DELTAS
        try:
            completion = decode_completion(data)
        except msgspec.DecodeError as error:
            raise failure_of_no_answer(data, UNREADABLE, page=self._page) from error
        choices = completion.choices
        if choices and completion.error == NOTHING:
            choice = choices[0]
            message = choice.delta or choice.message
            if choice.finish_reason is not None or completion.usage != NOTHING:
                self._note(completion, choice)
            return _NO_DELTAS if message is None else self._deltas(message)
        self._read_without_choices(completion, data)
        return _NO_DELTAS

    def reason(self) -> FinishReason:
        """Raises StreamCutOff where there is none: neither a word for it, nor an answer that its
        provider calls complete."""
        if self._reason is not None:
            return finish_reason(self._reason)
        if not (self.is_done and self.written):
            raise failures.StreamCutOff(NO_REASON)
        return FinishReason.TOOL_CALLS if self._calls.any else FinishReason.STOP

    def usage(self) -> Usage | None:
        """As the provider tells it; None where it does not."""
        return None if self._usage == NOTHING else _usage_of(self._usage)

    def _read_without_choices(self, completion: Completion, data: bytes) -> None:
        failure = failure_amid(data, completion.error)
        if failure is not None:
            raise failure
        self._note(completion, None)

    def _note(self, completion: Completion, choice: Choice | None) -> None:
        places = [completion.usage]
        if completion.x_groq is not None:
            places.append(completion.x_groq.usage)
        if choice is not None:
            self._reason = choice.finish_reason or self._reason
            places.append(choice.usage)
        self._usage = next((usage for usage in places if usage != NOTHING), self._usage)

    def _deltas(self, message: Message) -> Sequence[Delta]:
        content = message.content
        # Most chunks are a piece of text and nothing else.
        if type(content) is str and content and _has_only_text(message):
            self.written.append(content)
            return (TextPiece(content),)
        deltas: list[Delta] = [*_reasoning(message)]
        if isinstance(content, str):
            deltas += [TextPiece(content)] if content else []
        elif content is not None:
            deltas += _parts(content)
        if message.refusal:
            deltas.append(RefusalPiece(message.refusal))
        if message.tool_calls:
            deltas += self._calls.pieces(message.tool_calls)
        self.written += [text for delta in deltas for text in _texts(delta)]
        return deltas


class _CallNumbers:
    """Numbers calls in the order in which they begin.

    Some providers give all of them the index 0, some none; some repeat a call's name and id with
    each of its pieces, which we tell once.
    """

    __slots__ = ("_latest", "_numbers")

    def __init__(self) -> None:
        self._numbers: dict[int, tuple[int, str | None]] = {}
        self._latest = -1

    @property
    def any(self) -> bool:
        return self._latest >= 0

    def pieces(self, calls: Sequence[ToolCall]) -> Iterator[ToolCallPiece]:
        for position, call in enumerate(calls):
            index = position if call.index is None else call.index
            number, known_id = self._numbers.get(index, (-1, None))
            begins = number < 0 or bool(call.id and known_id and call.id != known_id)
            if begins:
                self._latest += 1
                number = self._latest
            self._numbers[index] = (number, call.id or known_id)
            function = call.function
            yield ToolCallPiece(
                number,
                (call.id or None) if begins or known_id is None else None,
                (function.name or None) if function and begins else None,
                _arguments(function.arguments) if function else "",
            )


def _texts(delta: Delta) -> tuple[str, ...]:
    match delta:
        case ToolCallPiece(name=name, arguments=arguments):
            return (name or "", arguments)
        case Finished():
            return ()
        case _:
            return (delta.text,)


def _has_only_text(message: Message) -> bool:
    return not (
        message.tool_calls
        or message.reasoning_content
        or message.reasoning
        or message.refusal
        or message.reasoning_details
        or message.thinking_blocks
    )


def _reasoning(message: Message) -> list[ReasoningPiece]:
    # Blocks have the text as well, which `reasoning_content` repeats.
    if message.thinking_blocks:
        return pieces_of_blocks(message.thinking_blocks)
    text = message.reasoning_content or message.reasoning
    pieces = [ReasoningPiece(text)] if text else []
    return pieces + pieces_of_details(message.reasoning_details or ())


def _parts(parts: Sequence[Part]) -> Iterator[Delta]:
    for part in parts:
        if part.thinking:
            yield ReasoningPiece(_text(part.thinking))
        elif part.text:
            yield TextPiece(part.text)


def _text(thinking: str | list[Part]) -> str:
    if isinstance(thinking, str):
        return thinking
    return "".join(part.text or "" for part in thinking)


def _arguments(arguments: Any) -> str:
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _usage_of(raw: msgspec.Raw) -> Usage:
    try:
        tokens = decode_tokens(raw)
    except msgspec.DecodeError:  # figures that are none
        return Usage()
    read, written = tokens.prompt_tokens_details, tokens.completion_tokens_details
    details, thought = read or Details(), written or Details()
    return Usage(
        input_tokens=tokens.prompt_tokens or 0,
        output_tokens=tokens.completion_tokens or 0,
        cached_input_tokens=(
            details.cached_tokens
            or tokens.prompt_cache_hit_tokens
            or tokens.cache_read_input_tokens
            or tokens.cached_tokens
            or 0
        ),
        cache_write_input_tokens=(
            tokens.cache_creation_input_tokens or details.cache_write_tokens or 0
        ),
        reasoning_tokens=thought.reasoning_tokens or 0,
    )
