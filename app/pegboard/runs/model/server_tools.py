"""Tools that this server answers itself, in the midst of a run."""

from collections.abc import Mapping
from typing import Any, Protocol

from pegboard.llm.gateway import Tool


class ServerTools(Protocol):
    @property
    def tools(self) -> tuple[Tool, ...]:
        """What the model is offered."""
        ...

    async def use(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What a call returned, or why it failed, as text for the model. Raises nothing."""
        ...


class NoTools:
    """Where nothing is configured, or the caller has not asked for any."""

    tools: tuple[Tool, ...] = ()

    async def use(self, name: str, arguments: Mapping[str, Any]) -> str:
        return f"{name} failed: there is no such tool"
