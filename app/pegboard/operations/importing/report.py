"""What an import did: how many came in, and what was left out and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_EXAMPLES: Final = 10
_MOST_FIELDS: Final = 20
_LONGEST: Final = 200
_SHORT: Final = 100


@dataclass(frozen=True, slots=True)
class Skip(Exception):
    """Why something is left out: `reason` is the same for all alike, `detail` says what of this."""

    reason: str
    detail: str = ""


@dataclass(slots=True)
class Counts:
    """Of one kind. `examples` are the first of each reason, with their places."""

    imported: int = 0
    already: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def skipped(self) -> int:
        return self.reasons.total()

    def skip(self, place: str, skip: Skip) -> None:
        self.reasons[skip.reason] += 1
        examples = self.examples.setdefault(skip.reason, [])
        if len(examples) < _EXAMPLES:
            detail = _shown(skip.detail, _LONGEST)
            examples.append(f"{place}: {detail}" if detail else place)

    def ignore(self, name: str) -> None:
        """Note a field of which nothing is kept; not too many of them."""
        if name in self.ignored or len(self.ignored) < _MOST_FIELDS:
            self.ignored[name] += 1


@dataclass(slots=True)
class Report:
    """`unknown` names what lay in the folder besides; `mentioned` counts ids without an object."""

    counts_by_kind: dict[str, Counts] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    mentioned: int = 0

    def of(self, kind: str) -> Counts:
        return self.counts_by_kind.setdefault(kind, Counts())

    @property
    def is_whole(self) -> bool:
        return not any(counts.skipped for counts in self.counts_by_kind.values())

    def lines(self) -> Iterator[str]:
        """The report as text."""
        for kind, counts in self.counts_by_kind.items():
            yield (
                f"{kind:<20} {counts.imported:>9} imported {counts.already:>9} already there "
                f"{counts.skipped:>9} skipped"
            )
        for kind, counts in self.counts_by_kind.items():
            for reason, count in counts.reasons.most_common():
                yield f"skipped, {kind}: {reason} ({count})"
                yield from (f"    {example}" for example in counts.examples[reason])
                more = count - len(counts.examples[reason])
                if more:
                    yield f"    and {more} more"
        for kind, counts in self.counts_by_kind.items():
            for name, count in counts.ignored.items():
                yield f"not kept, {kind}: the field '{_shown(name, _SHORT)}' ({count})"
        if self.unknown:
            names = (_shown(name, _SHORT) for name in self.unknown[:_EXAMPLES])
            yield f"not read: {', '.join(names)}"
        if self.mentioned:
            yield (
                f"{self.mentioned} ids are mentioned by what was imported, but what they name is "
                "not here: runs, which are never imported, and what the dump does not hold."
            )


def _shown(text: str, longest: int) -> str:
    """A text of the dump's for a terminal, which takes orders by characters nobody sees."""
    return "".join(one for one in text[:longest] if one.isprintable())
