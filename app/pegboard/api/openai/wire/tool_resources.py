"""`tool_resources`, as clients send them: what the tools of an assistant or a thread work on."""

from typing import Annotated

from pydantic import BaseModel, Field

from pegboard.api.openai.wire.vector_stores import StoreIn

Ids = Annotated[list[str], Field(fail_fast=True)]


class CodeFilesIn(BaseModel):
    file_ids: Ids | None = None


class SearchedIn(BaseModel):
    """Stores that are there, by their ids, or one that is to be made."""

    vector_store_ids: Ids | None = None
    vector_stores: Annotated[list[StoreIn], Field(fail_fast=True)] | None = None


class ToolResourcesIn(BaseModel):
    code_interpreter: CodeFilesIn | None = None
    file_search: SearchedIn | None = None
