"""What reading one file may cost."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Limits:
    """`cpu_seconds` of the processor bound the work. `seconds`, on the wall, are for what waits
    without working, and many more: a reader gives way to everything else, and on a busy machine
    good files take long.
    """

    seconds: float = 60
    cpu_seconds: int = 8
    memory: int = 768 * 1024 * 1024
    output: int = 20 * 1000 * 1000
    open_files: int = 64

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))
