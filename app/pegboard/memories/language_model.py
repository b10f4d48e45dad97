"""The memory model that asks a language model, through the gateway.

An answer is taken whole or not at all: one that cannot be read is asked for once more, then given
up. Tolerates code fences and prose around the JSON, never a wrong number or event. Knows no
provider; what the gateway raises passes through.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, TypeVar

from pegboard import strict_json
from pegboard.llm.failures import StreamCutOff
from pegboard.llm.gateway import (
    NO_USAGE,
    AssistantTurn,
    Finished,
    Gateway,
    GenerationOptions,
    ModelName,
    ModelRequest,
    Prompt,
    TextPiece,
    Turn,
    Usage,
    UserTurn,
)
from pegboard.memories import prompts
from pegboard.memories.facts import (
    Add,
    Change,
    Delete,
    Exchange,
    Fact,
    KnownFact,
    Unchanged,
    Update,
)
from pegboard.memories.memory_model import MemoryModelFailed
from pegboard.memories.rules.wording import says_nothing_new

MAX_FACTS: Final = 30
MAX_CHARACTERS: Final = 500
QUOTE_FALLBACK: Final = 300
_OPTIONS: Final = GenerationOptions(json_output=True, temperature=0)
_SHOWN_BACK: Final = 4_000
Read = TypeVar("Read")


class MalformedAnswer(Exception):
    """The problem, in words that the model can be given."""


class LanguageMemoryModel:
    """A `MemoryModel`. The known facts are shown under small numbers, never under their ids."""

    def __init__(self, gateway: Gateway, model: ModelName) -> None:
        self._gateway = gateway
        self._model = model
        self._used = NO_USAGE

    @property
    def spent(self) -> tuple[ModelName, Usage] | None:
        return self._gateway.answers_as(self._model), self._used

    async def extract(self, exchange: Exchange, *, instruction: str | None) -> tuple[Fact, ...]:
        if not exchange.user_text.strip():
            return ()
        return await self._ask(
            prompts.extraction_system(instruction),
            prompts.exchange_data(exchange),
            read=lambda answer: read_facts(answer, exchange=exchange),
        )

    async def reconcile(
        self,
        facts: Sequence[Fact],
        *,
        known: Sequence[Sequence[KnownFact]],
        instruction: str | None,
    ) -> tuple[Change, ...]:
        numbered = _number(known)
        if not facts or not (numbered or instruction):
            return tuple(Add(fact) for fact in facts)
        plain = {_plain(one.text) for one in numbered.values()}
        if all(_plain(fact.text) in plain for fact in facts):
            return tuple(Unchanged(fact) for fact in facts)
        return await self._ask(
            prompts.reconciliation_system(instruction),
            prompts.facts_data(facts, numbered),
            read=lambda answer: read_changes(answer, facts=facts, numbered=numbered),
        )

    async def _ask(self, system: str, data: str, *, read: Callable[[str], Read]) -> Read:
        turns: tuple[Turn, ...] = (UserTurn(data),)
        answer = await self._answer(system, turns)
        try:
            return read(answer)
        except MalformedAnswer as malformed:
            repair = UserTurn(prompts.repair_request(str(malformed)))
        turns = (*turns, AssistantTurn(answer[:_SHOWN_BACK] or "(nothing)"), repair)
        try:
            return read(await self._answer(system, turns))
        except MalformedAnswer as malformed:
            raise MemoryModelFailed(
                f"The memory model's answer could not be used: {malformed}"
            ) from malformed

    async def _answer(self, system: str, turns: tuple[Turn, ...]) -> str:
        request = ModelRequest(self._model, Prompt(system, turns), _OPTIONS, streaming=False)
        text, finished = "", False
        async with aclosing(self._gateway.stream(request)) as deltas:
            async for delta in deltas:
                if isinstance(delta, TextPiece):
                    text += delta.text
                elif isinstance(delta, Finished):
                    finished = True
                    self._used = self._used + delta.usage
        if not finished:
            raise StreamCutOff("The provider ended the answer without a finish reason")
        return text


def _number(known: Sequence[Sequence[KnownFact]]) -> Mapping[int, KnownFact]:
    """Every known fact once, counted from 1 in the order of first appearance."""
    distinct = {one.id: one for nearest in known for one in nearest}
    return dict(enumerate(distinct.values(), start=1))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def read_facts(answer: str, *, exchange: Exchange) -> tuple[Fact, ...]:
    """The facts that are news. A quote the user never said gives way to the user's own text."""
    facts: dict[str, Fact] = {}
    for item in _entries(answer, key="facts"):
        text, quote = _text_and_quote(item)
        is_news = text and not any(says_nothing_new(text, beside=one) for one in exchange.recalled)
        if is_news and len(facts) < MAX_FACTS:
            facts.setdefault(text, Fact(text, _quoted(quote, exchange.user_text)))
    return tuple(facts.values())


def read_changes(
    answer: str, *, facts: Sequence[Fact], numbered: Mapping[int, KnownFact]
) -> tuple[Change, ...]:
    """One change for each fact, in the order of the facts."""
    changes: dict[int, Change] = {}
    for entry in _entries(answer, key="memory"):
        if not isinstance(entry, dict):
            raise MalformedAnswer("every entry of memory must be an object")
        index = _integer(entry.get("index"))
        if index is None or not 1 <= index <= len(facts):
            raise MalformedAnswer(f"there is no new fact with the index {_shown(entry, 'index')}")
        if index in changes:
            raise MalformedAnswer(f"there is more than one entry for the index {index}")
        changes[index] = _change(entry, facts[index - 1], numbered)
    missing = [str(index) for index in range(1, len(facts) + 1) if index not in changes]
    if missing:
        raise MalformedAnswer(f"there is no entry for the index {', '.join(missing)}")
    return tuple(_applicable(changes[index] for index in sorted(changes)))


def _change(entry: Mapping[str, Any], fact: Fact, numbered: Mapping[int, KnownFact]) -> Change:
    event = str(entry.get("event")).strip().upper()
    known = numbered.get(_integer(entry.get("id")) or 0)
    text = entry.get("text")
    reworded = _clean(text) if isinstance(text, str) else ""
    if event in ("UPDATE", "DELETE") and known is None:
        raise MalformedAnswer(f"there is no known fact with the id {_shown(entry, 'id')}")
    match event, known:
        case "ADD", _:
            return Add(replace(fact, text=reworded or fact.text))
        case "UPDATE", KnownFact():
            return Update(known, replace(fact, text=reworded or fact.text))
        case "DELETE", KnownFact():
            return Delete(known, fact)
        case "NONE", _:
            return Unchanged(fact)
    raise MalformedAnswer(f"{_shown(entry, 'event')} is none of ADD, UPDATE, DELETE and NONE")


def _applicable(changes: Iterator[Change]) -> Iterator[Change]:
    """The changes in order; what is deleted cannot be changed again."""
    deleted: set[str] = set()
    for change in changes:
        match change:
            case Update(known=known, fact=fact) if known.id in deleted:
                yield Add(fact)
            case Delete(known=known, fact=fact) if known.id in deleted:
                yield Unchanged(fact)
            case _:
                yield change
        if isinstance(change, Delete):
            deleted.add(change.known.id)


def _entries(answer: str, *, key: str) -> list[Any]:
    value = _json(answer)
    if isinstance(value, dict):
        value = value.get(key)
    if not isinstance(value, list):
        raise MalformedAnswer(f'there is no list under "{key}"')
    return value


def _json(answer: str) -> Any:
    """The JSON in the answer, whatever stands around it."""
    problem = "the answer holds no JSON"
    first = min((at for at in (answer.find("{"), answer.find("[")) if at >= 0), default=-1)
    candidates = [answer.strip()]
    for opening, closing in (("{", "}"), ("[", "]")):
        start, end = answer.find(opening), answer.rfind(closing)
        if 0 <= start < end:
            candidates.insert(1 if start == first else len(candidates), answer[start : end + 1])
    for candidate in candidates:
        try:
            return strict_json.loads(candidate)
        except strict_json.BadJson as bad:
            if "{" in candidate[:1]:
                problem = f"the JSON is broken: {bad.problem} at character {bad.position}"
    raise MalformedAnswer(problem)


def _text_and_quote(item: Any) -> tuple[str, str]:
    if isinstance(item, str):
        return _clean(item), ""
    if isinstance(item, dict) and isinstance(text := item.get("text"), str):
        quote = item.get("quote")
        return _clean(text), quote.strip() if isinstance(quote, str) else ""
    raise MalformedAnswer('every entry of facts must be an object with a "text"')


def _quoted(quote: str, user_text: str) -> str:
    is_verbatim = quote and quote in user_text
    return quote[:MAX_CHARACTERS] if is_verbatim else user_text.strip()[:QUOTE_FALLBACK]


def _clean(text: str) -> str:
    return " ".join(strict_json.storable(text).split())[:MAX_CHARACTERS].rstrip()


def _integer(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:9])
    return None


def _shown(entry: Mapping[str, Any], key: str) -> str:
    return repr(entry.get(key))[:40]
