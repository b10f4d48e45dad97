"""What is answered of something that is gone."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel

from pegboard.public_ids import Prefix, public_id


class DeletedOut(BaseModel):
    id: str
    object: str
    deleted: bool

    @classmethod
    def of(cls, prefix: Prefix, row_id: UUID, noun: str) -> Self:
        return cls(id=public_id(prefix, row_id), object=noun, deleted=True)
