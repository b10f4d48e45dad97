"""OpenAI's published client, pointed at a server of ours."""

import json
from typing import Any

from openai import OpenAI

from pegboard.identifiers import new_id
from tests.support.server import Server


def sdk(server: Server, key: str | None = None) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key=key or f"sk-{new_id().hex}", max_retries=0)


def scene(**script: Any) -> dict[str, str]:
    """Metadata of a run that tells the sandbox model what to do."""

    return {"sandbox": json.dumps(script)}
