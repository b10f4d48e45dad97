"""When memory is searched and when it is written."""

from dataclasses import dataclass
from enum import StrEnum


class MemoryMode(StrEnum):
    """`on` differs from `auto` in name only: both search and write."""

    OFF = "off"
    READONLY = "readonly"
    AUTO = "auto"
    ON = "on"


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """What a turn does with memory. `careful` looks at more, `cite` asks the model to say which."""

    mode: MemoryMode = MemoryMode.OFF
    careful: bool = False
    cite: bool = False

    @property
    def searches(self) -> bool:
        return self.mode is not MemoryMode.OFF

    @property
    def writes(self) -> bool:
        return self.mode in {MemoryMode.AUTO, MemoryMode.ON}
