"""`/moderations`: a plain pass to OpenAI, where this server has credentials for it."""

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Server
from pegboard.api.openai.faults import BadParameter, Refused
from pegboard.llm.litellm import gateway as litellm_gateway
from pegboard.settings import SandboxMode

router = APIRouter(tags=["Moderations"], route_class=StrictRoute)

_PROVIDER: Final = "openai"


class ModerationIn(BaseModel):
    input: Any
    model: str | None = None


@router.post("/moderations", response_model=None)
async def create_moderation(
    body: ModerationIn, tenant_id: CurrentTenant, server: Server
) -> dict[str, Any]:
    """What OpenAI's model of that name finds in a text."""
    if not isinstance(body.input, str | list) or not body.input:
        raise BadParameter("Invalid 'input': expected a string or an array.", param="input")
    if server.settings.sandbox is SandboxMode.ALWAYS:
        raise Refused(
            "Nothing moderates on this server: PEGBOARD_SANDBOX=always keeps it from providers.",
            code="provider_not_configured",
        )
    if not server.catalogue.is_configured(_PROVIDER):
        raise Refused(
            "Nothing moderates on this server: set OPENAI_API_KEY.", code="provider_not_configured"
        )
    name = (body.model or "").removeprefix(f"{_PROVIDER}/")
    if name:
        server.resolver.resolve(name, _PROVIDER)
    return await litellm_gateway.moderate(body.input, name or None)
