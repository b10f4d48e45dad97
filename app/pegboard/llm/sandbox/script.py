"""A message's `metadata.sandbox` in, what the sandbox is to do out.

The only place that knows the script's keys. Says plainly which key is wrong.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pegboard import strict_json
from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import FinishReason, Usage
from pegboard.llm.sandbox.scripted_failure import ScriptedFailure

MAX_DELAY_MS = 60_000
_MAX_TEXT = 256_000
_MOST_ROUNDS = 128
_MOST_CALLS = 128
_MOST_COUNTED = 100_000_000
_MOST_USD = 1_000_000


class BadScript(AppError):
    """The script cannot be followed; nothing was asked of the model."""

    kind = ErrorKind.INVALID
    code = "invalid_sandbox_script"


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A call to make; `arguments` is passed on as it stands, valid JSON or not."""

    name: str
    arguments: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens in one round. What is None is left to the model."""

    reply: str | None = None
    refusal: str | None = None
    tool_calls: tuple[ScriptedCall, ...] | None = None
    reasoning: str | None = None
    delay_ms: float = 0
    error: ScriptedFailure | None = None
    cut_after: int | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None

    @property
    def counts_pieces(self) -> bool:
        """Whether the scene is about the stream itself, so that it has to come in pieces."""
        return bool(self.delay_ms) or self.error is not None or self.cut_after is not None


@dataclass(frozen=True, slots=True)
class Script:
    scenes: tuple[Scene, ...] = ()

    def scene(self, number: int) -> Scene:
        """The scene of a round; after the last one the model answers by itself."""
        return self.scenes[number] if 0 <= number < len(self.scenes) else Scene()


def read_script(value: object) -> Script:
    """Read a script given as an object or as its JSON text."""
    if isinstance(value, str):
        try:
            value = strict_json.loads(value)
        except strict_json.BadJson as error:
            raise BadScript(f"metadata.sandbox is not valid JSON: {error.problem}") from error
    fields = _object(value, "metadata.sandbox", (*_READERS, "rounds"))
    if "rounds" not in fields:
        return Script((_scene(fields, ""),))
    if len(fields) > 1:
        raise BadScript("metadata.sandbox: with rounds, all other keys belong inside a round")
    rounds = fields["rounds"]
    if not isinstance(rounds, list):
        raise _wrong("rounds", "a list of objects", rounds)
    _check_count("rounds", rounds, _MOST_ROUNDS)
    return Script(
        tuple(
            _scene(_object(value, f"rounds[{at}]", tuple(_READERS)), f"rounds[{at}].")
            for at, value in enumerate(rounds)
        )
    )


def _scene(fields: Mapping[str, Any], where: str) -> Scene:
    scene = Scene(**{key: _READERS[key](value, f"{where}{key}") for key, value in fields.items()})
    if scene.error and scene.cut_after is not None:
        raise BadScript(f"metadata.sandbox: {where}error and {where}cut_after exclude each other")
    return scene


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, "a string", value)
    if len(value) > _MAX_TEXT:
        raise BadScript(f"metadata.sandbox: {where} is longer than {_MAX_TEXT} characters")
    return value


def _check_count(where: str, values: Sequence[object], most: int) -> None:
    if len(values) > most:
        raise BadScript(f"metadata.sandbox: {where} has {len(values)} items, more than {most}")


def _number(value: object, where: str, *, most: float = 1e12) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    if not good or not isinstance(value, int | float):
        raise _wrong(where, f"a number from 0 to {most:.0f}", value)
    return value


def _count(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_COUNTED:
        raise _wrong(where, f"a whole number from 0 to {_MOST_COUNTED}", value)
    return value


def _delay(value: object, where: str) -> float:
    return _number(value, where, most=MAX_DELAY_MS)


def _calls(value: object, where: str) -> tuple[ScriptedCall, ...]:
    if not isinstance(value, list):
        raise _wrong(where, "a list of objects", value)
    _check_count(where, value, _MOST_CALLS)
    return tuple(_call(call, f"{where}[{at}]") for at, call in enumerate(value))


def _call(value: object, where: str) -> ScriptedCall:
    fields = _object(value, where, ("name", "arguments", "id"))
    if not isinstance(fields.get("name"), str) or not fields["name"]:
        raise _wrong(f"{where}.name", "a string that is not empty", fields.get("name"))
    arguments = fields.get("arguments", {})
    if isinstance(arguments, Mapping):
        arguments = json.dumps(arguments, ensure_ascii=False)
    elif not isinstance(arguments, str):
        raise _wrong(f"{where}.arguments", "an object or a string", arguments)
    _text(arguments, f"{where}.arguments")
    identity = None if fields.get("id") is None else _text(fields["id"], f"{where}.id")
    return ScriptedCall(fields["name"], arguments, identity)


def _failure(value: object, where: str) -> ScriptedFailure:
    fields = _object(value, where, ("status", "message", "after", "retry_after"))
    status = fields.get("status")
    if not isinstance(status, int) or isinstance(status, bool) or not 400 <= status <= 599:
        raise _wrong(f"{where}.status", "an HTTP status from 400 to 599", status)
    pause = fields.get("retry_after")
    message = fields.get("message")
    return ScriptedFailure(
        status=status,
        message=None if message is None else _text(message, f"{where}.message"),
        after=_count(fields.get("after", 0), f"{where}.after"),
        retry_after=None if pause is None else _number(pause, f"{where}.retry_after"),
    )


def _usage(value: object, where: str) -> Usage:
    counts = ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
    fields = _object(value, where, (*counts, "cost_usd"))
    return Usage(
        input_tokens=_count(fields.get("input_tokens", 0), f"{where}.input_tokens"),
        output_tokens=_count(fields.get("output_tokens", 0), f"{where}.output_tokens"),
        cached_input_tokens=_count(
            fields.get("cached_input_tokens", 0), f"{where}.cached_input_tokens"
        ),
        cost_usd=_price(fields.get("cost_usd", 0), f"{where}.cost_usd"),
        reasoning_tokens=_count(fields.get("reasoning_tokens", 0), f"{where}.reasoning_tokens"),
    )


def _price(value: object, where: str) -> Decimal:
    try:
        price = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price <= _MOST_USD:
        raise _wrong(where, f"an amount from 0 to {_MOST_USD}", value)
    return price


def _reason(value: object, where: str) -> FinishReason:
    known = [reason.value for reason in FinishReason]
    if value not in known:
        raise _wrong(where, f"one of {', '.join(known)}", value)
    return FinishReason(str(value))


_READERS: dict[str, Callable[[object, str], Any]] = {
    "reply": _text,
    "refusal": _text,
    "tool_calls": _calls,
    "reasoning": _text,
    "delay_ms": _delay,
    "error": _failure,
    "cut_after": _count,
    "usage": _usage,
    "finish_reason": _reason,
}


def _object(value: object, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(where, "a JSON object", value)
    for key in value:
        if key not in known:
            raise BadScript(
                f"{_at(where)} has no key {key!r}; the known keys are {', '.join(known)}"
            )
    return value


def _wrong(where: str, wanted: str, value: object) -> BadScript:
    shown = repr(value[:80] if isinstance(value, str | list) else value)
    shown = shown if len(shown) <= 80 else f"{shown[:80]}..."
    return BadScript(f"{_at(where)} must be {wanted}, not {shown}")


def _at(where: str) -> str:
    return where if where.startswith("metadata.") else f"metadata.sandbox: {where}"
