"""A chat completion as it is sent: whole, or chunk by chunk.

An answer's fields come in the order in which OpenAI writes them. Tool calls of a chunk carry their
`index`; id and name come once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pegboard.llm.gateway import (
    Delta,
    Finished,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCallPiece,
    Usage,
)

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Completion:
    """What every piece of one answer repeats. `created` is in unix seconds."""

    id: str
    created: int
    model: str
    calls: set[int] = field(default_factory=set)

    def whole(self, deltas: Sequence[Delta]) -> dict[str, Any]:
        """All of an answer; the last delta is its `Finished`."""
        text = "".join(one.text for one in deltas if isinstance(one, TextPiece))
        refusal = "".join(one.text for one in deltas if isinstance(one, RefusalPiece))
        reasoning = "".join(one.text for one in deltas if isinstance(one, ReasoningPiece))
        calls: dict[int, dict[str, Any]] = {}
        for one in deltas:
            if isinstance(one, ToolCallPiece):
                _add(calls, one)
        finished = next(one for one in deltas if isinstance(one, Finished))
        message: dict[str, Any] = {
            "role": "assistant",
            "content": text if text or not (calls or refusal) else None,
            "refusal": refusal or None,
        }
        if reasoning:
            message["reasoning_content"] = reasoning
        if calls:
            message["tool_calls"] = [calls[index] for index in sorted(calls)]
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": str(finished.reason),
        }
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": _usage(finished.usage),
        }

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def piece(self, delta: Delta) -> bytes:
        """A delta as a chunk; nothing of one that is opaque to everybody but its provider."""
        match delta:
            case TextPiece(text=text):
                return self._chunk({"content": text})
            case RefusalPiece(text=text):
                return self._chunk({"refusal": text})
            case ReasoningPiece(text=text):
                return self._chunk({"reasoning_content": text}) if text else b""
            case ToolCallPiece(index=index, id=call_id, name=name, arguments=arguments):
                call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
                if index not in self.calls:
                    self.calls.add(index)
                    call |= {"id": call_id or f"call_{self.id[9:]}{index}", "type": "function"}
                    call["function"]["name"] = name or ""
                return self._chunk({"tool_calls": [call]})
            case Finished(reason=reason):
                return self._chunk({}, reason=str(reason))

    def usage(self, used: Usage) -> bytes:
        head = self._head("chat.completion.chunk")
        return _frame({**head, "choices": [], "usage": _usage(used)})

    def _chunk(self, delta: dict[str, Any], *, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _frame({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def fault_frame(body: dict[str, Any]) -> bytes:
    """The last frame of a stream that breaks off."""
    return _frame(body)


def _add(calls: dict[int, dict[str, Any]], piece: ToolCallPiece) -> None:
    call = calls.setdefault(
        piece.index,
        {"id": piece.id or "", "type": "function", "function": {"name": "", "arguments": ""}},
    )
    call["id"] = call["id"] or piece.id or ""
    call["function"]["name"] = call["function"]["name"] or piece.name or ""
    call["function"]["arguments"] += piece.arguments


def _usage(used: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
    }


def _frame(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body, separators=(',', ':'))}\n\n".encode("ascii")
