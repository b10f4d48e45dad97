"""What passes between the supervisor and its serving processes: lines, over their stdin and stdout.

The first line in is a Charge. The pipe stays open as long as the supervisor lives: a process that
reads its end knows that nobody looks after it any more, however the supervisor went.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from pegboard.db.address import read_address
from pegboard.db.engine import Route, Routes
from pegboard.db.pooling import Pooling
from pegboard.settings import Settings

READY: Final = "ready"
"""The line a process writes when it serves."""


class WorkerCommand(StrEnum):
    STOP = "stop"
    STOP_AT_ONCE = "stop at once"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to the database, as the supervisor has found it."""

    url: str
    pooling: Pooling

    @classmethod
    def of(cls, route: Route) -> Self:
        return cls(route.address.url, route.pooling)

    def route(self) -> Route:
        return Route(read_address(self.url), Pooling(self.pooling))


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a process cannot know from its environment.

    `listener` is the inherited descriptor of the socket; None where it binds one itself.
    """

    listener: int | None
    host: str
    port: int
    data_dir: str | None
    requests: Way
    direct: Way

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        content = json.loads(line)
        return cls(**content | {name: Way(**content[name]) for name in ("requests", "direct")})

    def routes(self) -> Routes:
        return Routes(self.requests.route(), self.direct.route())

    def settings(self) -> Settings:
        """The supervisor's settings: its environment is ours, its command line is not."""
        given = Settings()
        return given.model_copy(
            update={
                "host": self.host,
                "port": self.port,
                "data_dir": Path(self.data_dir) if self.data_dir else given.data_dir,
            }
        )
