"""One question, as each of several models sees it."""

from collections.abc import Hashable, Iterable

import structlog

from pegboard.errors import AppError
from pegboard.llm.embeddings.choice import ChosenEmbedder
from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind

LONGEST_QUESTION = 4_000
"""Characters. No model reads more of a question than this."""

log = structlog.get_logger("pegboard.embeddings")


async def embed_question(
    embedders: ChosenEmbedder, question: str, models: Iterable[str], *, lane: Hashable
) -> dict[str, list[float]]:
    """The question's vector by the key of each model.

    A model that cannot be asked is left out; what it has read is then found by its words alone.
    """
    query = question[:LONGEST_QUESTION]
    vectors: dict[str, list[float]] = {}
    for key in models if query.strip() else ():
        name = EmbeddingName.of_key(key)
        try:
            embedder = embedders.serving(name)
            if embedder.name == name:
                (vectors[key],) = await embedder.embed([query], TextKind.QUERY, lane=lane)
        except AppError as error:
            log.warning("question_not_embedded", embedded_by=key, code=error.code)
    return vectors
