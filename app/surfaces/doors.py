"""What every door is told when it is built."""

from dataclasses import dataclass

from app.surfaces.asgi import Admit, Recognise


@dataclass(frozen=True, slots=True)
class DoorRules:
    """`hosts`: the only names answered to, or None for all. Sizes in bytes."""

    version: str
    hosts: frozenset[str] | None
    origins: frozenset[str]
    recognise: Recognise
    admit: Admit
    max_body: int
    max_upload: int
