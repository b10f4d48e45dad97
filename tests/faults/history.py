"""What clients have done and what they were told of it: what must be found again, and how often."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic


class WriteKind(StrEnum):
    """`place` of a memory is an assistant, of all others a thread."""

    MESSAGE = "messages"
    OUTPUT = "tool outputs"
    DOCUMENT = "documents"
    MEMORY = "memories"
    RUN = "runs"


class Fate(StrEnum):
    UNKNOWN = "unknown"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass(slots=True)
class Write:
    """One write, known by a `token` that is in it. Moments are monotonic seconds."""

    kind: WriteKind
    place: str
    token: str
    sent: float = field(default_factory=monotonic)
    answered: float | None = None
    fate: Fate = Fate.UNKNOWN
    made: str = ""
    """Where the answer was lost, in what words its repetition told what had been made."""

    def acknowledge(self) -> None:
        self._answer(Fate.ACKNOWLEDGED)

    def refuse(self) -> None:
        self._answer(Fate.REFUSED)

    def _answer(self, fate: Fate) -> None:
        self.fate, self.answered = fate, monotonic()


@dataclass(slots=True)
class Record:
    """All that the clients of one trial remember, and what they saw go wrong."""

    writes: list[Write] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    """By its first word, what the model was told to say."""

    streamed_texts: dict[str, str] = field(default_factory=dict)
    """By run, the text that was streamed to its end."""

    threads: dict[str, str] = field(default_factory=dict)
    """Whose key opens each thread."""

    assistants: dict[str, str] = field(default_factory=dict)
    """Whose key opens each assistant that remembers."""

    operations: dict[str, str] = field(default_factory=dict)
    """Whose key opens each operation of a memory that was promised."""

    resumed: int = 0
    """Streams that were cut off and taken up again elsewhere."""

    wrong: list[str] = field(default_factory=list)

    def begin(self, kind: WriteKind, place: str, token: str) -> Write:
        write = Write(kind, place, token)
        self.writes.append(write)
        return write

    def acknowledged(self) -> Counter[WriteKind]:
        return Counter(write.kind for write in self.writes if write.fate is Fate.ACKNOWLEDGED)
