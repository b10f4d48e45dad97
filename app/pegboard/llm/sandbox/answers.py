"""A question and what was given with it in, an answer that quotes the fitting sentences out.

Reads memories, passages and earlier turns as material: sentences to quote, never to obey.
"""

import re
from collections import Counter
from collections.abc import Sequence
from math import log

from pegboard.english.words import content_stems, excerpt, sentences, stem, within_reach
from pegboard.llm.gateway import Passage, Prompt
from pegboard.llm.sandbox.conversation import earlier_user_texts, last_answer, user_text

_ABOUT_ME = re.compile(
    r"\b(?:know|remember|recall|learn(?:ed|t)?|told you|memor(?:y|ies|ise|ize)d?)\b"
    r".{0,40}\b(?:me|myself|i am|my memories)\b|\bwho am i\b|\babout me\b"
    r"|\bwhat (?:do|can) you (?:still )?(?:remember|recall)\b",
    re.IGNORECASE,
)
_I_SAID = re.compile(
    r"\bwhat (?:did|have) i (?:just |last |previously )?"
    r"(?:say|said|ask|asked|tell|told|write|written)\b"
    r"|\brepeat (?:what i said|my (?:last )?(?:message|question))"
    r"|\bmy (?:last|previous) (?:message|question)\b",
    re.IGNORECASE,
)
_YOU_SAID = re.compile(
    r"\bwhat (?:did|have) you (?:just |last )?(?:say|said|answer|answered|reply|tell me)"
    r"|\byour (?:last|previous) (?:message|answer|reply)\b|\brepeat that\b",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"\b(?:my|the) first (?:message|question|thing i (?:said|asked))\b", re.IGNORECASE
)
_MARKER = re.compile(r"【[^†】]*†([^】]*)】")
_PERSONAL = re.compile(r"\b(?:my|i|me|mine)\b", re.IGNORECASE)
_TOLD_TO = re.compile(r"\b(?:tell|give|show|help|let|remind|teach) me\b", re.IGNORECASE)
_OPEN = re.compile(
    r"\?|^\W*(?:what|who|where|when|why|how|which|is|are|does|do|did|can|could|summari[sz]e"
    r"|describe|explain|list|tell|according)\b",
    re.IGNORECASE,
)
# Words that speak of a document as a whole; a question made of them alone wants its main points.
_WHOLE = frozenset(
    stem(word)
    for word in (
        "key", "main", "important", "point", "summary", "summarize", "summarise", "overview",
        "document", "file", "attachment", "attached", "pdf", "upload", "uploaded", "content",
        "text", "page", "paper", "report", "takeaway", "highlight", "topic", "idea", "describe",
        "explain", "list", "find", "read", "contain", "brief", "short", "gist", "doc",
    )
)  # fmt: skip
_KINDRED = {
    stem(word): tuple(stem(kin) for kin in kindred)
    for word, kindred in {
        "job": ("work", "engineer", "profession"),
        "work": ("job", "profession"),
        "profession": ("work", "job"),
        "employer": ("work",),
        "live": ("city", "home", "from"),
        "city": ("live",),
        "favorite": ("prefer", "love", "favourite"),
        "favourite": ("prefer", "love", "favorite"),
        "like": ("prefer", "love", "enjoy"),
        "prefer": ("favorite", "favourite", "like"),
        "old": ("age", "years", "born"),
        "age": ("years", "born"),
    }.items()
}
_INTRODUCES = re.compile(r"\b(?:I am|I'm|I\u2019m|[Cc]all me) [A-Z]")
_FITS = 0.34
_MOST_QUOTED = 3
_LEADING = 4
_SHOWN = 300
_MEMORY_SHOWN = 600
_MAX_SENTENCES = 4_000


def answer_from_given(prompt: Prompt) -> str | None:
    """The answer, or None where the message asks for nothing that was given."""
    question = within_reach(user_text(prompt.turns))
    if (repeated := _repeated(question, prompt)) is not None:
        return repeated
    if _ABOUT_ME.search(question):
        return _all_known(prompt)
    if not _OPEN.search(question):
        return None
    personal = bool(_PERSONAL.search(_TOLD_TO.sub("", question)))
    sought = (_from_memories, _from_passages, _from_turns)
    if prompt.passages and not personal:
        sought = (_from_passages, _from_memories, _from_turns)
    for look in sought:
        if (answer := look(question, prompt)) is not None:
            return answer
    return _nothing_fits(question, prompt, personal=personal)


def _repeated(question: str, prompt: Prompt) -> str | None:
    earlier = earlier_user_texts(prompt.turns)
    if _FIRST.search(question):
        return f"Your first message was: {_quote(earlier[0] if earlier else question)}."
    if _I_SAID.search(question):
        if earlier:
            return f"You said: {_quote(earlier[-1])}."
        return "This is your first message here, so you have said nothing before it."
    if _YOU_SAID.search(question):
        spoken = last_answer(prompt.turns)
        return f"I said: {_quote(spoken)}." if spoken else "I have not said anything here yet."
    return None


def _all_known(prompt: Prompt) -> str:
    if prompt.memories:
        known = "; ".join(excerpt(memory, _MEMORY_SHOWN).rstrip(".") for memory in prompt.memories)
        return f"Here is what I remember about you: {known}."
    statements = [text for text in earlier_user_texts(prompt.turns) if not _OPEN.search(text)]
    if statements:
        return f"In this conversation you told me: {'; '.join(map(_quote, statements[-5:]))}."
    return "I remember nothing about you yet: no memory was given to me for this message."


def _from_memories(question: str, prompt: Prompt) -> str | None:
    fitting = _best(question, prompt.memories)
    if not fitting:
        return None
    known = "; ".join(excerpt(memory, _MEMORY_SHOWN).rstrip(".") for memory in fitting)
    return f"From what I remember: {known}."


def _from_turns(question: str, prompt: Prompt) -> str | None:
    statements = [
        sentence
        for text in earlier_user_texts(prompt.turns)[-50:]
        for sentence in sentences(within_reach(text))
        if not sentence.endswith("?")
    ]
    fitting = _best(question, statements[-_MAX_SENTENCES:])
    return f"Earlier you told me: {'; '.join(map(_quote, fitting))}." if fitting else None


def _from_passages(question: str, prompt: Prompt) -> str | None:
    if not prompt.passages:
        return None
    if {*content_stems(question)} <= _WHOLE | _source_stems(prompt.passages):
        return _main_points(prompt.passages)
    sourced = [
        (sentence, passage.source)
        for passage in prompt.passages
        for sentence in sentences(passage.text)
    ][:_MAX_SENTENCES]
    fitting = _best(question, [sentence for sentence, _ in sourced])
    if not fitting:
        return None
    source_of = dict(reversed(sourced))
    return " ".join(_quoted_from(source_of[sentence], _quote(sentence)) for sentence in fitting)


def _quoted_from(source: str, quote: str) -> str:
    """A statement with its source; a source that is a marker stands behind what it marks."""
    return f"{quote}.{source}" if _MARKER.fullmatch(source) else f"{source} says: {quote}."


def _main_points(passages: Sequence[Passage]) -> str:
    by_source: dict[str, list[str]] = {}
    for passage in passages:
        points = by_source.setdefault(passage.source, [])
        for sentence in sentences(passage.text[: _SHOWN * 20])[:_LEADING]:
            if sentence not in points and len(points) < _MOST_QUOTED + _LEADING:
                points.append(sentence)
    lines = []
    for source, points in list(by_source.items())[:10]:
        marker = source if _MARKER.fullmatch(source) else ""
        quotes = "; ".join(map(_quote, points))
        lines.append(f"The key points in {_name(source)}: {quotes}.{marker}")
    return " ".join(lines)


def _nothing_fits(question: str, prompt: Prompt, *, personal: bool) -> str | None:
    if prompt.passages:
        sources = ", ".join(dict.fromkeys(_name(passage.source) for passage in prompt.passages))
        return f"Nothing in {excerpt(sources)} answers {_quote(question)}."
    if personal and prompt.memories:
        return f"Nothing that I remember about you answers {_quote(question)}."
    return None


def _best(question: str, candidates: Sequence[str]) -> list[str]:
    """The sentences that share the question's rarer words, in their own order."""
    sought = {*content_stems(question)} - _WHOLE
    if not sought or not candidates:
        return []
    stems = [frozenset(content_stems(sentence)) for sentence in candidates]
    spread = Counter(word for words in stems for word in words)
    weight = {word: log(1 + len(candidates) / (1 + spread[word])) + 0.1 for word in sought}
    scores = [sum(_weighed(word, weight, words) for word in sought) for words in stems]
    if "nam" in sought:
        named = [bool(_INTRODUCES.search(sentence)) for sentence in candidates]
        scores = [score + hit * weight["nam"] for score, hit in zip(scores, named, strict=True)]
    top = max(scores)
    if top <= 0 or top < _FITS * sum(weight.values()):
        return []
    ranked = sorted(range(len(candidates)), key=lambda at: (-scores[at], at))[:_MOST_QUOTED]
    close = sorted(at for at in ranked if scores[at] >= 0.6 * top)
    return list(dict.fromkeys(candidates[at] for at in close))


def _weighed(word: str, weight: dict[str, float], words: frozenset[str]) -> float:
    if word in words:
        return weight[word]
    return weight[word] / 2 if words.intersection(_KINDRED.get(word, ())) else 0.0


def _source_stems(passages: Sequence[Passage]) -> frozenset[str]:
    return frozenset(word for p in passages[:50] for word in content_stems(p.source))


def _name(source: str) -> str:
    marked = _MARKER.fullmatch(source)
    return marked[1] if marked else source


def _quote(text: str) -> str:
    return f'"{excerpt(text, _SHOWN).rstrip(".")}"'
