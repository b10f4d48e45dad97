"""`/models`: what can be asked for by name at this API."""

from fastapi import APIRouter

from pegboard.api.http.scopes import Server
from pegboard.api.openai.naming import model_id
from pegboard.api.openai.wire.models import ModelOut, ModelsOut
from pegboard.composition.resources import Resources
from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import ModelName
from pegboard.models.catalogue import Wanted
from pegboard.models.entries import Model

router = APIRouter(tags=["Models"])


class ModelUnknown(AppError):
    kind = ErrorKind.NOT_FOUND
    code = "model_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"The model '{name[:200]}' does not exist")
        self.param = "model"


@router.get("/models")
async def list_models(server: Server) -> ModelsOut:
    """The models of providers with credentials here, and OpenAI's where they are simulated."""
    matches = server.catalogue.matching(Wanted())
    return ModelsOut.of([_model(one) for one in matches if _is_offered(one, server)])


@router.get("/models/{model_name:path}")
async def get_model(model_name: str, server: Server) -> ModelOut:
    known = server.catalogue.named(model_name)
    if known is None:
        raise ModelUnknown(model_name)
    return _model(known)


def _is_offered(model: Model, server: Resources) -> bool:
    if server.catalogue.is_configured(model.provider):
        return True
    own = model.provider == server.default_model.provider
    return own and server.gateway.simulates(ModelName(model.provider, model.name))


def _model(model: Model) -> ModelOut:
    return ModelOut.of(model_id(model), owner=model.provider)
