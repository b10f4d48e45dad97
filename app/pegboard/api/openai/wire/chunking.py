"""How files are cut into chunks, as clients ask for it and are answered.

OpenAI's own way is chunks of 800 tokens that overlap by half. Ours suits the model that reads them
here, and is shown as theirs: who asks for 800 and 400 gets what `auto` gets.
"""

from typing import Final, Literal, Self

from pydantic import BaseModel

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.limits import check_range, require
from pegboard.documents.chunking import Size
from pegboard.documents.tables import Document

_AUTO: Final = Size(800, 400)
_PLACE: Final = "chunking_strategy.static"


class StaticSize(BaseModel):
    max_chunk_size_tokens: int
    chunk_overlap_tokens: int


class ChunkingIn(BaseModel):
    type: Literal["auto", "static"]
    static: StaticSize | None = None

    def size(self) -> Size | None:
        """The size that is asked for; None where it is left to us."""
        if self.type == "auto":
            return None
        require(_PLACE, self.static)
        assert self.static is not None  # noqa: S101  required just before
        tokens, overlap = self.static.max_chunk_size_tokens, self.static.chunk_overlap_tokens
        check_range(f"{_PLACE}.max_chunk_size_tokens", tokens, least=100, most=4096)
        if not 0 <= overlap <= tokens // 2:
            raise BadParameter(
                f"Invalid '{_PLACE}.chunk_overlap_tokens': expected a value between 0 and half of "
                f"'max_chunk_size_tokens', but got {overlap} instead.",
                param=f"{_PLACE}.chunk_overlap_tokens",
            )
        size = Size(tokens, overlap)
        return None if size == _AUTO else size


class ChunkingOut(BaseModel):
    type: str
    static: StaticSize

    @classmethod
    def of(cls, document: Document) -> Self:
        size = _AUTO
        if document.chunk_tokens is not None:
            size = Size(document.chunk_tokens, document.chunk_overlap or 0)
        static = StaticSize(max_chunk_size_tokens=size.tokens, chunk_overlap_tokens=size.overlap)
        return cls(type="static", static=static)
