"""Which published client is calling, by its User-Agent, and what it cannot parse.

Facts from driving each release against a server of crafted answers.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fastapi import Request

_PYTHON: Final = re.compile(r"^backboard-python-sdk/(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?!\d)")
_PYTHON_UNNUMBERED: Final = "backboard-python-sdk/"
_JAVASCRIPT: Final = "backboard-js-sdk/"


@dataclass(frozen=True, slots=True)
class Client:
    """`version` is that of the Python SDK; (0, 0, 0) for its releases that do not say."""

    python: bool = False
    javascript: bool = False
    version: tuple[int, int, int] = (0, 0, 0)

    @property
    def knows_tool_role(self) -> bool:
        """Python SDKs before 1.5.11 raise on a message whose role is `tool`."""
        return not self.python or self.version >= (1, 5, 11)

    @property
    def wants_typed_properties(self) -> bool:
        """Python SDKs raise on tool properties without a plain type or with odd enums."""
        return self.python

    @property
    def refuses_extra_keywords(self) -> bool:
        """The dataclasses of 1.0 and 1.1 raise on any keyword that they do not list."""
        return self.python and (1, 0, 0) <= self.version < (1, 2, 0)

    @property
    def failure_word(self) -> str:
        """A failed document's status. `error` makes Python SDKs before 1.5.16 raise."""
        old_python = self.python and self.version < (1, 5, 16)
        return "failed" if old_python or self.javascript else "error"


@lru_cache(maxsize=1024)
def client_named(user_agent: str) -> Client:
    numbered = _PYTHON.match(user_agent)
    if numbered is not None:
        major, minor, patch = (int(part) for part in numbered.groups())
        return Client(python=True, version=(major, minor, patch))
    if user_agent.startswith(_PYTHON_UNNUMBERED):
        return Client(python=True)
    return Client(javascript=user_agent.startswith(_JAVASCRIPT))


async def current_client(request: Request) -> Client:
    """For a dependency; FastAPI runs one that is a plain function in a thread."""
    return client_of(request)


def client_of(request: Request) -> Client:
    return client_named(request.headers.get("user-agent", ""))
