"""The models that this server has itself."""

from collections.abc import Sequence

from pegboard.llm.embeddings.embedder import EmbedderMissing
from pegboard.llm.embeddings.minilm import LOCAL
from pegboard.llm.embeddings.minilm_network import WORD_PIECES, require_installed
from pegboard.models.entries import Model, ModelType, Window


def own_models(*, sandbox: bool) -> Sequence[Model]:
    """The sandbox model, unless it is off, and the local embedder, where it is installed."""
    answering = [Model("sandbox", "sandbox", tools=True, json_output=True)] if sandbox else []
    try:
        require_installed()
    except EmbedderMissing:
        return answering
    return [
        *answering,
        Model(
            LOCAL.provider,
            LOCAL.model,
            ModelType.EMBEDDING,
            Window(WORD_PIECES, None),
            api_mode=None,
            dims=LOCAL.dims,
        ),
    ]
