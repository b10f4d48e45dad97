"""What the user reads first: where, who is let in, who answers, where it is kept."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from pegboard import clock
from pegboard.composition.database import data_folder
from pegboard.llm import providers
from pegboard.server.bind_safety import BindSafety
from pegboard.settings import Auth, SandboxMode, Settings


@dataclass(frozen=True, slots=True)
class Banner:
    url: str
    access: str
    models: str
    data: str
    processes: int

    @classmethod
    def of(cls, settings: Settings, exposure: BindSafety, port: int) -> Self:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        is_open = exposure.auth is Auth.OPEN
        return cls(
            url=f"http://{host}:{port}",
            access="open: any key is accepted, and each is a tenant of its own"
            if is_open
            else "keys made by `pegboard keys create`",
            models=_models(settings),
            data="PEGBOARD_DATABASE_URL" if settings.database_url else str(data_folder(settings)),
            processes=settings.workers,
        )

    def text(self, *, as_json: bool) -> str:
        """For people, or as one line like those of the log."""
        if as_json:
            fields = {"event": "listening", "level": "info", "timestamp": clock.now().isoformat()}
            return json.dumps(fields | asdict(self))
        lines = [
            f"Pegboard listens on {self.url}",
            f"  Backboard API   {self.url}/api   (reference: /api/docs)",
            f"  OpenAI API      {self.url}/v1    (reference: /v1/docs)",
            f"  access          {self.access}",
            f"  models          {self.models}",
            f"  data            {self.data}",
        ]
        if self.processes > 1:
            lines.append(f"  processes       {self.processes}")
        return "\n".join(lines)


def _models(settings: Settings) -> str:
    configured = ", ".join(providers.configured_providers())
    if settings.sandbox is SandboxMode.ALWAYS:
        return "the sandbox model answers for every model (PEGBOARD_SANDBOX=always)"
    if settings.sandbox is SandboxMode.OFF:
        return f"{configured or 'no provider has credentials'} (PEGBOARD_SANDBOX=off)"
    if not configured:
        return "no provider has credentials: the built-in sandbox model answers for all"
    return f"{configured}; the built-in sandbox model answers for all others"
