"""Models as OpenAI's API writes them."""

from collections.abc import Sequence
from typing import Final, Self

from pydantic import BaseModel

_CREATED: Final = 1_686_935_002
"""Nobody here knows when a model was made; clients want some number of seconds."""


class ModelOut(BaseModel):
    id: str
    object: str
    created: int
    owned_by: str

    @classmethod
    def of(cls, name: str, *, owner: str) -> Self:
        return cls(id=name, object="model", created=_CREATED, owned_by=owner)


class ModelsOut(BaseModel):
    object: str
    data: list[ModelOut]

    @classmethod
    def of(cls, models: Sequence[ModelOut]) -> Self:
        return cls(object="list", data=list(models))
