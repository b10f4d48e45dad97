"""What is learnt from an exchange, and what that means for what is already known.

Plain values: knows neither how facts are found nor where they are kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the user said and what was answered, at `moment`.

    `recalled` are the memories the model was given for its answer: no news, whoever repeats them.
    """

    user_text: str
    assistant_text: str | None
    moment: datetime
    recalled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A short sentence in the third person, and the user's own words it rests on."""

    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class KnownFact:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Add:
    fact: Fact


@dataclass(frozen=True, slots=True)
class Update:
    """`known` is no longer so, or not all of it: `fact` takes its place."""

    known: KnownFact
    fact: Fact


@dataclass(frozen=True, slots=True)
class Delete:
    """`fact` says that `known` has ceased to be so."""

    known: KnownFact
    fact: Fact


@dataclass(frozen=True, slots=True)
class Unchanged:
    """`fact` says nothing that is not known."""

    fact: Fact


Change: TypeAlias = Add | Update | Delete | Unchanged
