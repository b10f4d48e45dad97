"""What the process that calls the upstream by itself is to do."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """`calls` calls by library `how`, `clients` at once; `past`: exchanges in the prompt."""

    how: str
    clients: int
    calls: int
    words: int
    streamed: bool = False
    past: int = 5

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Calls:
    """Of each call, and of all together: seconds on the clock, of the processor, and how many bytes
    more were resident at most."""

    seconds: list[float]
    elapsed: float
    cpu: float
    grown: int
