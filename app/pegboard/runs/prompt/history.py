"""Stored messages → turns that any provider accepts. Pure.

Providers refuse a history in which a tool call has no output or an output no call. Both exist here:
a cancelled run leaves calls unanswered, and a thread may be cut at any message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from uuid import UUID

from pegboard.llm.gateway import AssistantTurn, Image, Reasoning, ToolCall, ToolTurn, UserTurn
from pegboard.llm.tokens import count_tokens
from pegboard.messages import parts
from pegboard.messages.parts import FilePart, ImagePart
from pegboard.messages.tables import MessageStatus, Role
from pegboard.runs.prompt.window import SizedTurn

CANCELLED_OUTPUT: Final = "The call was cancelled; there is no result."
_TURN_OVERHEAD: Final = 4
_CANCELLED_TOKENS: Final = 16

ReasoningByMessage: TypeAlias = Mapping[UUID, tuple[Reasoning, ...]]


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """The columns of a message that the model's view of it is made from."""

    id: UUID
    role: str
    status: str
    content: str | None
    tool_calls: list[dict[str, Any]] | None
    tool_call_id: str | None
    parts: list[dict[str, Any]] | None
    tokens: int


def turns_of(
    messages: Iterable[StoredTurn], reasoning: ReasoningByMessage = MappingProxyType({})
) -> list[SizedTurn]:
    """The valid conversation in `messages`, oldest first. What a failed run left is not in it.

    `reasoning` is what led to the calls of the run that goes on, by the answers' ids.
    """
    turns: list[SizedTurn] = []
    unanswered: dict[str, str] = {}
    for message in messages:
        if message.role == Role.TOOL:
            if message.tool_call_id in unanswered:
                name = unanswered.pop(message.tool_call_id)
                output = ToolTurn(message.tool_call_id, name, message.content or "")
                turns.append(SizedTurn(output, message.tokens + _TURN_OVERHEAD))
            continue
        turns.extend(_cancelled(unanswered))
        unanswered = {}
        if message.role == Role.USER:
            images = _images(message.parts)
            turn: UserTurn | AssistantTurn = UserTurn(message.content or "", images)
        elif message.status == MessageStatus.FAILED:
            continue
        else:
            calls = calls_of(message.tool_calls)
            if not calls and not message.content:
                continue
            thought = reasoning.get(message.id, ()) if calls else ()
            turn = AssistantTurn(message.content or None, calls, thought)
            unanswered = {call.id: call.name for call in calls}
            tokens = sum(count_tokens(block.text) for block in thought)
            turns.append(SizedTurn(turn, message.tokens + tokens + _TURN_OVERHEAD))
            continue
        turns.append(SizedTurn(turn, message.tokens + _TURN_OVERHEAD))
    turns.extend(_cancelled(unanswered))
    return turns


def _images(stored: Iterable[Mapping[str, Any]] | None) -> tuple[Image, ...]:
    images: list[Image] = []
    for part in parts.from_json(stored or ()):
        if isinstance(part, ImagePart):
            images.append(Image(part.url, part.detail))
        elif isinstance(part, FilePart):
            images.append(Image("", part.detail, part.file_id))
    return tuple(images)


def calls_of(stored: Iterable[Mapping[str, Any]] | None) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in stored or ())


def _cancelled(unanswered: Mapping[str, str]) -> list[SizedTurn]:
    return [
        SizedTurn(ToolTurn(call_id, name, CANCELLED_OUTPUT), _CANCELLED_TOKENS)
        for call_id, name in unanswered.items()
    ]
